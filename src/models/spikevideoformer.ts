/**
 * SpikeVideoFormer [Zou2025]: a spike-driven video transformer with Hamming attention, linear in T.
 *
 * Five stages: two of convolution blocks behind the stem and a first downsampling, one more pair of them, then two of
 * transformer blocks. A clip's frames are its time steps (F = T). By default layer by layer equal to the released
 * classification code (surrogate included: a sigmoid of slope 4).
 *
 * | paper | here |
 * | --- | --- |
 * | SDHA, §3.2 | `SpikingAttention` |
 * | joint / hierarchical / factorised space–time attention, §3.3 | `AttentionDesign` |
 * | SepConv, ChannelConv, RepConv | `SepConv`, `ConvBlock`, `RepConv` |
 */
import { add, linear, mean, permute, reshape } from "../autograd/index.ts";
import { ArgumentError, dims, Random } from "../core/index.ts";
import { BatchNorm, bilinear, Conv2d, Linear, Module } from "../nn/index.ts";
import {
  type AttentionDesign,
  attentionModules,
  ConvBlock,
  Downsample,
  Mlp,
  type NeuronConfig,
  type NeuronLayer,
  neuronLayer,
  type Score,
  type SpikingAttention,
} from "../snn/index.ts";
import { scope, type Tensor, tensor } from "../tensor/index.ts";

/** What a model computes from its features. */
export type HeadConfig =
  /** `logits` `[B, classes]`, averaged over the steps. */
  | { readonly kind: "classification"; readonly classes: number }
  /**
   * Per step, `[T, B, ...]`: `pose6d` 144 (24 joints × 6D rotation), `shape` 10, `translation` 3. `inputSize` is the
   * side of the square input: the head reads the whole feature map, so that places are not averaged away.
   */
  | { readonly kind: "pose"; readonly inputSize: number }
  /** `logits` `[T, B, classes, H, W]`, a class a pixel and step. */
  | { readonly kind: "dense"; readonly classes: number };

/** Configuration of {@link SpikeVideoFormer}; see {@link presets}. */
export type SpikeVideoFormerConfig = {
  readonly model: "spikevideoformer";
  /** Channels of stages 2–5; the stem has half of the first. */
  readonly embedDims: readonly [number, number, number, number];
  /** Blocks in stages 1–5. */
  readonly depths: readonly [number, number, number, number, number];
  readonly heads: number;
  readonly mlpRatio: number;
  readonly inChannels: number;
  readonly attention: AttentionDesign;
  readonly score: Score;
  readonly neuron: NeuronConfig;
  readonly head: HeadConfig;
};

const base = {
  model: "spikevideoformer",
  depths: [1, 1, 2, 6, 2],
  heads: 8,
  mlpRatio: 4,
  inChannels: 3,
  attention: "joint",
  score: "hamming",
  neuron: {},
  head: { kind: "classification", classes: 400 },
} as const;

/**
 * Published configurations of 54,974,352 and 14,900,120 parameters, one of 1,004,762 for tests (10 classes), and `nano`
 * for poses: 1,152,549 parameters, most of them where maps are small, and neurons that fire at 0.5, so that a step of
 * input reaches the last layer within a few time steps.
 */
export const presets = {
  "55M": { ...base, embedDims: [128, 256, 512, 640] },
  "15M": { ...base, embedDims: [64, 128, 256, 360] },
  tiny: { ...base, embedDims: [16, 32, 64, 96], head: { kind: "classification", classes: 10 } },
  nano: {
    ...base,
    embedDims: [16, 32, 96, 128],
    depths: [0, 1, 1, 2, 1],
    inChannels: 4,
    neuron: { firingThreshold: 0.5 },
    head: { kind: "pose", inputSize: 64 },
  },
} as const satisfies Record<string, SpikeVideoFormerConfig>;

/** U' = U + attention(U), one or two times, then U' + MLP(U'). Tensors are `[T, B, H, W, C]`. */
export class TransformerBlock extends Module {
  readonly attention: SpikingAttention[];
  readonly mlp: Mlp;

  constructor(
    random: Random,
    channels: number,
    config: Pick<SpikeVideoFormerConfig, "attention" | "heads" | "score" | "neuron" | "mlpRatio">,
  ) {
    super();
    const { heads, score, neuron: neurons } = config;
    this.attention = attentionModules(random, channels, config.attention, { heads, score, neurons });
    this.mlp = new Mlp(random, channels, config.mlpRatio, neurons);
  }

