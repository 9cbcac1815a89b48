/**
 * STAA-SNN [Zhang2025]: convolutional networks whose neurons aggregate input and membrane potential by attention.
 *
 * | paper | here |
 * | --- | --- |
 * | GC, PE, SA and their LIF, §3.1; TSRD, §3.2 | `StaaLif` |
 * | adaptive LIF, eq. 6 | `AdaptiveLif` |
 * | VGG-13, ResNet-18/19/20/34 | `StaaArchitecture` |
 *
 * No code was published; `docs/staa.md` tells how we read what the paper leaves open.
 */
import { avgPool2d, maxPool2d, mean, permute, stack } from "../autograd/index.ts";
import { ArgumentError, dims, Random, ShapeError } from "../core/index.ts";
import { Linear, Module } from "../nn/index.ts";
import {
  AdaptiveLif,
  Lif,
  type NeuronFactory,
  type NeuronLayer,
  ResidualBlock,
  type ShortcutDesign,
  SpikingConv,
  STAA_FIRING,
  StaaLif,
  type StaaOptions,
} from "../snn/index.ts";
import { scope, type Tensor } from "../tensor/index.ts";
import type { Outputs } from "./spikevideoformer.ts";

/**
 * Layers of a network: `vgg13` [Simonyan2015] with means for its maxima and one linear layer; `resnet18` and `resnet34`
 * [He2016] as for ImageNet; `resnet19` [Zheng2021], three wide stages and two linear layers; `resnet20`, ResNet-18 with three
 * 3×3 convolutions and a mean over 2×2 pixels for its stem, and means in its shortcuts.
 */
export type StaaArchitecture = "vgg13" | "resnet18" | "resnet19" | "resnet20" | "resnet34";

/** Configuration of {@link Staa}; see {@link staaPresets}. */
export type StaaConfig = {
  readonly model: "staa";
  readonly architecture: StaaArchitecture;
  /** What all widths are multiples of: channels of the first stage, half of those of ResNet-19. */
  readonly width: number;
  readonly inChannels: number;
  readonly classes: number;
  /** What stands where an aggregator may: the aggregator, LIF with τ = 2, or LIF with learned coefficients a channel. */
  readonly neuron: "staa" | "lif" | "adaptive-lif";
  /** The aggregator; also how many steps its positions are learned for, and how often an image is shown. */
  readonly aggregator: Omit<StaaOptions, "firing">;
};

const cifar = {
  model: "staa",
  architecture: "resnet19",
  width: 64,
  inChannels: 3,
  classes: 10,
  neuron: "staa",
  aggregator: { timeSteps: 4 },
} as const;

const events = {
  ...cifar,
  architecture: "vgg13",
  inChannels: 2,
  aggregator: { timeSteps: 16, dropProbability: 0.1 },
} as const;

/** The best of each data set in the paper, and the two networks that its table 7 counts. */
export const staaPresets = {
  cifar10: cifar,
  cifar100: { ...cifar, classes: 100 },
  imagenet: {
    ...cifar,
    architecture: "resnet34",
    classes: 1000,
    aggregator: { timeSteps: 4, dropProbability: 0.1 },
  },
  "cifar10-dvs": events,
  "dvs-gesture": { ...events, classes: 11 },
  "table-7-resnet20": { ...cifar, architecture: "resnet20" },
  "table-7-vgg13": { ...cifar, architecture: "vgg13" },
} as const satisfies Record<string, StaaConfig>;

/** A stage of blocks, or a convolution with its neurons, and the pooling behind it. */
class StaaStage extends Module {
  readonly blocks: (SpikingConv | ResidualBlock)[];
  readonly pooling: "average" | "max" | "none";

  constructor(blocks: (SpikingConv | ResidualBlock)[], pooling: StaaStage["pooling"] = "none") {
    super();
    this.blocks = blocks;
    this.pooling = pooling;
  }

  forward(x: Tensor): Tensor {
    return scope(() => {
      const spikes = this.blocks.reduce((u, block) => scope(() => block.forward(u)), x);
      if (this.pooling === "max") return maxPool2d(spikes, 3, { stride: 2, padding: 1 });
      return this.pooling === "average" ? avgPool2d(spikes, 2) : spikes;
    });
  }
}

type ResNet = {
  /** Convolutions before the stages; widths here and there are multiples of the configuration's. */
  readonly stem: readonly { readonly width: number; readonly kernel: number; readonly stride: number }[];
  readonly pooling: StaaStage["pooling"];
  readonly widths: readonly number[];
  readonly blocks: readonly number[];
  readonly shortcut: ShortcutDesign;
};

const large = { width: 1, kernel: 7, stride: 2 };
const small = { width: 1, kernel: 3, stride: 1 };
const fourStages = { widths: [1, 2, 4, 8], blocks: [2, 2, 2, 2] };

