import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { parseSafetensors } from "../../src/io/index.ts";

const { tensors } = parseSafetensors(
  readFileSync(new URL("../fixtures/hpt_geometry.safetensors", import.meta.url)),
);

/** Numbers of one golden tensor of HumanPoseTracking_SNN's geometry. */
export function golden(name: string): Float64Array {
  const stored = tensors.get(name);
  if (stored === undefined) throw new Error(`no golden tensor ${name}`);
  return Float64Array.from(stored.data as Float32Array | Int32Array);
}

/** Row i of a golden tensor whose rows have `width` numbers. */
export function goldenRow(name: string, i: number, width: number): Float64Array {
  return golden(name).slice(i * width, (i + 1) * width);
}

export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i]! - expected[i]!);
    worst = Number.isNaN(error) ? Infinity : Math.max(worst, error);
  }
  expect(worst).toBeLessThanOrEqual(tolerance);
}