  forward(x: Tensor): Tensor {
    const attended = this.attention.reduce((u, attention) => add(u, attention.forward(u)), x);
    return add(attended, this.mlp.forward(attended));
  }
}

/** A downsampling and the blocks at its resolution. */
export class Stage extends Module {
  readonly down: Downsample;
  readonly blocks: (ConvBlock | TransformerBlock)[];

  constructor(down: Downsample, blocks: (ConvBlock | TransformerBlock)[]) {
    super();
    this.down = down;
    this.blocks = blocks;
  }

  forward(x: Tensor): Tensor {
    return scope(() =>
      this.blocks.reduce(
        (u, block) => scope(() => block.forward(u)),
        scope(() => this.down.forward(x)),
      ),
    );
  }
}

/** Outputs of a model by name. */
export type Outputs = Readonly<Record<string, Tensor>>;

/** What a network of poses tells of a clip, P times for each sample, and what its regressors read, `[P, B, F]`. */
export type PoseRun = { readonly outputs: Outputs; readonly features: Tensor };

/** A network of poses. Its `run` fails where its head is of another kind. */
export interface PoseEstimator extends Module {
  readonly config: { readonly inChannels: number };
  /** Whether there is a pose at the end of each of the T steps, or at each of their T + 1 edges. */
  readonly poseTimes: "ends" | "edges";
  /** The linear maps from features to poses; `joints` instead of `pose` and `shape` where there is no body model. */
  readonly poseRegressor: {
    /** In front of the others, if there is one. */
    readonly hidden?: Linear | null;
    readonly pose: Linear | null;
    readonly shape: Linear | null;
    readonly translation: Linear;
    readonly joints?: Linear | null;
  };
  /**
   * Runs a clip.
   * @param clip - `[T, B, C, H, W]`
   */
  run(clip: Tensor): PoseRun;
  /** The outputs of features, as `run` gives them. @param features - `[…, F]` */
  read(features: Tensor): Outputs;
  /** The outputs of {@link run}, without the features. */
  forward(clip: Tensor): Outputs;
}

/** What follows the backbone; features `[T, B, H, W, C]` in. */
export abstract class Head extends Module {
  abstract forward(features: Tensor, height: number, width: number): Outputs;
}

/** mean over H, W → neurons → linear, mean over T. */
export class ClassificationHead extends Head {
  readonly neurons: NeuronLayer;
  readonly classifier: Linear;

  constructor(random: Random, channels: number, classes: number, neurons: NeuronConfig) {
    super();
    this.neurons = neuronLayer(neurons);
    this.classifier = new Linear(random, channels, classes, { deviation: 0.02 });
  }

  forward(features: Tensor): Outputs {
    const spikes = this.neurons.forward(mean(features, [2, 3]));
    return { logits: mean(this.classifier.forward(spikes), [0]) };
  }
}

/** neurons → three linear layers over the flattened map, as the pose tracker's regressors [Zou2023, §III-D]. */
export class PoseHead extends Head {
  readonly neurons: NeuronLayer;
  readonly pose: Linear;
  readonly shape: Linear;
  readonly translation: Linear;

  constructor(random: Random, features: number, neurons: NeuronConfig) {
    super();
    this.neurons = neuronLayer(neurons);
    this.pose = new Linear(random, features, 144, { deviation: 0.005 });
    this.shape = new Linear(random, features, 10, { deviation: 0.005 });
    this.translation = new Linear(random, features, 3, { deviation: 0.005 });
  }

  forward(features: Tensor): Outputs {
    return this.read(this.spikes(features));
  }

  /** What the regressors read, `[T, B, F]`. */
  spikes(features: Tensor): Tensor {
    const spikes = this.neurons.forward(features);
    const [T, B] = spikes.shape as [number, number];
    return reshape(spikes, [T, B, -1]);
  }

  read(spikes: Tensor): Outputs {
    return {
      pose6d: this.pose.forward(spikes),
      shape: this.shape.forward(spikes),
      translation: this.translation.forward(spikes),
    };
  }
}

/** neurons → 3×3 → BN → neurons → 1×1 → bilinear to the input's size. */
export class DenseHead extends Head {
  readonly neurons1: NeuronLayer;
  readonly conv: Conv2d;
  readonly norm: BatchNorm;
  readonly neurons2: NeuronLayer;
  readonly classifier: Conv2d;

