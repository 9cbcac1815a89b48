import { beforeAll, expect, test } from "vitest";
import { gradients } from "../../src/autograd/index.ts";
import { ReferenceBackend, setBackend } from "../../src/backend/index.ts";
import { axisAngleToMatrix } from "../../src/body/index.ts";
import { Random } from "../../src/core/index.ts";
import type { PoseBatch } from "../../src/data/index.ts";
import { Adam } from "../../src/nn/index.ts";
import { scope, tensor } from "../../src/tensor/index.ts";
import { JointBins } from "../../src/train/joint-bins.ts";

beforeAll(() => setBackend(new ReferenceBackend()));

/** One pose, joints about a pelvis at 3 m, the body turned about the vertical. */
function batchOf(turn: number): PoseBatch {
  const joints = Float64Array.from(
    { length: 72 },
    (_, i) => (i % 3 === 2 ? 3 : 0) + ((i * 37) % 17) / 20 - 0.4,
  );
  const pose = new Float64Array(24 * 9);
  pose.set(axisAngleToMatrix([0, turn, 0]));
  return {
    timeSteps: 1,
    poses: 1,
    batch: 1,
    channels: 4,
    size: 64,
    video: new Float32Array(),
    pose,
    shape: new Float64Array(10),
    translation: Float64Array.of(0, 0, 3),
    joints,
    joints2d: new Float64Array(48),
    cameras: [],
  };
}

test("an untrained task knows nothing of joints or heading", () => {
  scope(() => {
    const bins = new JointBins(new Random(1), 8);
    const loss = bins.loss(tensor(new Float32Array(8), [1, 1, 8]), batchOf(0.3)).item();
    expect(loss).toBeCloseTo(2 * Math.log(24), 3);
  });
});

test("what it learns of one pose is that pose: the bins about every joint, and the heading", () => {
  const random = new Random(2);
  const bins = new JointBins(random, 8);
  const parameters = bins.parameters();
  const optimizer = new Adam(parameters);
  const spikes = Float32Array.from({ length: 8 }, (_, i) => i % 2);
  const step = (turn: number) =>
    scope(() => {
      const loss = bins.loss(tensor(spikes, [1, 1, 8]), batchOf(turn));
      optimizer.step(gradients(loss, parameters), 0.03);
      return loss.item();
    });
  for (let i = 0; i < 300; i++) step(3.1);
  const learnt = step(3.1);
  // What is left is the entropy of two normal distributions of a deviation of one bin.
  expect(learnt).toBeLessThan(2 * 1.42 + 0.15);
  // Headings close a circle: −3.1 is next to 3.1, and 0 is opposite.
  expect(step(-3.1)).toBeLessThan(learnt + 0.2);
  expect(step(0)).toBeGreaterThan(learnt + 2);
});
