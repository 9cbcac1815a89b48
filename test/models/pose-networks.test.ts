import { expect, suite, test } from "vitest";
import { add, concat, gradients, mean, permute, slice, square } from "../../src/autograd/index.ts";
import type { Floats } from "../../src/backend/index.ts";
import { ArgumentError, Random, ShapeError, sizeOf } from "../../src/core/index.ts";
import {
  maSnn,
  maSnnPresets,
  metaSpikeFormer,
  metaSpikeFormerPresets,
  poseNeurons,
  type PoseNetwork,
  presets,
  ResNet,
  resNetGru,
  resNetGruPresets,
  resNetTransformer,
  resNetTransformerPresets,
  sewResNetPose,
  sewResNetPresets,
  SpikeVideoFormer,
  spikformer,
  spikformerPresets,
  spikingformer,
  spikingformerPresets,
  VideoSwin,
  videoSwin,
  videoSwinPresets,
} from "../../src/models/index.ts";
import { NeuronLayer } from "../../src/snn/index.ts";
import { scope, tensor, type Tensor, withoutGradients, zeros } from "../../src/tensor/index.ts";
import { useBackend, wasm } from "../golden/backends.ts";
import { expectClose } from "../golden/close.ts";
import { Constant } from "./small-models.ts";

type AnyNetwork = PoseNetwork<{ readonly inChannels: number }>;
type Case = {
  readonly name: string;
  readonly tiny: () => AnyNetwork;
  readonly paper: (random: Random) => AnyNetwork;
  /** Parameters of the paper's configuration, and what [Zou2023, table III] and [Zou2025] print, in millions. */
  readonly count: number;
  readonly published: number;
  /** Which steps the maps of a step depend on; null: its gates see all, which few of its binary maps show. */
  readonly time: "alone" | "causal" | "all" | null;
};

/** Neurons that fire at less, so that two steps suffice to reach the last layer. */
const neuron = { ...poseNeurons, firingThreshold: 0.25 };

const cases: readonly Case[] = [
  {
    name: "ResNet-GRU",
    tiny: () => resNetGru(resNetGruPresets.tiny),
    paper: (random) => resNetGru(resNetGruPresets.paper, random),
    count: 46_915_869,
    published: 46.9,
    time: "alone",
  },
  {
    name: "ResNet-TF",
    tiny: () => resNetTransformer(resNetTransformerPresets.tiny),
    paper: (random) => resNetTransformer(resNetTransformerPresets.paper, random),
    count: 41_303_709,
    published: 41.3,
    time: "alone",
  },
  {
    name: "SEW-ResNet-TF",
    tiny: () =>
      resNetTransformer({ ...resNetTransformerPresets.tinySpiking, backbone: { connection: "add", neuron } }),
    paper: (random) => resNetTransformer(resNetTransformerPresets.paperSpiking, random),
    count: 46_815_954,
    published: 47.0,
    time: "causal",
  },
  {
    name: "Video Swin",
    tiny: () => videoSwin(videoSwinPresets.tiny),
    paper: (random) => videoSwin(videoSwinPresets.paper, random),
    count: 48_746_579,
    published: 48.9,
    time: "all",
  },
  {
    name: "deep Video Swin",
    tiny: () => videoSwin({ ...videoSwinPresets.tiny, patch: [2, 4, 4], gruWidth: null }),
    paper: (random) => videoSwin(videoSwinPresets.deep, random),
    count: 49_869_763,
    published: 48.9,
    time: "all",
  },
  {
    name: "SEW-ResNet",
    tiny: () => sewResNetPose({ ...sewResNetPresets.tiny, neuron }),
    paper: (random) => sewResNetPose(sewResNetPresets.paper, random),
    count: 25_770_322,
    published: 25.8,
    time: "causal",
  },
  {
    name: "MA-SNN",
    tiny: () => maSnn({ ...maSnnPresets.tiny, neuron }),
    paper: (random) => maSnn(maSnnPresets.paper, random),
    count: 30_251_378,
    published: 30.2,
    time: null,
  },
  {
    name: "Spikformer",
    tiny: () => spikformer({ ...spikformerPresets.tiny, neuron }),
    paper: (random) => spikformer(spikformerPresets.paper, random),
    count: 37_299_852,
    published: 36.8,
    time: "causal",
  },
  {
    name: "Spikingformer",
    tiny: () => spikingformer({ ...spikingformerPresets.tiny, neuron }),
    paper: (random) => spikingformer(spikingformerPresets.paper, random),
    count: 37_312_811,
    published: 37.1,
    time: "causal",
  },
  {
    name: "Meta-SpikeFormer",
    tiny: () => metaSpikeFormer({ ...metaSpikeFormerPresets.tiny, neuron }),
    paper: (random) => metaSpikeFormer(metaSpikeFormerPresets["55M"], random),
    count: 54_813_021,
    published: 55.8,
    time: "causal",
  },
];