  constructor(random: Random, channels: number, classes: number, neurons: NeuronConfig) {
    super();
    this.neurons1 = neuronLayer(neurons);
    this.conv = new Conv2d(random, channels, channels, 3, { padding: 1 });
    this.norm = new BatchNorm(channels);
    this.neurons2 = neuronLayer(neurons);
    this.classifier = new Conv2d(random, channels, classes, 1, { bias: true });
  }

  forward(features: Tensor, height: number, width: number): Outputs {
    const hidden = this.norm.forward(this.conv.forward(this.neurons1.forward(features)));
    const logits = permute(this.classifier.forward(this.neurons2.forward(hidden)), [0, 1, 4, 2, 3]);
    const wide = linear(logits, resizing(logits.shape[4]!, width), null);
    const tall = linear(permute(wide, [0, 1, 2, 4, 3]), resizing(logits.shape[3]!, height), null);
    return { logits: permute(tall, [0, 1, 2, 4, 3]) };
  }
}

/** Resizes the last axis from `from` to `to` numbers. */
function resizing(from: number, to: number): Tensor {
  return tensor(bilinear(from, to), [to, from]);
}

/** See the head of this file. */
export class SpikeVideoFormer extends Module implements PoseEstimator {
  readonly config: SpikeVideoFormerConfig;
  readonly poseTimes = "ends";
  readonly stages: Stage[];
  readonly head: Head;

  /**
   * @param config - one of {@link presets}, or changes to it
   * @param random - source of the initial parameters
   * @throws ArgumentError
   */
  constructor(config: SpikeVideoFormerConfig, random: Random = new Random(0)) {
    super();
    this.config = config;
    this.stages = spikeVideoStages(random, config);
    this.head = makeHead(random, config);
  }

  /**
   * Feature maps of every stage, membrane potentials.
   * @param video - `[T, B, C, H, W]`
   * @returns five tensors `[T, B, H', W', C']`
   */
  features(video: Tensor): Tensor[] {
    dims("SpikeVideoFormer", `T B ${this.config.inChannels} H W`, video.shape);
    const maps: Tensor[] = [];
    let x = permute(video, [0, 1, 3, 4, 2]);
    for (const stage of this.stages) {
      x = stage.forward(x);
      maps.push(x);
    }
    return maps;
  }

  /**
   * Runs a clip.
   * @param video - `[T, B, C, H, W]`: frames, or voxel grids of events
   * @returns the outputs of the head by name
   * @throws ShapeError, ArgumentError
   */
  forward(video: Tensor): Outputs {
    const { H, W } = this.#inputSize(video);
    return scope(() => this.head.forward(this.features(video).at(-1)!, H, W));
  }

  /**
   * {@link forward} of a model with a pose head, and the spikes that its regressors read.
   * @returns the outputs, and features `[T, B, F]`
   * @throws ShapeError, ArgumentError
   */
  run(video: Tensor): PoseRun {
    const head = this.#poseHead();
    this.#inputSize(video);
    const features = scope(() => head.spikes(this.features(video).at(-1)!));
    return { outputs: scope(() => head.read(features)), features };
  }

  read(features: Tensor): Outputs {
    return this.#poseHead().read(features);
  }

  get poseRegressor(): PoseHead {
    return this.#poseHead();
  }

  #poseHead(): PoseHead {
    if (this.head instanceof PoseHead) return this.head;
    throw new ArgumentError(`SpikeVideoFormer: expected a pose head, got ${this.config.head.kind}`);
  }

  #inputSize(video: Tensor): { readonly H: number; readonly W: number } {
    const { H, W } = dims("SpikeVideoFormer", "T B C H W", video.shape) as { H: number; W: number };
    this.checkSize(H, W);
    return { H, W };
  }

  /** @throws ArgumentError unless the head takes frames of this size */
  checkSize(H: number, W: number): void {
    const { head } = this.config;
    if (head.kind === "pose" && (H !== head.inputSize || W !== head.inputSize)) {
      throw new ArgumentError(`SpikeVideoFormer: expected input of ${head.inputSize}², got ${H}×${W}`);
    }
  }
}

