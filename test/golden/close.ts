/** Comparison that says where and by how much. */
import { expect } from "vitest";

/** Expects |actual − expected| ≤ tolerance·(floor + |expected|) everywhere. */
export function expectClose(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  floor = 1,
): void {
  expect(actual.length, what).toBe(expected.length);
  let worst = 0;
  let at = 0;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i]! - expected[i]!) / (floor + Math.abs(expected[i]!));
    if (!(error <= worst)) {
      worst = error;
      at = i;
    }
  }
  if (!(worst <= tolerance)) {
    expect.fail(
      `${what}: entry ${at} of ${expected.length}: expected ${expected[at]}, got ${actual[at]} (error ${worst.toPrecision(3)}, allowed ${tolerance.toPrecision(3)})`,
    );
  }
}

/** Largest magnitude. */
export function absMax(data: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < data.length; i++) largest = Math.max(largest, Math.abs(data[i]!));
  return largest;
}

/** √Σx² */
export function l2(data: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]! ** 2;
  return Math.sqrt(sum);
}

/** Arithmetic mean. */
export function meanOf(data: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]!;
  return sum / data.length;
}
