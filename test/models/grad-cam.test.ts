import { expect, suite, test } from "vitest";
import { mean, permute } from "../../src/autograd/index.ts";
import { ArgumentError, Random } from "../../src/core/index.ts";
import { gradCam, presets, SpikeVideoFormer, Staa, staaPresets } from "../../src/models/index.ts";
import { Linear, Module } from "../../src/nn/index.ts";
import { Lif } from "../../src/snn/index.ts";
import { scope, tensor, type Tensor, withoutGradients } from "../../src/tensor/index.ts";
import { float64, useBackend } from "../golden/backends.ts";
import { uniform } from "../golden/fill.ts";

/** Spikes of the input's two channels, their means over map and steps, a linear layer without bias. */
class Small extends Module {
  readonly neurons = new Lif({ tau: 1 });
  readonly classifier = new Linear(new Random(1), 2, 3, { bias: false });

  forward(x: Tensor): { logits: Tensor } {
    const spikes = this.neurons.forward(permute(x, [0, 1, 3, 4, 2]));
    return { logits: mean(this.classifier.forward(mean(spikes, [2, 3])), [0]) };
  }
}

suite("Grad-CAM", () => {
  useBackend(float64);
  const clip = (...shape: number[]): Tensor => tensor(uniform("clip", shape, -2, 2), shape);

  test("weighs the mean spikes of a channel with its weight in the class", () => {
    const model = new Small();
    model.classifier.weight.data.set([1, 0, -3, 2, 0, -1]);
    // Channel 0 fires at place 0 in both steps, channel 1 at place 1 in the second step and at place 2 in both.
    const x = tensor([1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1], [2, 1, 2, 1, 3]);
    const map = (index: number) => [...scope(() => gradCam(model, x, index)).get("neurons")!.data];
    const unit = 1 / (2 * 3);
    const close = (got: number[], expected: number[]) =>
      expected.forEach((value, i) => expect(got[i]).toBeCloseTo(value, 12));
    close(map(0), [unit, 0, 0]);
    close(map(1), [0, unit, 2 * unit]);
    close(map(2), [0, 0, 0]);
  });

  test("gives a map of each layer of an STAA-SNN and of a SpikeVideoFormer, examples apart", () => {
    scope(() => {
      const config = { ...staaPresets["table-7-vgg13"], width: 8, aggregator: { timeSteps: 2 } };
      const model = new Staa(config, new Random(1)).eval();
      const both = clip(2, 3, 32, 32);
      const maps = gradCam(model, both, 3);
      expect([...maps.values()].map(({ shape }) => shape[1])).toEqual([32, 32, 16, 16, 8, 8, 4, 4, 2, 2]);
      for (const map of maps.values()) expect(map.data.every((value) => value >= 0)).toBe(true);
      expect([...maps.values()].some((map) => map.data.some((value) => value > 0))).toBe(true);
      const layer = "stages.1.blocks.0.neurons";
      const first = gradCam(model, tensor(both.data.slice(0, 3072), [1, 3, 32, 32]), 3, layer);
      expect([...first.keys()]).toEqual([layer]);
      first.get(layer)!.data.forEach((value, i) => {
        expect(value).toBeCloseTo(maps.get(layer)!.data[i]!, 12);
      });
    });
    scope(() => {
      const model = new SpikeVideoFormer(presets.tiny, new Random(1)).eval();
      const found = gradCam(model, clip(1, 1, 3, 32, 32), 0);
      expect(found.size).toBeGreaterThan(10);
    });
  });

  test("needs a class and a layer that the model has, and gradients", () => {
    const model = new Small();
    const x = clip(2, 1, 2, 1, 3);
    expect(() => gradCam(model, x, 3)).toThrow(ArgumentError);
    expect(() => gradCam(model, x, 0.5)).toThrow(ArgumentError);
    expect(() => gradCam(model, x, 0, "classifier")).toThrow(ArgumentError);
    expect(() => withoutGradients(() => gradCam(model, x, 0))).toThrow(ArgumentError);
    expect(model.neurons.observer).toBeNull();
  });
});
