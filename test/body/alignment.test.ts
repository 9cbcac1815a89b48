import { expect, suite, test } from "vitest";
import {
  applySimilarity,
  correctKeypoints,
  jointErrors,
  pelvisAlignedErrors,
  procrustes,
  procrustesErrors,
} from "../../src/body/index.ts";
import { ShapeError } from "../../src/core/index.ts";
import { expectClose, golden, goldenRow } from "./golden.ts";

const rows = [0, 1, 2, 3, 4, 5];
const pair = (i: number) => [goldenRow("pred", i, 72), goldenRow("target", i, 72)] as const;

suite("alignment", () => {
  test.each(rows)("joint errors agree with the official metrics, pose %i", (i) => {
    const [predicted, target] = pair(i);
    expectClose(jointErrors(predicted, target), goldenRow("mpjpe", i, 24), 1e-6);
    expectClose(pelvisAlignedErrors(predicted, target), goldenRow("pel_mpjpe", i, 24), 1e-6);
    expectClose(procrustesErrors(predicted, target), goldenRow("pa_mpjpe", i, 24), 2e-6);
  });

  test.each(rows)("the similarity transform agrees with the official one, pose %i", (i) => {
    const transform = procrustes(...pair(i));
    expect(transform.scale).toBeCloseTo(golden("pa_scale")[i]!, 6);
    expectClose(transform.rotation, goldenRow("pa_R", i, 9), 2e-6);
    expectClose(transform.translation, goldenRow("pa_t", i, 3), 4e-6);
    expectClose(applySimilarity(transform, pair(i)[0]), goldenRow("pa_hat", i, 72), 4e-6);
  });

  test.each(rows)("a mirrored prediction is never reflected back, pose %i", (i) => {
    const [predicted, target] = pair(i);
    const mirrored = predicted.map((v, k) => (k % 3 === 0 ? -v : v));
    const transform = procrustes(mirrored, target);
    const [a, b, c, d, e, f, g, h, k] = transform.rotation as unknown as number[];
    expect(a! * (e! * k! - f! * h!) - b! * (d! * k! - f! * g!) + c! * (d! * h! - e! * g!)).toBeCloseTo(1, 9);
    expectClose(applySimilarity(transform, mirrored), goldenRow("pa_reflect_hat", i, 72), 1e-5);
  });

  test.each(rows)("correct keypoints agree with the official thresholds, pose %i", (i) => {
    const [predicted, target] = pair(i);
    expect([...correctKeypoints(predicted, target, 0.1)]).toEqual([...goldenRow("pck_100mm", i, 24)]);
    expect([...correctKeypoints(predicted, target, "head")]).toEqual([...goldenRow("pck_head", i, 24)]);
    expect([...correctKeypoints(predicted, target, "torso")]).toEqual([...goldenRow("pck_torso", i, 24)]);
  });

  test("coinciding points align without division by zero", () => {
    const { scale, translation } = procrustes(new Float64Array(72), new Float64Array(72).fill(2));
    expect(scale).toBe(1);
    expectClose(translation, [2, 2, 2], 1e-12);
  });

  test("arrays of different sizes are refused", () => {
    expect(() => jointErrors(new Float64Array(72), new Float64Array(69))).toThrow(ShapeError);
  });
});