const RESNETS = {
  resnet18: { stem: [large], pooling: "max", ...fourStages, shortcut: "stride" },
  resnet34: { stem: [large], pooling: "max", ...fourStages, blocks: [3, 4, 6, 3], shortcut: "stride" },
  resnet19: {
    stem: [{ ...small, width: 2 }],
    pooling: "none",
    widths: [2, 4, 8],
    blocks: [3, 3, 2],
    shortcut: "stride",
  },
  resnet20: { stem: [small, small, small], pooling: "average", ...fourStages, shortcut: "average" },
} as const satisfies Record<string, ResNet>;

const VGG13_WIDTHS = [1, 2, 4, 8, 8];

/** See the head of this file. */
export class Staa extends Module {
  readonly config: StaaConfig;
  readonly stages: StaaStage[];
  readonly hidden: Linear | null;
  readonly hiddenNeurons: NeuronLayer | null;
  readonly classifier: Linear;

  /**
   * @param config - one of {@link staaPresets}, or changes to it
   * @param random - source of the initial parameters, and of the seeds of time-step random dropout
   * @throws ArgumentError
   */
  constructor(config: StaaConfig, random: Random = new Random(0)) {
    super();
    this.config = config;
    const { architecture, width, classes } = config;
    if (!(Number.isInteger(width) && width > 0)) {
      throw new ArgumentError(`Staa: expected a width of 1 or more, got ${width}`);
    }
    const neurons: NeuronFactory = (channels) => neuronsOf(random, channels, config);
    this.stages = architecture === "vgg13" ? vgg(random, config, neurons) : resnet(random, config, neurons);
    const wide = architecture === "resnet19";
    this.hidden = wide ? new Linear(random, 8 * width, 4 * width) : null;
    this.hiddenNeurons = wide ? new Lif({ tau: 2, ...STAA_FIRING }) : null;
    this.classifier = new Linear(random, (wide ? 4 : 8) * width, classes);
  }

  /**
   * Classifies clips, or images that are shown at every step.
   *
   * @param x - `[T, B, C, H, W]` or `[B, C, H, W]`; sides of 32 pixels and more
   * @returns `logits` `[B, classes]`: means over the steps
   * @throws ShapeError
   */
  forward(x: Tensor): Outputs {
    return scope(() => {
      let u = this.#shown(x);
      for (const stage of this.stages) u = stage.forward(u);
      let features = mean(u, [2, 3]);
      if (this.hidden !== null) features = this.hiddenNeurons!.forward(this.hidden.forward(features));
      return { logits: mean(this.classifier.forward(features), [0]) };
    });
  }

  /** The input as `[T, B, H, W, C]`. */
  #shown(x: Tensor): Tensor {
    const { inChannels, aggregator } = this.config;
    if (x.shape.length === 4) {
      dims("Staa", `B ${inChannels} H W`, x.shape);
      const image = permute(x, [0, 2, 3, 1]);
      return stack(Array.from({ length: aggregator.timeSteps }, () => image));
    }
    const { T } = dims("Staa", `T B ${inChannels} H W`, x.shape) as { T: number };
    if (T < 1) throw new ShapeError(`Staa: expected a step or more, got ${T}`);
    return permute(x, [0, 1, 3, 4, 2]);
  }
}

function neuronsOf(random: Random, channels: number, { neuron, aggregator }: StaaConfig): NeuronLayer {
  switch (neuron) {
    case "staa":
      return new StaaLif(random, channels, aggregator);
    case "lif":
      return new Lif({ tau: 2, ...STAA_FIRING });
    case "adaptive-lif":
      return new AdaptiveLif([channels]);
  }
}

/** Five stages of two 3×3 convolutions with biases, each before a mean over 2×2 pixels. */
function vgg(random: Random, { inChannels, width }: StaaConfig, neurons: NeuronFactory): StaaStage[] {
  let channels = inChannels;
  return VGG13_WIDTHS.map((multiple) => {
    const to = multiple * width;
    const blocks = [channels, to].map(
      (from) => new SpikingConv(random, from, to, 3, { bias: true, neurons }),
    );
    channels = to;
    return new StaaStage(blocks, "average");
  });
}

function resnet(
  random: Random,
  { architecture, inChannels, width }: StaaConfig,
  neurons: NeuronFactory,
): StaaStage[] {
  const design = (RESNETS as Record<string, ResNet>)[architecture];
  if (design === undefined) {
    const known = ["vgg13", ...Object.keys(RESNETS)].join(", ");
    throw new ArgumentError(`Staa: expected an architecture of ${known}, got ${architecture}`);
  }
  let from = inChannels;
  const stem = design.stem.map(({ width: multiple, kernel, stride }) => {
    const conv = new SpikingConv(random, from, multiple * width, kernel, { stride, neurons });
    from = multiple * width;
    return conv;
  });
  const stages = design.widths.map((multiple, stage) => {
    const blocks = Array.from({ length: design.blocks[stage]! }, (_, i) => {
      const stride = i === 0 && stage > 0 ? 2 : 1;
      const block = new ResidualBlock(random, from, multiple * width, {
        stride,
        shortcut: design.shortcut,
        neurons,
      });
      from = multiple * width;
      return block;
    });
    return new StaaStage(blocks);
  });
  return [new StaaStage(stem, design.pooling), ...stages];
}