/** The five stages of a network. @throws ArgumentError */
export function spikeVideoStages(
  random: Random,
  config: Omit<SpikeVideoFormerConfig, "model" | "head">,
): Stage[] {
  const { embedDims, depths, neuron: neurons } = config;
  const widths = [embedDims[0] / 2, ...embedDims];
  if (!Number.isInteger(widths[0])) {
    throw new ArgumentError(`SpikeVideoFormer: expected an even embedDims[0], got ${embedDims[0]}`);
  }
  return widths.map((width, i) => {
    const from = i === 0 ? config.inChannels : widths[i - 1]!;
    const shape = i === 0 ? { kernel: 7, stride: 2 } : { kernel: 3, stride: i === 4 ? 1 : 2 };
    const down = new Downsample(random, from, width, { ...shape, neurons: i === 0 ? null : neurons });
    const blocks = Array.from({ length: depths[i]! }, () =>
      i < 3 ? new ConvBlock(random, width, neurons) : new TransformerBlock(random, width, config),
    );
    return new Stage(down, blocks);
  });
}

/** Numbers that a pose head reads in a time step: channels of the last stage times the area of its map. */
export function poseFeatures(embedDims: SpikeVideoFormerConfig["embedDims"], inputSize: number): number {
  return embedDims[3] * (inputSize / 16) ** 2;
}

function makeHead(random: Random, { embedDims, head, neuron }: SpikeVideoFormerConfig): Head {
  const channels = embedDims[3];
  switch (head.kind) {
    case "classification":
      return new ClassificationHead(random, channels, head.classes, neuron);
    case "pose":
      return new PoseHead(random, poseFeatures(embedDims, head.inputSize), neuron);
    case "dense":
      return new DenseHead(random, channels, head.classes, neuron);
  }
}

/** Our names on the left, those of the released code on the right, applied in order. */
const officialNames: readonly (readonly [RegExp, string])[] = [
  [/^stages\.0\.down\./, "downsample1_1.down."],
  [/^stages\.1\.down\./, "downsample1_2.down."],
  [/^stages\.2\.down\./, "downsample2.down."],
  [/^stages\.3\.down\./, "downsample3.down."],
  [/^stages\.4\.down\./, "downsample4.down."],
  [/\.down\.conv\./, ".encode_conv."],
  [/\.down\.norm\./, ".encode_bn."],
  [/^stages\.3\.blocks\./, "block3."],
  [/^stages\.4\.blocks\./, "block4."],
  [/\.sep\.expand\./, ".Conv.pwconv1."],
  [/\.sep\.norm1\./, ".Conv.bn1."],
  [/\.sep\.depthwise\./, ".Conv.dwconv."],
  [/\.sep\.project\./, ".Conv.pwconv2."],
  [/\.sep\.norm2\./, ".Conv.bn2."],
  [/\.attention\.0\.projections\.0\.query\./, ".attn.q_conv."],
  [/\.attention\.0\.projections\.0\.key\./, ".attn.k_conv."],
  [/\.attention\.0\.projections\.0\.value\./, ".attn.v_conv."],
  [/\.attention\.0\.output\./, ".attn.proj_conv."],
  [/\.attention\.0\.norm\./, ".attn.attn_bn."],
  [/_conv\.pointwise1\./, "_conv.0.body.0."],
  [/_conv\.norm1\./, "_conv.0.body.1.bn."],
  [/_conv\.depthwise\./, "_conv.0.body.2.0."],
  [/_conv\.pointwise2\./, "_conv.0.body.2.1."],
  [/_conv\.norm2\./, "_conv.0.body.2.2."],
  [/_conv\.norm3\./, "_conv.1."],
  [/\.mlp\.linear1\./, ".mlp.fc1_conv."],
  [/\.mlp\.norm1\./, ".mlp.fc1_bn."],
  [/\.mlp\.linear2\./, ".mlp.fc2_conv."],
  [/\.mlp\.norm2\./, ".mlp.fc2_bn."],
  [/\.norm([12])\./, ".bn$1."],
  [/^head\.classifier\./, "head."],
  [/\.runningMean$/, ".running_mean"],
  [/\.runningVariance$/, ".running_var"],
];

/**
 * The name that the released code gives to a tensor of ours. Its convolution stages are lists of one block each, so
 * `stages.2.blocks.1` is `ConvBlock2_2.0` there.
 */
export function officialName(name: string): string {
  const stem = name.replace(/^stages\.([012])\.blocks\.(\d+)\./, (_, stage: string, block: string) => {
    const label = { "0": "1_1", "1": "1_2", "2": `2_${Number(block) + 1}` }[stage]!;
    return `ConvBlock${label}.${stage === "2" ? 0 : block}.`;
  });
  return officialNames.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), stem);
}
