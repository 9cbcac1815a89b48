/**
 * The hybrid ANN-SNN pose estimator [Aydin2024]: now and then an ANN tells heatmaps of the joints and the membrane
 * potentials from which an SNN goes on; at every step between, the SNN adds what the events change.
 *
 * | paper | here |
 * | --- | --- |
 * | ANN, §3.2 | `DenseUNet` |
 * | SNN, §3.2 | `SpikingUNet` |
 * | state initialisation, §3.1 | `StateInitialiser`, one for each layer of neurons |
 * | o(t) = decay·o(t−1) + SNN(t), o(t_i) = ANN | `decayingSum` |
 */
import { add, affine, detach, permute, reshape, sigmoid, slice, stack } from "../autograd/index.ts";
import { dims, Random } from "../core/index.ts";
import { BatchNorm, Conv2d, doubled, leakyRelu, Module, xavierNormal } from "../nn/index.ts";
import type { NeuronConfig } from "../snn/index.ts";
import { scope, type Tensor } from "../tensor/index.ts";
import { DenseUNet, type UNetMaps } from "./dense-unet.ts";
import { eachStep, SpikingUNet } from "./spiking-unet.ts";

/**
 * What stands between a map of the ANN and the membrane potentials of a layer, in order [Aydin2024, table 1]. `none`
 * leaves them at rest.
 */
export const STATE_INITIALISERS = [
  "none",
  "conv-bn-lrelu",
  "conv-bn-lrelu-conv",
  "conv-bn-lrelu-conv-bn",
  "conv-bn-lrelu-conv-bn-sigmoid",
  "conv-bn-lrelu-conv-bn-lrelu",
] as const;

/** One of {@link STATE_INITIALISERS}. */
export type StateInitialiserKind = (typeof STATE_INITIALISERS)[number];

/** Configuration of {@link Hybrid}; see {@link hybridPresets}. */
export type HybridConfig = {
  readonly model: "hybrid";
  /** Channels of what the ANN sees: 20 for a stack of ten histograms, 3 for a picture. */
  readonly annChannels: number;
  readonly snnChannels: number;
  /** Channels of ANN and SNN at full resolution, which all others are multiples of; 32 in the published network. */
  readonly width: number;
  readonly joints: number;
  readonly stateInit: StateInitialiserKind;
  /** Whether the output starts from the ANN's heatmaps; from 0 otherwise. */
  readonly outputInit: boolean;
  /** Share of its last output that a step keeps. */
  readonly outputDecay: number;
  readonly neuron: NeuronConfig;
};

const base = {
  model: "hybrid",
  annChannels: 20,
  snnChannels: 2,
  width: 32,
  joints: 13,
  stateInit: "conv-bn-lrelu-conv-bn",
  outputInit: true,
  outputDecay: 0.8,
  neuron: {
    tau: 3,
    decayInput: true,
    reset: "soft",
    detachReset: false,
    surrogate: { kind: "atan", alpha: 2 },
  },
} as const;

/** The published model (24,780,845 parameters), and those of its ablation: A to C of [Aydin2024, §4.3], D is `released`; `small` is for small runs. */
export const hybridPresets = {
  released: base,
  A: { ...base, stateInit: "none", outputInit: false },
  B: { ...base, outputInit: false },
  C: { ...base, stateInit: "none" },
  rgb: { ...base, annChannels: 3 },
  small: { ...base, width: 8 },
} as const satisfies Record<string, HybridConfig>;

/** 1×1 convolutions from a map of the ANN to the membrane potentials of a layer of neurons. */
export class StateInitialiser extends Module {
  readonly conv1: Conv2d;
  readonly norm1: BatchNorm;
  readonly conv2: Conv2d | null;
  readonly norm2: BatchNorm | null;
  readonly kind: Exclude<StateInitialiserKind, "none">;

  constructor(random: Random, from: number, to: number, kind: Exclude<StateInitialiserKind, "none">) {
    super();
    const [, , , second, third] = kind.split("-");
    this.conv1 = new Conv2d(random, from, to, 1, { bias: true });
    this.norm1 = new BatchNorm(to);
    this.conv2 = second === "conv" ? new Conv2d(random, to, to, 1, { bias: true }) : null;
    this.norm2 = third === "bn" ? new BatchNorm(to) : null;
    this.kind = kind;
  }

