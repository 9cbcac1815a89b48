import { expect, suite, test } from "vitest";
import { reshape, slice } from "../../src/autograd/index.ts";
import { Random } from "../../src/core/index.ts";
import {
  Hybrid,
  hybridPresets,
  type HybridRun,
  SpikingPose,
  spikingPosePreset,
} from "../../src/models/index.ts";
import { type Tensor, tensor, withoutGradients } from "../../src/tensor/index.ts";
import { useBackend, wasm } from "../golden/backends.ts";

const random = new Random(3);
const shape = [5, 2, 2, 32, 32];
const values = Float32Array.from({ length: 5 * 2 * 2 * 1024 }, () => (random.uniform(0, 1) < 0.3 ? 2 : 0));

/** Where the SNN was left: its last heatmaps, and its membrane potentials. */
function stateOf({ heatmaps, membranePotentials }: HybridRun) {
  const last = heatmaps.shape[0]! - 1;
  return {
    heatmaps: reshape(slice(heatmaps, 0, last, last + 1), heatmaps.shape.slice(1)),
    membranePotentials,
  };
}

suite("a run that goes on from where another left it", () => {
  useBackend(wasm);

  test.each([
    ["hybrid", () => new Hybrid({ ...hybridPresets.released, width: 4 }, new Random(2))],
    ["spiking-pose", () => new SpikingPose({ ...spikingPosePreset, width: 4 }, new Random(2))],
  ])("is that of all steps at once, bit for bit (%s)", (_, make) => {
    const model = make();
    const run = (events: Tensor) => (model instanceof Hybrid ? model.follow(events) : model.forward(events));
    withoutGradients(() => {
      const events = tensor(values, shape);
      // The statistics of the events let neurons fire.
      for (let i = 0; i < 30; i++) run(events);
      model.eval();
      const whole = run(events);
      const parts = [run(slice(events, 0, 0, 2))];
      for (const [from, to] of [
        [2, 3],
        [3, 5],
      ] as const) {
        parts.push(model.resume(slice(events, 0, from, to), stateOf(parts.at(-1)!)));
      }
      expect(parts.flatMap(({ heatmaps }) => Array.from(heatmaps.data))).toEqual(
        Array.from(whole.heatmaps.data),
      );
      expect(parts.at(-1)!.membranePotentials.map(({ data }) => Array.from(data))).toEqual(
        whole.membranePotentials.map(({ data }) => Array.from(data)),
      );
      expect(whole.membranePotentials.every(({ data }) => data.some((value) => value !== 0))).toBe(true);
      // Otherwise there would be nothing to go on from.
      const alone = run(slice(events, 0, 3, 5)).heatmaps.data;
      expect(Array.from(alone)).not.toEqual(Array.from(parts.at(-1)!.heatmaps.data));
    });
    model.dispose();
  });
});
