import { expect, suite, test } from "vitest";
import { gradients, mul, sum } from "../../src/autograd/index.ts";
import { Random } from "../../src/core/index.ts";
import { officialName, presets, SpikeVideoFormer } from "../../src/models/index.ts";
import type { Module } from "../../src/nn/index.ts";
import {
  attentionModules,
  ConvBlock,
  Downsample,
  Mlp,
  type NeuronConfig,
  RepConv,
  SepConv,
  surrogate,
} from "../../src/snn/index.ts";
import { scope, type Tensor } from "../../src/tensor/index.ts";
import { float64, type Subject, useBackend, wasm } from "./backends.ts";
import { absMax, expectClose } from "./close.ts";
import { fillModule } from "./fill.ts";
import { type BlockCase, goldenFile, manifest } from "./fixtures.ts";
import { fromGolden, toGolden } from "./layout.ts";

const golden = goldenFile("svf_blocks");

type Block = Module & { forward(x: Tensor): Tensor };

/** A block of ours, and the paths at which it sits in the model under our names and under the official ones. */
type Placed = { readonly block: Block; readonly own: string; readonly official: string };

const designs = {
  "3D_ham": { attention: "joint", score: "hamming" },
  "3D_hamming": { attention: "joint", score: "hamming" },
  "3D_dot": { attention: "joint", score: "dot" },
  "2D": { attention: "spatial", score: "dot" },
} as const;

function place({ block, config }: BlockCase, neurons: NeuronConfig): Placed {
  const random = new Random(1);
  const width = Number(config["dim"] ?? config["in"] ?? config["in_channel"]);
  const [, kind, mode] = /^(.+?)(?:_(3D_ham|3D_hamming|3D_dot|2D|nodetach|s1|first))?$/.exec(block)!;
  switch (kind) {
    case "RepConv": {
      const rep = new RepConv(random, width);
      // The golden block ends before the batch normalisation that follows it everywhere.
      Object.assign(rep, { norm3: { forward: (x: Tensor) => x } });
      return {
        block: rep,
        own: "stages.3.blocks.0.attention.0.output.",
        official: "block3.0.attn.proj_conv.0.",
      };
    }
    case "SepConv":
      return {
        block: new SepConv(random, width, neurons),
        own: "stages.0.blocks.0.sep.",
        official: "ConvBlock1_1.0.Conv.",
      };
    case "MS_ConvBlock":
      return {
        block: new ConvBlock(random, width, neurons),
        own: "stages.0.blocks.0.",
        official: "ConvBlock1_1.0.",
      };
    case "MS_DownSampling": {
      const { kernel, stride, out, first_layer } = config as Record<string, number>;
      const options = { kernel: kernel!, stride: stride!, neurons: first_layer ? null : neurons };
      const down = new Downsample(random, width, out!, options);
      return { block: down, own: "stages.1.down.", official: "downsample1_2." };
    }
    case "MS_MLP":
      return {
        block: new Mlp(random, width, Number(config["hidden"]) / width, neurons),
        own: "stages.3.blocks.0.mlp.",
        official: "block3.0.mlp.",
      };
    case "MS_Attention": {
      const { attention, score } = designs[mode as keyof typeof designs];
      const [module] = attentionModules(random, width, attention, { heads: 4, score, neurons });
      return { block: module!, own: "stages.3.blocks.0.attention.0.", official: "block3.0.attn." };
    }
    case "MS_Block": {
      const model = new SpikeVideoFormer(
        {
          ...presets.tiny,
          ...designs[mode as keyof typeof designs],
          embedDims: [2, 2, width, width],
          depths: [0, 0, 0, 1, 0],
          heads: 4,
          neuron: neurons,
        },
        random,
      );
      return { block: model.stages[3]!.blocks[0]!, own: "stages.3.blocks.0.", official: "block3.0." };
    }
    default:
      throw new Error(`no block for ${block}`);
  }
}

/** Forward and backward of one case with one surrogate. */
function check(which: BlockCase, key: "sigmoid4" | "atan2", subject: Subject): void {
  const at = (name: string) => golden.get(`${which.key}/${name}`);
  const neurons: NeuronConfig = {
    detachReset: which.config.detach_reset,
    surrogate: key === "atan2" ? surrogate.atan() : surrogate.sigmoid(),
  };
  const { block, own, official } = place(which, neurons);
  const nameOf = (path: string) => {
    const name = officialName(own + path);
    expect(name.startsWith(official), name).toBe(true);
    return name.slice(official.length);
  };
  fillModule(block, nameOf, manifest.gainRules, manifest.blocks.affineRules[which.bn]);
  block.train(which.bn === "train");

  const x = fromGolden(at("x"));
  x.requiresGrad = true;
  const y = block.forward(x);
  expectClose("y", toGolden(y), at("y").data, 4 * subject.epsilon, absMax(at("y").data));

  const named = [...block.namedTensors()].filter(([, tensor]) => tensor.requiresGrad);
  const wrt = [x, ...named.map(([, tensor]) => tensor)];
  const [dx, ...found] = gradients(sum(mul(y, fromGolden(at("c")))), wrt) as [Tensor, ...Tensor[]];
  const want = at(`${key}/grad_x`).data;
  expectClose("grad_x", toGolden(dx), want, 8 * subject.epsilon, absMax(want));
  named.forEach(([path], i) => {
    const name = nameOf(path);
    const grad = at(`${key}/grad/${name}`).data;
    // Sums over all pixels: biases before a normalisation cancel to 0, all else is large.
    expectClose(name, found[i]!.data, grad, 8 * subject.epsilon, Math.max(20, absMax(grad)));
  });
  if (which.bn === "eval") return;
  for (const [path, tensor] of block.namedTensors()) {
    if (tensor.requiresGrad) continue;
    const name = nameOf(path);
    expectClose(`after ${name}`, tensor.data, at(`after/${name}`).data, 4 * subject.epsilon);
  }
}

suite.for([float64, wasm])("blocks of SpikeVideoFormer on $name", (subject) => {
  useBackend(subject);

  test.for(manifest.blocks.cases)(
    "$key: result, gradients by both surrogates, running statistics",
    (which) => {
      scope(() => check(which, "atan2", subject));
      if (golden.has(`${which.key}/sigmoid4/grad_x`)) scope(() => check(which, "sigmoid4", subject));
    },
  );
});
