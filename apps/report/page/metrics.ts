/** Errors and speeds of joints. */
import type { ReportStep } from "../data.ts";
import { NAMES } from "./body.ts";

const JOINTS = NAMES.length;

/** A value for each step and joint. `perStep` has NaN where it is not known. */
export type JointSeries = {
  /** `[steps][joints]`; an empty list where not known. */
  readonly values: readonly (readonly number[])[];
  /** Mean over the joints, `[steps]`. */
  readonly perStep: readonly number[];
  /** Mean over the steps, `[joints]`. */
  readonly perJoint: readonly number[];
};

/** Joint errors in millimetres once the mid-points of the hips (joints 1 and 2) coincide: PEL-MPJPE. */
export function pelvisAlignedErrors(steps: readonly ReportStep[]): JointSeries {
  return series(
    steps.map(({ joints, truth }) => {
      if (truth === undefined) return [];
      const shift = [0, 1, 2].map(
        (k) => (truth[3 + k]! + truth[6 + k]! - joints[3 + k]! - joints[6 + k]!) / 2,
      );
      return distances((i) => joints[i]! + shift[i % 3]! - truth[i]!).map((metres) => metres * 1000);
    }),
  );
}

/** Joint speeds in metres per second, from the step before. */
export function speeds(steps: readonly ReportStep[]): JointSeries {
  return series(
    steps.map(({ joints, tUs }, s) => {
      const before = steps[s - 1];
      if (before === undefined || before.tUs >= tUs) return [];
      return distances((i) => joints[i]! - before.joints[i]!).map(
        (metres) => (metres * 1e6) / (tUs - before.tUs),
      );
    }),
  );
}

/** Mean of the finite values; NaN if there is none. */
export function mean(values: ArrayLike<number>): number {
  const finite = Array.from(values).filter(Number.isFinite);
  return finite.reduce((a, b) => a + b, 0) / finite.length;
}

/** The q-quantile of the finite values, by the nearest rank. */
export function quantile(values: ArrayLike<number>, q: number): number {
  const sorted = Array.from(values).filter(Number.isFinite);
  sorted.sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;
}

function distances(difference: (i: number) => number): number[] {
  return Array.from({ length: JOINTS }, (_, j) =>
    Math.hypot(difference(3 * j), difference(3 * j + 1), difference(3 * j + 2)),
  );
}

function series(values: readonly (readonly number[])[]): JointSeries {
  const known = values.filter((joints) => joints.length > 0);
  return {
    values,
    perStep: values.map(mean),
    perJoint: Array.from({ length: JOINTS }, (_, j) => mean(known.map((joints) => joints[j]!))),
  };
}
