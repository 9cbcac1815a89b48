/**
 * The spiking spatiotemporal transformer pose tracker [Zou2023]: SEW-ResNet features of every step, attention among all
 * of a clip's tokens, and three linear regressors of SMPL pose, shape and translation.
 *
 * | paper | here |
 * | --- | --- |
 * | SEW-ResNet backbone, §III-B | `SewResNet` |
 * | spiking spatiotemporal attention, §III-C | `SpatiotemporalAttention` |
 * | T → T + 1 poses: between the frames, and at both ends | `betweenSteps` |
 * | several views, §V-D: named as future work | option `views` |
 */
import { concat, permute, reshape } from "../autograd/index.ts";
import { ArgumentError, dims, Random } from "../core/index.ts";
import { Module, truncatedNormal } from "../nn/index.ts";
import {
  type NeuronConfig,
  type Score,
  sewChannels,
  type SewDepth,
  type SewFunction,
  SpatiotemporalAttention,
  type SpatiotemporalOptions,
  SpikingFeedForward,
} from "../snn/index.ts";
import { scope, type Tensor, zeros } from "../tensor/index.ts";
import { averagePool, betweenSteps, type RegressorHead, Regressor } from "./pose-regressor.ts";
import { poseNeurons, SewResNet } from "./sew-resnet.ts";
import type { Outputs, PoseEstimator, PoseRun } from "./spikevideoformer.ts";

/** Configuration of {@link PoseTracker}; see {@link poseTrackerPresets}. */
export type PoseTrackerConfig = {
  readonly model: "pose-tracker";
  /** Depth of the SEW-ResNet. */
  readonly depth: SewDepth;
  /** Channels of the SEW-ResNet's first stage; 64 in the published network. */
  readonly backboneWidth: number;
  readonly inChannels: number;
  /** Transformer layers L. */
  readonly layers: number;
  /** Attention and feed-forward width C_k. */
  readonly width: number;
  readonly heads: number;
  readonly score: Score;
  readonly softmax: boolean;
  readonly binaryValues: boolean;
  readonly connection: SewFunction;
  readonly neuron: NeuronConfig;
  readonly head: RegressorHead;
  /** Cameras V that film the person at the same time. */
  readonly views: number;
};

const base = {
  model: "pose-tracker",
  depth: 50,
  backboneWidth: 64,
  inChannels: 4,
  layers: 2,
  width: 1024,
  heads: 1,
  score: "hamming",
  softmax: true,
  binaryValues: false,
  connection: "add",
  neuron: poseNeurons,
  head: "smpl",
  views: 1,
} as const;

/** The model of the released code (49,037,662 parameters), as the paper writes it (no softmax), and small ones. */
export const poseTrackerPresets = {
  released: base,
  paper: { ...base, softmax: false },
  small: { ...base, depth: 18, layers: 1, width: 128 },
  nano: { ...base, depth: 18, backboneWidth: 24, layers: 1, width: 128 },
} as const satisfies Record<string, PoseTrackerConfig>;

/** Attention and feed-forward layer. */
class TransformerLayer extends Module {
  readonly attention: SpatiotemporalAttention;
  readonly feedForward: SpikingFeedForward;

  constructor(random: Random, channels: number, options: SpatiotemporalOptions) {
    super();
    this.attention = new SpatiotemporalAttention(random, channels, options);
    this.feedForward = new SpikingFeedForward(random, channels, options);
  }
}

/** Tokens of a clip: steps, views, and rows and columns of the map that 32×32 pixels become a place of. */
export type TokenGrid = {
  readonly timeSteps: number;
  readonly views: number;
  readonly height: number;
  readonly width: number;
};

/** What a run gives besides its outputs. */
export type PoseTrackerRun = PoseRun & {
  /** Scores of each layer, `[B, heads, N, N]`, queries before keys; N tokens in the order of `grid`. */
  readonly scores: readonly Tensor[];
  readonly grid: TokenGrid;
};

/** Deviation of the encodings of views at the start. */
const VIEW_DEVIATION = 0.02;

/**
 * See the head of this file.
 *
 * Several views share the backbone, and their tokens attend to each other as those of different steps do: to the
 * encoding of a place each layer adds a learned one of the view, nothing for the first. The regressors read the mean over
 * views and places, and speak in the coordinates of the first view's camera. With one view this is the published model.
 */
export class PoseTracker extends Module implements PoseEstimator {
  readonly config: PoseTrackerConfig;
  readonly poseTimes = "edges";
  readonly backbone: SewResNet;
  readonly layers: TransformerLayer[];
  readonly regressor: Regressor;
  /** Encodings of the views after the first, `[V − 1, C_k]`. */
  readonly viewEncoding: Tensor | null;

  /**
   * @param config - one of {@link poseTrackerPresets}, or changes to it
   * @param random - source of the initial parameters
   * @throws ArgumentError
   */
  constructor(config: PoseTrackerConfig, random: Random = new Random(0)) {
    super();
    this.config = config;
    const { depth, backboneWidth, inChannels, connection, neuron: neurons, views } = config;
    if (!(Number.isInteger(views) && views > 0)) {
      throw new ArgumentError(`PoseTracker: expected a positive whole number of views, got ${views}`);
    }
    const channels = sewChannels(depth, backboneWidth);
    this.backbone = new SewResNet(random, { depth, width: backboneWidth, inChannels, connection, neurons });
    const { width, heads, score, softmax, binaryValues } = config;
    const options = { width, heads, score, softmax, binaryValues, connection, neurons };
    this.layers = Array.from(
      { length: config.layers },
      () => new TransformerLayer(random, channels, options),
    );
    this.regressor = new Regressor(random, channels, { head: config.head });
    this.viewEncoding = views === 1 ? null : truncatedNormal(random, [views - 1, width], VIEW_DEVIATION);
  }