/** Events in so many of the voxels. */
function clip(seed: number, steps: number, batch = 1, density = 0.25): Tensor {
  const draw = new Random(seed);
  const shape = [steps, batch, 4, 64, 64];
  const voxels = Array.from({ length: sizeOf(shape) }, () => (draw.uniform(0, 1) < density ? 1 : 0));
  return tensor(voxels, shape, { spikeLevels: 1 });
}

/** Larger weights in front of neurons, and normalisations that all do something, so that no branch is silent. */
function lively(network: AnyNetwork): AnyNetwork {
  const draw = new Random(7);
  const spiking = network.namedModules().some(([, module]) => module instanceof NeuronLayer);
  for (const [name, values] of network.namedTensors()) {
    if (/orm\d?\.weight$/.test(name))
      values.data.forEach((_, i) => (values.data[i] = draw.uniform(0.8, 1.2)));
    if (/orm\d?\.bias$/.test(name)) values.data.forEach((_, i) => (values.data[i] = draw.uniform(-0.8, 0.6)));
    if (spiking && /^backbone.*weight$/.test(name) && values.shape.length > 1)
      values.data.forEach((_, i) => (values.data[i]! *= 2));
    if (name.endsWith("squeeze.weight"))
      values.data.forEach((value, i) => (values.data[i] = Math.abs(value)));
  }
  return network;
}

/** Maps of the backbone, `[T, B, H, W, C]`. */
function maps(network: AnyNetwork, input: Tensor): Tensor {
  return withoutGradients(() => network.backbone.forward(permute(input, [0, 1, 3, 4, 2])));
}

