import { expect, test } from "vitest";
import { NAMES, PARENTS } from "../../apps/report/page/body.ts";
import { count, digits, percent } from "../../apps/report/page/format.ts";
import { roundTicks } from "../../apps/report/page/lane.ts";
import { mean, pelvisAlignedErrors, quantile, speeds } from "../../apps/report/page/metrics.ts";
import { homeOrbit, projector } from "../../apps/report/page/orbit.ts";
import { JOINT_NAMES, JOINT_PARENTS } from "../../src/body/index.ts";

const rest = Array.from({ length: 72 }, (_, i) => Math.sin(i));
const moved = (shift: number) => rest.map((x) => x + shift);

test("the page, which imports no library, knows the library's joints", () => {
  expect(PARENTS).toEqual(JOINT_PARENTS);
  expect(NAMES.map(([, side]) => side)).toEqual(
    JOINT_NAMES.map((name) => /^(left|right)_/.exec(name)?.[1] ?? ""),
  );
});

test("the error does not see where the body stands", () => {
  const { perStep, perJoint } = pelvisAlignedErrors([{ tUs: 0, joints: moved(0.4), truth: rest }]);
  expect(perStep[0]).toBeCloseTo(0, 9);
  expect(perJoint.length).toBe(24);
});

test("one joint that is 24 mm off makes a mean error of 1 mm", () => {
  const joints = rest.map((x, i) => (i === 3 * 20 + 1 ? x + 0.024 : x));
  const { perStep, perJoint } = pelvisAlignedErrors([{ tUs: 0, joints, truth: rest }]);
  expect(perStep[0]).toBeCloseTo(1, 9);
  expect(perJoint[20]).toBeCloseTo(24, 9);
});

test("steps without truth have no error and do not count", () => {
  const { perStep, perJoint } = pelvisAlignedErrors([
    { tUs: 0, joints: rest },
    { tUs: 1, joints: rest, truth: rest },
  ]);
  expect(perStep[0]).toBeNaN();
  expect(mean(perStep)).toBe(0);
  expect(perJoint[0]).toBe(0);
});

test("speed is distance over time, and the first step has none", () => {
  const { perStep } = speeds([
    { tUs: 0, joints: rest },
    { tUs: 500_000, joints: rest.map((x, i) => (i % 3 === 0 ? x + 1 : x)) },
  ]);
  expect(perStep[0]).toBeNaN();
  expect(perStep[1]).toBeCloseTo(2, 9);
});

test("quantiles take the nearest rank and pass over what is not known", () => {
  expect(quantile([NaN, 3, 1, 2], 0.5)).toBe(2);
  expect(quantile([1, 2], 1)).toBe(2);
  expect(quantile([], 0.5)).toBeNaN();
});

test("numbers are written in three digits", () => {
  expect([0, 7, 999, 1234, 15_100_000, 6.4e9].map(count)).toEqual([
    "0",
    "7",
    "999",
    "1.23 k",
    "15.1 M",
    "6.40 G",
  ]);
  expect([0, 0.0123, 0.1, 1.5, 12.34, 123.4, NaN, Infinity].map(digits)).toEqual([
    "0.00",
    "0.012",
    "0.10",
    "1.50",
    "12.3",
    "123",
    "–",
    "∞",
  ]);
  expect([0.128, 0.0431, NaN].map(percent)).toEqual(["12.8 %", "4.31 %", "– %"]);
});

test("ticks are round and reach the largest value", () => {
  expect(roundTicks(33, 4)).toEqual([0, 10, 20, 30, 40]);
  expect(roundTicks(0.9, 4)).toEqual([0, 0.25, 0.5, 0.75, 1]);
  expect(roundTicks(0, 4).length).toBeGreaterThan(0);
});

test("the eye sees its target in the middle, up as up, and nothing behind itself", () => {
  const project = projector(homeOrbit(), [1, 2, 3], 400, 300);
  expect(project([1, 2, 3])).toMatchObject({ x: 200, y: 150 });
  expect(project([1, 2.5, 3])!.y).toBeLessThan(150);
  const ahead = projector({ yaw: 0, pitch: 0, distance: 4 }, [0, 0, 0], 400, 300);
  expect(ahead([1, 0, 0])!.x).toBeGreaterThan(200);
  expect(ahead([0, 0, 5])).toBeUndefined();
});
