import { beforeAll, expect, suite, test } from "vitest";
import { concat, gradients, slice, square, sum } from "../../src/autograd/index.ts";
import { ArgumentError, Random, ShapeError } from "../../src/core/index.ts";
import { PoseTracker, type PoseTrackerConfig, poseTrackerPresets } from "../../src/models/index.ts";
import { scope, tensor, type Tensor, withoutGradients } from "../../src/tensor/index.ts";
import { useBackend, wasm } from "../golden/backends.ts";

useBackend(wasm);

/** Neurons that fire at less, so that two steps suffice to reach the last layer. */
const neuron = { ...poseTrackerPresets.small.neuron, firingThreshold: 0.25 };
const tiny = { ...poseTrackerPresets.small, width: 16, layers: 2, head: "joints", neuron } as const;

/** Untrained and in training, where normalisations keep neurons firing. */
function tracker(change: Partial<PoseTrackerConfig>): PoseTracker {
  const model = new PoseTracker({ ...tiny, ...change }, new Random(1));
  // Branches of the released code start at 0, and then nothing would come of attention.
  const random = new Random(2);
  for (const { attention, feedForward } of model.layers) {
    for (const { weight } of [attention.output.norm, feedForward.project.norm]) {
      for (let i = 0; i < weight.size; i++) weight.data[i] = random.uniform(0.5, 1.5);
    }
  }
  return model;
}

/** Binary voxels of one sample and two steps, `[2, 1, V, 4, 32, 64]`. */
function clipOf(views: number): Tensor {
  const random = new Random(3);
  const size = 2 * views * 4 * 32 * 64;
  const voxels = Array.from({ length: size }, () => Number(random.uniform() < 0.2));
  return tensor(voxels, [2, 1, views, 4, 32, 64], { spikeLevels: 1 });
}

function posesOf(model: PoseTracker, clip: Tensor): Float64Array {
  return withoutGradients(() =>
    Float64Array.from(Object.values(model.forward(clip)).flatMap((output) => [...output.data])),
  );
}

function largestDifference(a: Float64Array, b: Float64Array): number {
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
}

suite("the pose tracker with several views", () => {
  let one: PoseTracker;
  let three: PoseTracker;
  beforeAll(() => {
    one = tracker({});
    three = tracker({ views: 3 });
  });

  test("one view, with its axis or without, is the model without views, bit for bit", () => {
    const clip = clipOf(1);
    const flat = tensor(clip.data, [2, 1, 4, 32, 64], { spikeLevels: 1 });
    expect(posesOf(one, clip)).toEqual(posesOf(one, flat));
    expect(one.namedTensors().has("viewEncoding")).toBe(false);
    expect(three.namedTensors().get("viewEncoding")!.shape).toEqual([2, 16]);
  });

  test("a view that is shown thrice, encoded alike, says what one view says", () => {
    const encoding = three.viewEncoding!.data;
    const held = [...encoding];
    encoding.fill(0);
    const clip = clipOf(1);
    const thrice = withoutGradients(() => concat([clip, clip, clip], 2));
    expect(largestDifference(posesOf(three, thrice), posesOf(one, clip))).toBeLessThan(1e-5);
    encoding.set(held);
  });

  test("the order of the views after the first says nothing where their encodings go with them", () => {
    const encoding = three.viewEncoding!.data;
    encoding.forEach((value, i) => (encoding[i] = 20 * value));
    const clip = clipOf(3);
    const before = posesOf(three, clip);
    const swapped = withoutGradients(() =>
      concat(
        [0, 2, 1].map((v) => slice(clip, 2, v, v + 1)),
        2,
      ),
    );
    expect(largestDifference(posesOf(three, swapped), before)).toBeGreaterThan(1e-3);
    const rows = [...encoding];
    encoding.set([...rows.slice(16), ...rows.slice(0, 16)]);
    expect(largestDifference(posesOf(three, swapped), before)).toBeLessThan(1e-5);
  });

  test("gradients reach every view and every encoding, and tokens of all views are scored", () => {
    scope(() => {
      const clip = clipOf(3);
      clip.requiresGrad = true;
      const { outputs, scores, grid, features } = three.run(clip);
      expect(grid).toEqual({ timeSteps: 2, views: 3, height: 1, width: 2 });
      expect(scores.map(({ shape }) => shape)).toEqual([
        [1, 1, 12, 12],
        [1, 1, 12, 12],
      ]);
      expect(features.shape).toEqual([3, 1, 512]);
      expect(outputs["joints3d"]!.shape).toEqual([3, 1, 24, 3]);
      expect(Object.keys(outputs).sort()).toEqual(["joints3d", "translation"]);
      const found = gradients(sum(square(outputs["joints3d"]!)), [clip, three.viewEncoding!]);
      const [toClip, toEncoding] = found as [Tensor, Tensor];
      const parts = [0, 1, 2].map((v) => slice(toClip, 2, v, v + 1));
      for (const part of [...parts, ...[0, 1].map((v) => slice(toEncoding, 0, v, v + 1))]) {
        expect(part.data.some((value: number) => value !== 0)).toBe(true);
      }
    });
  });

  test("clips of another number of views are refused, and so is no view", () => {
    const flat = tensor(new Float32Array(2 * 4 * 32 * 32), [2, 1, 4, 32, 32]);
    expect(() => three.forward(flat)).toThrow(ShapeError);
    expect(() => three.forward(clipOf(2))).toThrow("expected [T B 3 4 H W]");
    expect(() => one.forward(clipOf(2))).toThrow("expected [T B 1 4 H W]");
    for (const views of [0, 1.5, NaN]) {
      expect(() => new PoseTracker({ ...tiny, views })).toThrow(ArgumentError);
    }
  });
});
