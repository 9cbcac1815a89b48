import { expect, test } from "vitest";
import { sixDToMatrix } from "../../src/body/index.ts";
import { evaluationBatches, meanPose } from "../../src/data/index.ts";
import { expectClose } from "../body/golden.ts";
import { sampleClip } from "./sample.ts";

test("the mean over clips is that of the targets of their windows", () => {
  const clips = [sampleClip(1, 1), sampleClip(2, 2)];
  const mean = meanPose(clips, 0.125);
  const joints = new Float64Array(72);
  const shape = new Float64Array(10);
  let rows = 0;
  for (const batch of evaluationBatches(clips)) {
    batch.joints.forEach((x, i) => (joints[i % 72]! += x));
    batch.shape.forEach((x, i) => (shape[i % 10]! += x));
    rows += batch.timeSteps * batch.batch;
  }
  expect(rows).toBe(24);
  expectClose(
    mean.joints,
    joints.map((x) => x / rows),
    1e-5,
  );
  expectClose(
    mean.shape,
    shape.map((x) => x / rows),
    1e-5,
  );
});

test("the mean of one pose is that pose", () => {
  const clip = sampleClip(3, 0.125);
  const { pose6d, translation } = meanPose([clip], 0.125);
  const [batch] = [...evaluationBatches([clip], { timeSteps: 1, windowSeconds: 0.125 })];
  expectClose(translation, batch!.translation, 1e-6);
  for (let joint = 0; joint < 24; joint++) {
    const matrix = sixDToMatrix(pose6d.subarray(6 * joint, 6 * joint + 6));
    expectClose(matrix, batch!.pose.subarray(9 * joint, 9 * joint + 9), 1e-6);
  }
});
