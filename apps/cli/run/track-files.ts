/** Poses as files: JSON lines, CSV, BVH. */
import { JOINT_NAMES, poseInWorld, SHAPE_COEFFICIENTS } from "../../../src/body/index.ts";
import { bvhFrame, bvhHeader, encodeTruthFrame } from "../../../src/simulate/index.ts";
import type { TrackedStep } from "../../../src/track/index.ts";

/** One line of JSON with its line end: `tUs`, `joints`, `pose`, `shape`, `translation`, as in files of ground truth. */
export function jsonStep(step: TrackedStep): string {
  return `${encodeTruthFrame(step)}\n`;
}

/** First line of the CSV: a column a number, its unit at the end of the name. */
export function csvHeader(): string {
  const axes = (unit: string) =>
    JOINT_NAMES.flatMap((name) => ["x", "y", "z"].map((a) => `${name}_${a}_${unit}`));
  const shape = Array.from({ length: SHAPE_COEFFICIENTS }, (_, k) => `shape_${k}`);
  const translation = ["x", "y", "z"].map((axis) => `translation_${axis}_m`);
  return `${["t_us", ...axes("m"), ...axes("rad"), ...shape, ...translation].join(",")}\n`;
}

/** One line of the CSV: time, joints, axis-angle rotations, shape, translation. */
export function csvStep({ tUs, joints, pose, shape, translation }: TrackedStep): string {
  const numbers = [...joints, ...pose, ...shape, ...translation];
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

  /** The line of a step. */
  frame(step: TrackedStep): string {
    this.#frames++;
    step.shape.forEach((value, k) => (this.#shape[k]! += value));
    const { pose, translation } = poseInWorld(UPRIGHT, step);
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
