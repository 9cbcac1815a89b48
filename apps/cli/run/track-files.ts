/** Poses as files: JSON lines, CSV, BVH. */
import { JOINT_NAMES, type Pose, poseInWorld, SHAPE_COEFFICIENTS } from "../../../src/body/index.ts";
import { bvhFrame, bvhHeader, encodeTruthFrame } from "../../../src/simulate/index.ts";
import type { TrackedStep } from "../../../src/track/index.ts";

/**
 * One line of JSON with its line end: `tUs`, `joints`, `pose`, `shape`, `translation`, as in files of ground truth; without
 * `pose` and `shape` of a model that tells joints alone.
 */
export function jsonStep(step: TrackedStep): string {
  return `${encodeTruthFrame(step)}\n`;
}

/**
 * First line of the CSV: a column a number, its unit at the end of the name.
 * @param body - whether there are rotations and a shape, or joints alone
 */
export function csvHeader(body: boolean): string {
  const axes = (unit: string) =>
    JOINT_NAMES.flatMap((name) => ["x", "y", "z"].map((a) => `${name}_${a}_${unit}`));
  const shape = Array.from({ length: SHAPE_COEFFICIENTS }, (_, k) => `shape_${k}`);
  const translation = ["x", "y", "z"].map((axis) => `translation_${axis}_m`);
  const columns = ["t_us", ...axes("m"), ...(body ? [...axes("rad"), ...shape] : []), ...translation];
  return `${columns.join(",")}\n`;
}

/** One line of the CSV: time, joints, axis-angle rotations and shape if there is a body, translation. */
export function csvStep({ tUs, joints, pose, shape, translation }: TrackedStep): string {
  const numbers = [...joints, ...(pose ?? []), ...(shape ?? []), ...translation];
  return `${[tUs, ...numbers.map((value) => Math.round(value * 1e6) / 1e6 + 0)].join(",")}\n`;
}

/** Cameras look along +z with y down; a BVH file stands upright, so that the person faces its −z half. */
const UPRIGHT = {
  width: 1,
  height: 1,
  fx: 1,
  fy: 1,
  cx: 0,
  cy: 0,
  rotation: Float64Array.of(1, 0, 0, 0, -1, 0, 0, 0, -1),
  translation: new Float64Array(3),
};

/** The frames of a BVH file, and its head once all are known. The camera is the origin, y points up. */
export class BvhWriter {
  #frames = 0;
  readonly #shape = new Float64Array(SHAPE_COEFFICIENTS);

  /** The line of a body in camera coordinates. */
  frame(body: Pose): string {
    this.#frames++;
    body.shape.forEach((value, k) => (this.#shape[k]! += value));
    const { pose, translation } = poseInWorld(UPRIGHT, body);
    return bvhFrame(pose, translation);
  }

  /** The head: the mean shape, for bones of a BVH file do not change. */
  head(frameRateHz: number): string {
    return bvhHeader(
      this.#shape.map((sum) => sum / this.#frames),
      this.#frames,
      frameRateHz,
    );
  }
}