  /** `[B, H, W, Ci]` → `[B, H, W, Co]` */
  forward(x: Tensor): Tensor {
    const hidden = leakyRelu(this.norm1.forward(this.conv1.forward(x)), 0.1);
    const mapped = this.conv2 === null ? hidden : this.conv2.forward(hidden);
    const state = this.norm2 === null ? mapped : this.norm2.forward(mapped);
    if (this.kind.endsWith("-sigmoid")) return sigmoid(state);
    return this.kind.endsWith("-bn-lrelu") && this.norm2 !== null ? leakyRelu(state, 0.1) : state;
  }
}

/** Channels of the ANN's maps and of the neurons that they start, in the order of the SNN's layers; multiples of the width. */
const STATES = [
  [1, 1],
  [2, 2],
  [4, 4],
  [8, 8],
  [16, 8],
  [8, 8],
  [4, 4],
  [2, 2],
  [1, 1],
] as const;

/** The maps that start each layer: those of the SNN's resolution; the deepest but one is doubled. */
function statesOf({ down, up }: UNetMaps): Tensor[] {
  return [
    down[0]!,
    down[1]!,
    down[2]!,
    down[3]!,
    scope(() => doubled(up[0]!)),
    up[1]!,
    up[2]!,
    up[3]!,
    up[4]!,
  ];
}

/** What the ANN tells: heatmaps `[B, H, W, joints]`, and membrane potentials for each layer of the SNN. */
export type HybridStart = { readonly heatmaps: Tensor; readonly states: readonly Tensor[] | undefined };

/** What a run of the SNN tells. */
export type HybridRun = {
  /** `[T, B, joints, H, W]` */
  readonly heatmaps: Tensor;
  readonly membranePotentials: readonly Tensor[];
};

/** Where a run leaves the SNN: all that the next step depends on. */
export type HybridState = {
  /** The last heatmaps, `[B, joints, H, W]`. */
  readonly heatmaps: Tensor;
  readonly membranePotentials: readonly Tensor[];
};

/** See the head of this file. */
export class Hybrid extends Module {
  readonly config: HybridConfig;
  readonly ann: DenseUNet;
  readonly snn: SpikingUNet;
  readonly initialisers: StateInitialiser[];
  readonly output: Conv2d;

  /**
   * @param config - one of {@link hybridPresets}, or changes to it
   * @param random - source of the initial parameters
   */
  constructor(config: HybridConfig, random: Random = new Random(0)) {
    super();
    const { annChannels, snnChannels, width, joints, stateInit, neuron } = config;
    this.config = config;
    this.ann = new DenseUNet({ model: "dense-unet", inChannels: annChannels, width, joints }, random);
    this.snn = new SpikingUNet(random, snnChannels, width, neuron);
    this.initialisers =
      stateInit === "none"
        ? []
        : STATES.map(([from, to]) => new StateInitialiser(random, from * width, to * width, stateInit));
    this.output = new Conv2d(random, 2 * width, joints, 1);
    initialise(this, random);
    for (let i = 0; i < this.ann.output.weight.size; i++) this.ann.output.weight.data[i]! /= 2500;
  }

  /** Whether the SNN asks the ANN for anything: not in the ablation A. */
  get asksAnn(): boolean {
    return this.config.outputInit || this.config.stateInit !== "none";
  }

  /**
   * Runs the ANN.
   *
   * @param input - stacked histograms or a picture, `[B, C, H, W]`, H and W multiples of 32
   * @throws ShapeError, ArgumentError
   */
  start(input: Tensor): HybridStart {
    const maps = this.ann.maps(input);
    if (this.initialisers.length === 0) return { heatmaps: maps.heatmaps, states: undefined };
    const from = statesOf(maps);
    const states = this.initialisers.map((initialiser, i) => scope(() => initialiser.forward(from[i]!)));
    return { heatmaps: maps.heatmaps, states };
  }

