/** Writing our motions as BVH. */
import { ArgumentError } from "../../core/index.ts";
import {
  axisAngleToMatrix,
  capsuleEnd,
  JOINT_NAMES,
  JOINT_PARENTS,
  JOINTS,
  matrixToEulerZyx,
  type Motion,
  poseJoints,
  restJoints,
  surface,
} from "../../body/index.ts";

const CENTIMETRES = 100;
const DEGREES = 180 / Math.PI;

/**
 * Head of a BVH file for the built-in body: 24 joints with our names, y up, facing +z, lengths in centimetres, six
 * channels at the root and Zrotation Yrotation Xrotation at the others. Blender imports it (scale 0.01 for metres).
 *
 * @param shape - coefficients of the body, `[10]`
 * @param frames - number of frames that will follow, each by {@link bvhFrame}
 * @throws ArgumentError if the number or the rate of frames is not positive
 */
export function bvhHeader(shape: ArrayLike<number>, frames: number, frameRateHz: number): string {
  if (!(Number.isInteger(frames) && frames > 0 && frameRateHz > 0)) {
    throw new ArgumentError(
      `bvhHeader: expected a positive number and rate of frames, got ${frames}, ${frameRateHz}`,
    );
  }
  const rest = restJoints(shape);
  const tips = endSites(shape);
  const lines = ["HIERARCHY"];
  const write = (joint: number, indent: string): void => {
    const parent = JOINT_PARENTS[joint]!;
    const offset = [0, 1, 2].map((i) => rest[3 * joint + i]! - (parent < 0 ? 0 : rest[3 * parent + i]!));
    const inner = `${indent}\t`;
    lines.push(`${indent}${parent < 0 ? "ROOT" : "JOINT"} ${JOINT_NAMES[joint]!}`, `${indent}{`);
    lines.push(`${inner}OFFSET ${vector(offset)}`);
    const rotations = "Zrotation Yrotation Xrotation";
    lines.push(
      `${inner}CHANNELS ${parent < 0 ? `6 Xposition Yposition Zposition ${rotations}` : `3 ${rotations}`}`,
    );
    const children = JOINT_PARENTS.flatMap((p, child) => (p === joint ? [child] : []));
    for (const child of children) write(child, inner);
    if (children.length === 0) {
      lines.push(
        `${inner}End Site`,
        `${inner}{`,
        `${inner}\tOFFSET ${vector(tips.get(joint)!)}`,
        `${inner}}`,
      );
    }
    lines.push(`${indent}}`);
  };
  write(0, "");
  lines.push("MOTION", `Frames: ${frames}`, `Frame Time: ${(1 / frameRateHz).toFixed(9)}`);
  return `${lines.join("\n")}\n`;
}

/**
 * One line of numbers for the file that {@link bvhHeader} begins; centimetres and degrees with six decimals.
 *
 * @param pose - axis-angle rotations, `[24, 3]` radians
 * @param translation - position of the pelvis, `[3]` metres
 */
export function bvhFrame(pose: ArrayLike<number>, translation: ArrayLike<number>): string {
  const matrices = axisAngleToMatrix(pose);
  const numbers = [0, 1, 2].map((i) => translation[i]! * CENTIMETRES);
  for (const joint of FILE_ORDER) {
    numbers.push(...matrixToEulerZyx(matrices, 9 * joint).map((angle) => angle * DEGREES));
  }
  return `${numbers.map(decimal).join(" ")}\n`;
}

/** A motion of the built-in body as the text of a BVH file; see {@link bvhHeader}. */
export function encodeBvh(motion: Motion, shape: ArrayLike<number>): string {
  const frames = motion.translation.length / 3;
  const parts = [bvhHeader(shape, frames, motion.frameRateHz)];
  for (let f = 0; f < frames; f++) {
    const pose = motion.pose.subarray(3 * JOINTS * f, 3 * JOINTS * (f + 1));
    parts.push(bvhFrame(pose, motion.translation.subarray(3 * f, 3 * f + 3)));
  }
  return parts.join("");
}

/** Joints in the order of the file: depth first, whereas ours is breadth first. */
const FILE_ORDER: readonly number[] = depthFirst(0);

function depthFirst(joint: number): number[] {
  return [joint, ...JOINT_PARENTS.flatMap((p, child) => (p === joint ? depthFirst(child) : []))];
}

/** The farthest capsule end of each leaf joint, relative to it, metres. */
function endSites(shape: ArrayLike<number>): Map<number, number[]> {
  const still = poseJoints(restJoints(shape), new Float64Array(3 * JOINTS));
  const tips = new Map<number, number[]>();
  for (const capsule of surface(shape)) {
    for (const end of ["a", "b"] as const) {
      const tip = capsuleEnd(still, capsule, end).map((v, i) => v - still.joints[3 * capsule.joint + i]!);
      const known = tips.get(capsule.joint);
      if (known === undefined || Math.hypot(...tip) > Math.hypot(...known)) tips.set(capsule.joint, tip);
    }
  }
  return tips;
}

function vector(metres: readonly number[]): string {
  return metres.map((v) => decimal(v * CENTIMETRES)).join(" ");
}

/** Six decimals at most, and never −0. */
function decimal(value: number): string {
  return String(Math.round(value * 1e6) / 1e6 + 0);
}
