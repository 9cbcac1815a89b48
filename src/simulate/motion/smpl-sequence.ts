/** Motions of the SMPL family, such as those of AMASS: rotations of our joints already, in a world with z up. */
import {
  axisAngleToMatrix,
  JOINTS,
  jointIndex,
  length3,
  matrixToAxisAngle,
  type Motion,
  multiply3,
  restJoints,
  SHAPE_COEFFICIENTS,
  subtract3,
} from "../../body/index.ts";
import { FormatError } from "../../core/index.ts";
import { type Performance, standOnFloor } from "./retarget.ts";

/** A captured motion in SMPL's joints. */
export type SmplSequence = {
  readonly format: string;
  readonly frameRateHz: number;
  /** Number of frames F. */
  readonly frames: number;
  /** Axis-angle rotations, `[F, 24, 3]`, radians. */
  readonly pose: Float64Array;
  /** `[F, 3]`, metres, z up. */
  readonly translation: Float64Array;
};

/** Numbers of a pose of SMPL, SMPL-H and SMPL-X. */
const WIDTHS = [72, 156, 165];
/** Joints that all three share, from the pelvis to the wrists; SMPL alone has the two hands after them. */
const SHARED = 22;
/** The turn from z up to y up. */
const UPRIGHT = Float64Array.of(1, 0, 0, 0, 0, 1, 0, -1, 0);

/**
 * The arrays of an AMASS file as a motion. Fingers, jaw and eyes are left out, and the hands of SMPL-H and SMPL-X rest.
 *
 * @param poses - `[F, width]` axis-angle rotations; width 72 (SMPL), 156 (SMPL-H) or 165 (SMPL-X)
 * @param trans - `[F, 3]`, metres
 * @throws FormatError `amass` if sizes disagree, the rate is not in (0, 10⁴] Hz or a number is not finite
 */
export function smplSequence(
  poses: { readonly data: ArrayLike<number>; readonly width: number },
  trans: ArrayLike<number>,
  frameRateHz: number,
  file?: string,
): SmplSequence {
  const fail = (what: string): never => {
    throw new FormatError("amass", 0, what, file);
  };
  const { data, width } = poses;
  const frames = data.length / width;
  if (!WIDTHS.includes(width)) fail(`expected poses of ${WIDTHS.join(", ")} numbers, got ${width}`);
  if (!(frames >= 1 && trans.length === 3 * frames)) {
    fail(`expected trans [${frames}, 3] for ${frames} poses, got ${trans.length} numbers`);
  }
  if (!(frameRateHz > 0 && frameRateHz <= 1e4)) fail(`expected a rate in (0, 10⁴] Hz, got ${frameRateHz}`);
  const pose = new Float64Array(frames * JOINTS * 3);
  const kept = 3 * (width === 72 ? JOINTS : SHARED);
  for (let f = 0; f < frames; f++) {
    for (let i = 0; i < kept; i++) pose[f * JOINTS * 3 + i] = data[f * width + i]!;
  }
  const translation = Float64Array.from(trans);
  for (const [name, values] of Object.entries({ poses: pose, trans: translation })) {
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) fail(`expected finite ${name}, got ${values[at]} at ${at}`);
  }
  return { format: "amass", frameRateHz, frames, pose, translation };
}

/**
 * The built-in body performs an SMPL motion: the same rotations, turned to y up; the way is scaled by the length of its
 * legs relative to the mean body's, and it is set on the floor as `retargetSkeleton` does. SMPL's shape coefficients
 * mean other things than ours and are not used.
 */
export function performSmpl(sequence: SmplSequence, options: Performance = {}): Motion {
  const { shape = new Float64Array(SHAPE_COEFFICIENTS), first = 0 } = options;
  const frames = Math.min(options.frames ?? Infinity, sequence.frames - first);
  const scale = legLength(shape) / legLength(new Float64Array(SHAPE_COEFFICIENTS));
  const pose = sequence.pose.slice(first * JOINTS * 3, (first + frames) * JOINTS * 3);
  const translation = new Float64Array(3 * frames);
  for (let f = 0; f < frames; f++) {
    const at = f * JOINTS * 3;
    pose.set(matrixToAxisAngle(multiply3(UPRIGHT, axisAngleToMatrix(pose.subarray(at, at + 3)))), at);
    const [x, y, z] = sequence.translation.subarray(3 * (first + f), 3 * (first + f) + 3);
    translation.set([scale * x!, scale * z!, -scale * y!], 3 * f);
  }
  const motion = { frameRateHz: sequence.frameRateHz, pose, translation };
  standOnFloor(motion, shape);
  return motion;
}

function legLength(shape: ArrayLike<number>): number {
  const rest = restJoints(shape);
  const [hip, knee, ankle] = (["left_hip", "left_knee", "left_ankle"] as const).map(jointIndex);
  const bone = (from: number, to: number) => length3(subtract3(rest, rest, 3 * to, 3 * from));
  return bone(hip!, knee!) + bone(knee!, ankle!);
}