  /**
   * Runs the SNN from what the ANN told.
   *
   * @param events - counts by polarity of each step, `[T, B, P, H, W]`
   * @param start - of the same size; without it neurons are at rest and the output starts from 0
   */
  follow(events: Tensor, start?: HybridStart): HybridRun {
    const first = start === undefined || !this.config.outputInit ? undefined : detach(start.heatmaps);
    return this.#run(events, start?.states, first);
  }

  /**
   * Goes on with the SNN from where a run left it: steps one by one are those of {@link follow} at once.
   *
   * @param events - as of `follow`
   */
  resume(events: Tensor, { heatmaps, membranePotentials }: HybridState): HybridRun {
    return this.#run(events, membranePotentials, permute(heatmaps, [0, 2, 3, 1]));
  }

  #run(events: Tensor, states: readonly Tensor[] | undefined, first: Tensor | undefined): HybridRun {
    dims("Hybrid", `T B ${this.config.snnChannels} H W`, events.shape);
    const { features, membranePotentials } = this.snn.forward(permute(events, [0, 1, 3, 4, 2]), states);
    const summed = decayingSum(this.output.forward(features), this.config.outputDecay, first);
    return { heatmaps: permute(summed, [0, 1, 4, 2, 3]), membranePotentials };
  }

  /** The ANN once, then the SNN for all steps. */
  forward(events: Tensor, input: Tensor): HybridRun {
    return this.follow(events, this.start(input));
  }
}

/** Configuration of {@link SpikingPose}. */
export type SpikingPoseConfig = {
  readonly model: "spiking-pose";
  readonly inChannels: number;
  /** Channels at full resolution, which all others are multiples of; 32 in the published network. */
  readonly width: number;
  readonly joints: number;
  readonly neuron: NeuronConfig;
};

/** The pure SNN of the comparison (4,410,138 parameters). */
export const spikingPosePreset: SpikingPoseConfig = {
  model: "spiking-pose",
  inChannels: 2,
  width: 32,
  joints: 13,
  neuron: { ...base.neuron, tau: 2 },
};

/** The SNN by itself: its output is the membrane potential of leaky integrators that never fire. */
export class SpikingPose extends Module {
  readonly config: SpikingPoseConfig;
  readonly snn: SpikingUNet;
  readonly output: Conv2d;
  readonly norm: BatchNorm;

  constructor(config: SpikingPoseConfig = spikingPosePreset, random: Random = new Random(0)) {
    super();
    this.config = config;
    this.snn = new SpikingUNet(random, config.inChannels, config.width, config.neuron);
    this.output = new Conv2d(random, 2 * config.width, config.joints, 1);
    this.norm = new BatchNorm(config.joints);
    initialise(this, random);
  }

  /**
   * @param events - counts by polarity of each step, `[T, B, P, H, W]`, H and W multiples of 8
   * @returns `[T, B, joints, H, W]`
   * @throws ShapeError
   */
  forward(events: Tensor): HybridRun {
    return this.#run(events);
  }

  /**
   * Goes on from where a run left it: steps one by one are those of {@link forward} at once.
   *
   * @param events - as of `forward`
   * @throws ShapeError
   */
  resume(events: Tensor, { heatmaps, membranePotentials }: HybridState): HybridRun {
    return this.#run(events, membranePotentials, permute(heatmaps, [0, 2, 3, 1]));
  }

  #run(events: Tensor, states?: readonly Tensor[], first?: Tensor): HybridRun {
    dims("SpikingPose", `T B ${this.config.inChannels} H W`, events.shape);
    const { features, membranePotentials } = this.snn.forward(permute(events, [0, 1, 3, 4, 2]), states);
    const share = 1 / (this.config.neuron.tau ?? 2);
    const current = affine(eachStep(this.norm, this.output.forward(features)), share);
    const heatmaps = permute(decayingSum(current, 1 - share, first), [0, 1, 4, 2, 3]);
    return { heatmaps, membranePotentials };
  }
}

/** Models that tell heatmaps of joints. */
export type HeatmapModel = Hybrid | SpikingPose | DenseUNet;

/** Whether a model tells heatmaps of joints. */
export function tellsHeatmaps(model: Module): model is HeatmapModel {
  return model instanceof Hybrid || model instanceof SpikingPose || model instanceof DenseUNet;
}