  get poseRegressor(): Regressor {
    return this.regressor;
  }

  read(features: Tensor): Outputs {
    return this.regressor.forward(features);
  }

  /**
   * Runs a clip.
   *
   * @param clip - binary voxels, `[T, B, V, C, H, W]`, or `[T, B, C, H, W]` of one view; sides of 32 pixels and more
   * @returns `pose6d` `[T + 1, B, 144]`, `shape` `[T + 1, B, 10]`, `translation` `[T + 1, B, 3]`, or `joints3d`
   *   `[T + 1, B, 24, 3]` and `translation`: at the edges of the steps
   * @throws ShapeError
   */
  forward(clip: Tensor): Outputs {
    return scope(() => this.run(clip).outputs);
  }

  /** {@link forward}, with the attention scores and what the regressors read. */
  run(clip: Tensor): PoseTrackerRun {
    const { inChannels, views: V } = this.config;
    const isSingle = V === 1 && clip.shape.length === 5;
    const spec = isSingle ? `T B ${inChannels} H W` : `T B ${V} ${inChannels} H W`;
    const { T, B, H, W } = dims("PoseTracker", spec, clip.shape) as Record<"T" | "B" | "H" | "W", number>;
    const frames = permute(reshape(clip, [T, B * V, inChannels, H, W]), [0, 1, 3, 4, 2]);
    const maps = this.backbone.forward(frames);
    const [, , height, width, C] = maps.shape as [number, number, number, number, number];
    // Maps of a sample's views lie one behind the other: one map of V times the rows.
    let features = reshape(maps, [T, B, V * height, width, C]);
    const views = this.#viewEncodings();
    const scores = this.layers.map(({ attention, feedForward }) => {
      const attended = attention.attend(features, views);
      features = feedForward.forward(attended.out);
      return attended.scores;
    });
    const pooled = betweenSteps(averagePool(features));
    return {
      outputs: this.read(pooled),
      features: pooled,
      scores,
      grid: { timeSteps: T, views: V, height, width },
    };
  }

  /** `[V, C_k]`, of which the first is zero. */
  #viewEncodings(): Tensor | undefined {
    if (this.viewEncoding === null) return undefined;
    return concat([zeros([1, this.config.width]), this.viewEncoding], 0);
  }
}

/** Our names on the left, those of the released code on the right, applied in order. */
const officialNames: readonly (readonly [RegExp, string])[] = [
  [/^backbone\.stem\.conv\./, "backbone.body.conv1."],
  [/^backbone\.stem\.norm\./, "backbone.body.bn1."],
  [/^backbone\.stem\.neurons\./, "backbone.body.sn1."],
  [/\.shortcut\.conv\./, ".downsample.0."],
  [/\.shortcut\.norm\./, ".downsample.1."],
  [/\.shortcut\.neurons\./, ".downsample_sn."],
  [/^layers\.(\d+)\.attention\./, "tranformer_encoder.encoder.$1.attention."],
  [/^layers\.(\d+)\.feedForward\./, "tranformer_encoder.encoder.$1.ffn."],
  [/\.query\.linear\./, ".linear_q."],
  [/\.query\.norm\./, ".bn_q."],
  [/\.query\.neurons\./, ".sn_q."],
  [/\.key\.linear\./, ".linear_k."],
  [/\.key\.norm\./, ".bn_k."],
  [/\.key\.neurons\./, ".sn_k."],
  [/\.value\./, ".linear_v."],
  [/\.output\.linear\./, ".linear_out."],
  [/\.output\.norm\./, ".bn_out."],
  [/\.output\.neurons\./, ".sn_out."],
  [/\.attention\.norm\./, ".attention.bn_v."],
  [/\.attention\.neurons\./, ".attention.sn_v."],
  [/\.expand\.linear\./, ".linear1."],
  [/\.expand\.norm\./, ".bn1."],
  [/\.expand\.neurons\./, ".sn1."],
  [/\.project\.linear\./, ".linear2."],
  [/\.project\.norm\./, ".bn2."],
  [/\.project\.neurons\./, ".sn2."],
  [/^regressor\.pose\./, "regressor.decpose."],
  [/^regressor\.translation\./, "regressor.dectrans."],
  [/^regressor\.shape\./, "regressor.decbeta."],
  [/\.leakLogit$/, ".w"],
  [/\.runningMean$/, ".running_mean"],
  [/\.runningVariance$/, ".running_var"],
];

/** The name that the released code gives to a tensor of ours. */
export function officialPoseTrackerName(name: string): string {
  const stem = name
    .replace(
      /^backbone\.stages\.(\d)\.blocks\.(\d+)\./,
      (_, stage: string, block: string) => `backbone.body.layer${Number(stage) + 1}.${block}.`,
    )
    .replace(/\.units\.(\d)\.(conv|norm|neurons)\./, (_, unit: string, part: "conv" | "norm" | "neurons") => {
      return `.${{ conv: "conv", norm: "bn", neurons: "sn" }[part]}${Number(unit) + 1}.`;
    });
  return officialNames.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), stem);
}
