import { expect, suite, test } from "vitest";
import { add, concat, gradients, mean, slice, square } from "../../src/autograd/index.ts";
import { ArgumentError, Random, ShapeError } from "../../src/core/index.ts";
import {
  officialName,
  presets,
  SpikeVideoFormer,
  type SpikeVideoFormerConfig,
} from "../../src/models/index.ts";
import { crossEntropy, observe } from "../../src/nn/index.ts";
import type { AttentionDesign, Score } from "../../src/snn/index.ts";
import { scope, tensor, type Tensor, withoutGradients, zeros } from "../../src/tensor/index.ts";
import { useBackend, wasm } from "../golden/backends.ts";
import { uniform, fillModule } from "../golden/fill.ts";
import { manifest } from "../golden/fixtures.ts";

const small: SpikeVideoFormerConfig = {
  ...presets.tiny,
  embedDims: [4, 4, 8, 8],
  depths: [1, 1, 1, 1, 1],
  heads: 2,
  head: { kind: "classification", classes: 5 },
};

const designs: readonly AttentionDesign[] = ["joint", "hierarchical", "factorised", "spatial"];
const allScores: readonly Score[] = ["hamming", "dot", "euclidean", "manhattan"];

function video(name: string, shape: readonly number[]): Tensor {
  return tensor(uniform(name, shape, -2, 2), shape);
}

/** A model whose layers all fire: filled as the golden ones are. */
function lively(config: SpikeVideoFormerConfig): SpikeVideoFormer {
  const model = new SpikeVideoFormer(config);
  fillModule(model, officialName, manifest.gainRules, [
    ["attn_bn.running_mean", 1, 0.25],
    ["attn_bn.running_var", 0.05, 0],
    // Queries, keys and values that fire often enough to meet.
    ["_conv.1.bias", 1, 0.7],
    ["norm3.bias", 1, 0.7],
  ]);
  return model;
}

suite("SpikeVideoFormer", () => {
  useBackend(wasm);

  test.for([
    ["tiny, Hamming", presets.tiny, 1_004_762],
    ["tiny, dot product", { ...presets.tiny, score: "dot" }, 1_003_610],
  ] as const)("%s has its published number of parameters", ([, config, count]) => {
    const model = new SpikeVideoFormer(config);
    expect(model.parameterCount()).toBe(count);
    model.dispose();
  });

  test.for(designs.flatMap((attention) => allScores.map((score) => ({ attention, score }))))(
    "has gradients in every projection with $attention attention and $score scores",
    ({ attention, score }) => {
      const model = lively({ ...small, attention, score });
      scope(() => {
        const { logits } = model.forward(video("clip", [2, 2, 3, 64, 64]));
        expect(logits!.shape).toEqual([2, 5]);
        const named = [...model.namedTensors()].filter(([, { requiresGrad }]) => requiresGrad);
        const parameters = named.map(([, parameter]) => parameter);
        const found = gradients(crossEntropy(logits!, [1, 3]), parameters);
        named.forEach(([name], i) => {
          expect(found[i]!.data.every(Number.isFinite), name).toBe(true);
          if (!/projections.*pointwise1/.test(name)) return;
          expect(
            found[i]!.data.some((g) => g !== 0),
            name,
          ).toBe(true);
        });
      });
      model.dispose();
    },
  );

  test("gives every clip of a batch what it gets in any other order", () => {
    const model = lively({ ...presets.tiny, attention: "factorised" }).eval();
    withoutGradients(() => {
      const clips = video("batch", [2, 3, 3, 32, 32]);
      const order = [2, 0, 1];
      const shuffled = concat(
        order.map((b) => slice(clips, 1, b, b + 1)),
        1,
      );
      const straight = model.forward(clips)["logits"]!;
      const permuted = model.forward(shuffled)["logits"]!;
      order.forEach((b, i) => {
        expect(slice(permuted, 0, i, i + 1).data).toEqual(slice(straight, 0, b, b + 1).data);
      });
      // The clips differ, so that the order matters.
      expect(permuted.data).not.toEqual(straight.data);
    });
    model.dispose();
  });

  test("takes its spikes to be binary everywhere", () => {
    const model = lively(small);
    const stop = observe(model, (layer, seen) => {
      if (seen.kind !== "neuron") return;
      expect(
        seen.spikes.data.every((s) => s === 0 || s === 1),
        layer,
      ).toBe(true);
    });
    withoutGradients(() => model.forward(video("clip", [2, 1, 3, 16, 16])));
    stop();
    model.dispose();
  });

  test("computes poses a step and clip, from maps of the size that it was made for", () => {
    const config: SpikeVideoFormerConfig = {
      ...small,
      inChannels: 4,
      head: { kind: "pose", inputSize: 32 },
    };
    const model = new SpikeVideoFormer(config, new Random(2));
    scope(() => {
      const outputs = model.forward(video("events", [3, 2, 4, 32, 32]));
      const shapes = Object.entries(outputs).map(([name, { shape }]) => [name, shape]);
      expect(Object.fromEntries(shapes)).toEqual({
        pose6d: [3, 2, 144],
        shape: [3, 2, 10],
        translation: [3, 2, 3],
      });
      const loss = Object.values(outputs)
        .map((x) => mean(square(x)))
        .reduce(add);
      const found = gradients(loss, model.parameters());
      expect(found.every((g) => g.data.every(Number.isFinite))).toBe(true);
      expect(() => model.forward(zeros([3, 2, 4, 48, 48]))).toThrow(ArgumentError);
      expect(() => model.forward(zeros([3, 2, 3, 32, 32]))).toThrow(ShapeError);
    });
    model.dispose();
  });

  test("computes classes a pixel at the size of the input", () => {
    const model = new SpikeVideoFormer({ ...small, head: { kind: "dense", classes: 3 } }, new Random(2));
    scope(() => {
      const { logits } = model.forward(video("clip", [2, 1, 3, 32, 48]));
      expect(logits!.shape).toEqual([2, 1, 3, 32, 48]);
      const found = gradients(mean(square(logits!)), model.parameters());
      expect(found.some((g) => g.data.some((x) => x !== 0))).toBe(true);
    });
    model.dispose();
  });

  test.for(["plif", "integer-lif"] as const)("runs on neurons of kind %s", (kind) => {
    const model = new SpikeVideoFormer({ ...small, neuron: { kind } }, new Random(2));
    scope(() => {
      const { logits } = model.forward(video("clip", [2, 2, 3, 16, 16]));
      const found = gradients(crossEntropy(logits!, [0, 1]), model.parameters());
      expect(found.every((g) => g.data.every(Number.isFinite))).toBe(true);
    });
    model.dispose();
  });

  test("cannot have half a channel", () => {
    expect(() => new SpikeVideoFormer({ ...small, embedDims: [5, 4, 8, 8] })).toThrow(ArgumentError);
  });
});
