/** Motions between their frames. */
import {
  axisAngleToQuaternion,
  JOINTS,
  type Motion,
  type Pose,
  quaternionToAxisAngle,
  slerp,
} from "../../body/index.ts";

/** Length of a motion in seconds: the time from its first frame to its last. */
export function motionSeconds(motion: Motion): number {
  return (motion.translation.length / 3 - 1) / motion.frameRateHz;
}

/**
 * The pose at a time: rotations by spherical, translation by linear interpolation between the two nearest frames.
 * Before the first frame and after the last the motion stands still.
 *
 * @param seconds - time from the first frame
 * @param shape - coefficients of the body, `[10]`, passed through
 */
export function poseAt(motion: Motion, seconds: number, shape: Float64Array): Pose {
  const last = motion.translation.length / 3 - 1;
  const at = Math.min(Math.max(seconds * motion.frameRateHz, 0), last);
  const from = Math.floor(at);
  const to = Math.min(from + 1, last);
  const fraction = at - from;
  const pose = new Float64Array(JOINTS * 3);
  for (let j = 0; j < JOINTS; j++) {
    const a = axisAngleToQuaternion(motion.pose, 3 * (from * JOINTS + j));
    const b = axisAngleToQuaternion(motion.pose, 3 * (to * JOINTS + j));
    pose.set(quaternionToAxisAngle(slerp(a, b, fraction)), 3 * j);
  }
  const translation = Float64Array.from({ length: 3 }, (_, i) => {
    const a = motion.translation[3 * from + i]!;
    return a + fraction * (motion.translation[3 * to + i]! - a);
  });
  return { pose, shape, translation };
}
