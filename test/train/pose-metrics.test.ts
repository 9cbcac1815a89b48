import { expect, test } from "vitest";
import { PoseErrors } from "../../src/train/index.ts";
import { goldenRow } from "../body/golden.ts";

test("errors and shares of correct joints are the means of the published evaluation's", () => {
  const errors = new PoseErrors();
  for (let i = 0; i < 6; i++) {
    const [predicted, target] = [goldenRow("pred", i, 72), goldenRow("target", i, 72)];
    errors.add(Float64Array.from(predicted), Float64Array.from(target));
  }
  const meanOf = (name: string) => {
    const rows = Array.from({ length: 6 }, (_, i) => [...goldenRow(name, i, 24)]).flat();
    return rows.reduce((a, b) => a + b, 0) / rows.length;
  };
  const metrics = errors.metrics();
  expect(metrics.poses).toBe(6);
  expect(metrics.mpjpe).toBeCloseTo(1000 * meanOf("mpjpe"), 2);
  expect(metrics.pelMpjpe).toBeCloseTo(1000 * meanOf("pel_mpjpe"), 2);
  expect(metrics.paMpjpe).toBeCloseTo(1000 * meanOf("pa_mpjpe"), 2);
  expect(metrics.pck).toBeCloseTo(meanOf("pck_100mm"), 9);
  expect(metrics.pckHead).toBeCloseTo(meanOf("pck_head"), 9);
  expect(metrics.pckTorso).toBeCloseTo(meanOf("pck_torso"), 9);
});

test("before the first pose there is nothing to tell", () => {
  expect(new PoseErrors().metrics()).toMatchObject({ mpjpe: NaN, pck: NaN, poses: 0 });
});
