/** The mean of a data set's poses: where training starts, and the baseline that knows nothing. */
import { forwardKinematics, JOINTS, matrixToSixD, restJoints, SHAPE_COEFFICIENTS } from "../body/index.ts";
import { bodyAt, type PoseClip } from "./pose-clip.ts";

/** Means over poses, in camera coordinates. */
export type MeanPose = {
  /** Joints of the built-in body, `[24, 3]`, metres. */
  readonly joints: Float64Array;
  /** Rotations relative to the parent joint in their 6D form, `[24, 6]`. */
  readonly pose6d: Float64Array;
  /** `[10]` */
  readonly shape: Float64Array;
  /** Position of the pelvis, `[3]`, metres. */
  readonly translation: Float64Array;
};

/**
 * Mean over the poses of clips at the ends of equal steps.
 * @param stepSeconds - length of a step, rounded to whole bins, at least one
 */
export function meanPose(clips: readonly PoseClip[], stepSeconds: number): MeanPose {
  const mean = {
    joints: new Float64Array(3 * JOINTS),
    pose6d: new Float64Array(6 * JOINTS),
    shape: new Float64Array(SHAPE_COEFFICIENTS),
    translation: new Float64Array(3),
  };
  let poses = 0;
  for (const clip of clips) {
    const rest = restJoints(clip.shape);
    const step = Math.max(1, Math.round((stepSeconds * 1e6) / clip.binUs));
    for (let edge = step; edge <= clip.bins; edge += step) {
      const { rotations, translation } = bodyAt(clip, edge);
      const { joints } = forwardKinematics(rest, rotations, translation);
      const pose = { joints, pose6d: matrixToSixD(rotations), shape: clip.shape, translation };
      for (const key of Object.keys(mean) as (keyof MeanPose)[]) {
        for (let i = 0; i < mean[key].length; i++) mean[key][i]! += pose[key][i]!;
      }
      poses++;
    }
  }
  for (const sums of Object.values(mean)) for (let i = 0; i < sums.length; i++) sums[i]! /= poses;
  return mean;
}