suite("networks of poses", () => {
  useBackend(wasm);

  test.for(cases)("$name has $count parameters, within 2 % of the paper's", ({ paper, count, published }) => {
    const network = paper(new Constant(0));
    expect(network.parameterCount()).toBe(count);
    expect(Math.abs(count / (published * 1e6) - 1)).toBeLessThan(0.02);
    network.dispose();
  });

  test("ResNet-50 and Swin-T without their classifiers have as many parameters as those of their authors", () => {
    const random = new Constant(0);
    const resNet = new ResNet(random, { depth: 50, inChannels: 3 });
    expect(resNet.parameterCount()).toBe(25_557_032 - 2_049_000);
    const swin = new VideoSwin(random, { ...videoSwinPresets.paper, inChannels: 3, window: [1, 7, 7] });
    expect(swin.parameterCount()).toBe(28_288_354 - 769_000);
    for (const backbone of [resNet, swin]) backbone.dispose();
  });

  test.for(cases)("$name gives poses at the edges of the steps", ({ tiny }) => {
    scope(() => {
      const network = tiny().eval();
      const outputs = withoutGradients(() => network.forward(clip(1, 2, 2)));
      const shapes = Object.fromEntries(Object.entries(outputs).map(([name, { shape }]) => [name, shape]));
      expect(shapes).toEqual({ pose6d: [3, 2, 144], shape: [3, 2, 10], translation: [3, 2, 3] });
      expect(Object.values(outputs).every(({ data }) => data.every(Number.isFinite))).toBe(true);
      expect(() => network.forward(zeros([2, 1, 3, 64, 64]))).toThrow(ShapeError);
      network.dispose();
    });
  });

  test.for(cases)("$name passes gradients to every parameter", ({ tiny }) => {
    scope(() => {
      // In evaluation, where a bias in front of a normalisation is not taken out again.
      const network = lively(tiny()).eval();
      const parameters = [...network.namedTensors()].filter(([, { requiresGrad }]) => requiresGrad);
      const wrt = parameters.map(([, parameter]) => parameter);
      const loss = () =>
        Object.values(network.forward(clip(2, 2)))
          .map((out) => mean(square(out)))
          .reduce(add);
      const silent = gradients(loss(), wrt).flatMap((gradient, i) =>
        gradient.data.some((value) => value !== 0 && Number.isFinite(value)) ? [] : [parameters[i]![0]],
      );
      // A softmax does not change when a key's bias adds the same to all its scores.
      expect(silent.filter((name) => !name.endsWith("key.bias"))).toEqual([]);
      network.dispose();
    });
  });

  test.for(cases)("$name sees each clip of a batch by itself", ({ tiny }) => {
    scope(() => {
      const network = lively(tiny()).eval();
      const [a, b] = [clip(3, 2), clip(4, 2)];
      const both = maps(network, concat([a, b], 1));
      const apart = concat([maps(network, a), maps(network, b)], 1);
      expectClose("maps", both.data, apart.data, 1e-4);
      network.dispose();
    });
  });

  test.for(cases.filter(({ time }) => time !== null))(
    "$name: steps of its maps see $time",
    ({ tiny, time }) => {
      scope(() => {
        const network = lively(tiny()).eval();
        const first = clip(5, 1);
        const [a, b] = [0.02, 0.9].map((density) =>
          maps(network, concat([first, clip(6, 1, 1, density)], 0)),
        ) as [Tensor, Tensor];
        const change = (step: number, x: Tensor, y: Tensor) => {
          const [u, v] = [x, y].map((maps) => slice(maps, 0, step, step + 1).data) as [Floats, Floats];
          return Math.max(...u.map((value, i) => Math.abs(value - v[i]!)));
        };
        const [c, d] = [0.02, 0.9].map((density) =>
          maps(network, concat([clip(7, 1, 1, density), first], 0)),
        ) as [Tensor, Tensor];
        expect(change(1, a, b)).toBeGreaterThan(0);
        expect(change(0, a, b) > 1e-5, "early sees late").toBe(time === "all");
        expect(change(1, c, d) > 1e-5, "late sees early").toBe(time !== "alone");
        network.dispose();
      });
    },
  );

  test("joints take the place of a body where they are wanted", () => {
    scope(() => {
      const network = sewResNetPose({ ...sewResNetPresets.tiny, head: "joints" }).eval();
      const outputs = withoutGradients(() => network.forward(clip(1, 2)));
      expect(Object.keys(outputs).sort()).toEqual(["joints3d", "translation"]);
      expect(outputs.joints3d!.shape).toEqual([3, 1, 24, 3]);
      network.dispose();
    });
  });

  test("Meta-SpikeFormer has the stages of SpikeVideoFormer with spatial attention and dot products", () => {
    scope(() => {
      const sizes = { ...metaSpikeFormerPresets.tiny, model: "spikevideoformer" } as const;
      const network = metaSpikeFormer(metaSpikeFormerPresets.tiny, new Random(3)).eval();
      const twin = new SpikeVideoFormer(
        { ...presets.tiny, ...sizes, head: { kind: "classification", classes: 2 } },
        new Random(3),
      ).eval();
      const input = clip(11, 2);
      const expected = withoutGradients(() => twin.features(input).at(-1)!);
      expectClose("maps", maps(network, input).data, expected.data, 1e-6);
      network.dispose();
      twin.dispose();
    });
  });

  test("say what they cannot take", () => {
    scope(() => {
      const steps = maSnn(maSnnPresets.tiny);
      expect(() => steps.forward(clip(1, 3))).toThrow(ArgumentError);
      const windows = videoSwin(videoSwinPresets.tiny);
      expect(() => windows.forward(clip(1, 3))).toThrow("expected tokens that divide into windows of 2×2×2");
      expect(() => spikformer({ ...spikformerPresets.tiny, embedDim: 12 })).toThrow(ArgumentError);
      expect(() => spikingformer({ ...spikingformerPresets.tiny, heads: 5 })).toThrow(ArgumentError);
      for (const network of [steps, windows]) network.dispose();
    });
  });
});