/**
 * y[t] = decay·y[t−1] + x[t].
 *
 * @param x - `[T, ...]`
 * @param first - y before the first step, `[...]`; 0 if left out
 */
export function decayingSum(x: Tensor, decay: number, first?: Tensor): Tensor {
  const rest = x.shape.slice(1);
  const sums: Tensor[] = [];
  let last = first;
  for (let t = 0; t < x.shape[0]!; t++) {
    const step = reshape(slice(x, 0, t, t + 1), rest);
    last = last === undefined ? step : add(affine(last, decay), step);
    sums.push(last);
  }
  return stack(sums, 0);
}

/** All convolutions start as in the published training script. */
function initialise(model: Module, random: Random): void {
  for (const [, module] of model.namedModules()) {
    if (module instanceof Conv2d) xavierNormal(random, module.weight);
  }
}

/** Our names on the left, those of the released code on the right, applied in order. */
const officialNames: readonly (readonly [RegExp, string])[] = [
  [/\.runningMean$/, ".running_mean"],
  [/\.runningVariance$/, ".running_var"],
  [/^snn\.entry\.conv\./, "static_conv.conv2d."],
  [/^snn\.entry\.norm\./, "static_conv.norm_layer."],
  [/^snn\.entry\.neurons/, "static_conv.activation"],
  [/^snn\.residual\.conv\./, "residualBlock.conv1."],
  [/^snn\.residual\.norm\./, "residualBlock.bn1."],
  [/^snn\.residual\.neurons/, "residualBlock.activation1"],
  [/^snn\.residualConv\./, "residualBlock.conv2."],
  [/^snn\.residualNorm\./, "residualBlock.bn2."],
  [/^snn\.residualNeurons/, "residualBlock.activation2"],
  [/\.conv\.(weight)$/, ".conv2d.$1"],
  [/\.norm\./, ".norm_layer."],
  [/\.neurons$/, ".activation"],
  [/^output\./, "temporalflat.conv2d."],
];

/**
 * The name that the released code gives to a tensor, or a layer of neurons, of ours: those of {@link Hybrid} and of its
 * ANN. There each part of the SNN ends in `_snn`, each of the ANN in `_cnn`.
 */
export function officialHybridName(name: string): string {
  const counted = (text: string, part: string) =>
    text.replace(/\.(\d)\./, (_, index: string) => `${part}${Number(index) + 1}.`);
  if (name.startsWith("ann.")) return officialDenseName(name.slice(4)).replace(".", "_cnn.");
  if (name.startsWith("initialisers.")) {
    const [, index, rest] = /^initialisers\.(\d)\.(.*)$/.exec(name)!;
    const stem = `states_${index === "0" ? "in" : index}.${rest}`;
    return rename(stem.replace(".norm1.", ".norm_layer.").replace(".norm2.", ".norm_layer2."));
  }
  const numbered = counted(name.replace(/^snn\.(down|up)\./, "$1."), "");
  const nested = numbered.replace(/^(down\d)\./, "$1.conv.");
  return rename(nested).replace(".", "_snn.");
}

/** The name that the released code gives to a tensor, or a layer of neurons, of {@link SpikingPose}. */
export function officialSpikingPoseName(name: string): string {
  if (name.startsWith("norm.")) return rename(`temporalflat.${name}`);
  return officialHybridName(name)
    .replace("_snn.", ".")
    .replace("static_conv.conv2d.", "static_conv.0.")
    .replace("static_conv.norm_layer.", "static_conv.1.")
    .replace("static_conv.activation", "static_conv.2")
    .replace(
      /^residualBlock\.(activation)?/,
      (_, activation?: string) => `residualBlock.0.${activation ? "lif" : ""}`,
    );
}

/** The name that the released code gives to a tensor of {@link DenseUNet} by itself. */
export function officialDenseName(name: string): string {
  return name
    .replace(/^entry\.(conv\d)\./, "$1.")
    .replace(/^output\./, "conv3.")
    .replace(/^(down|up)\.(\d)\./, (_, way: string, index: string) => `${way}${Number(index) + 1}.`);
}

function rename(name: string): string {
  return officialNames.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), name);
}
