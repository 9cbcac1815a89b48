/**
 * The spiking spatiotemporal transformer pose tracker [Zou2023]: SEW-ResNet features of every step, attention among all
 * of a clip's tokens, and three linear regressors of SMPL pose, shape and translation.
 *
 * | paper | here |
 * | --- | --- |
 * | SEW-ResNet backbone, §III-B | `SewResNet` |
 * | spiking spatiotemporal attention, §III-C | `SpatiotemporalAttention` |
 * | T → T + 1 poses: between the frames, and at both ends | `betweenSteps` |
 */
import { permute } from "../autograd/index.ts";
import { dims, Random } from "../core/index.ts";
import { Module } from "../nn/index.ts";
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
import { scope, type Tensor } from "../tensor/index.ts";
import { averagePool, betweenSteps, type RegressorHead, Regressor } from "./pose-regressor.ts";
import { poseNeurons, SewResNet } from "./sew-resnet.ts";
import type { Outputs, PoseEstimator, PoseRun } from "./spikevideoformer.ts";

/** Configuration of {@link PoseTracker}; see {@link poseTrackerPresets}. */
export type PoseTrackerConfig = {
  readonly model: "pose-tracker";
  /** Depth of the SEW-ResNet. */
  readonly depth: SewDepth;
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
};

const base = {
  model: "pose-tracker",
  depth: 50,
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
} as const;

/** The model of the released code (49,037,662 parameters), as the paper writes it (no softmax), and small ones. */
export const poseTrackerPresets = {
  released: base,
  paper: { ...base, softmax: false },
  small: { ...base, depth: 18, layers: 1, width: 128 },
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

/** What a run gives besides its outputs. */
export type PoseTrackerRun = PoseRun & {
  /** Scores of the last layer, `[B, heads, N, N]` with N = T·H/32·W/32 tokens, time first; null without layers. */
  readonly scores: Tensor | null;
};

/** See the head of this file. */
export class PoseTracker extends Module implements PoseEstimator {
  readonly config: PoseTrackerConfig;
  readonly poseTimes = "edges";
  readonly backbone: SewResNet;
  readonly layers: TransformerLayer[];
  readonly regressor: Regressor;

  /**
   * @param config - one of {@link poseTrackerPresets}, or changes to it
   * @param random - source of the initial parameters
   * @throws ArgumentError
   */
  constructor(config: PoseTrackerConfig, random: Random = new Random(0)) {
    super();
    this.config = config;
    const { depth, inChannels, connection, neuron: neurons } = config;
    const channels = sewChannels(depth);
    this.backbone = new SewResNet(random, { depth, inChannels, connection, neurons });
    const { width, heads, score, softmax, binaryValues } = config;
    const options = { width, heads, score, softmax, binaryValues, connection, neurons };
    this.layers = Array.from(
      { length: config.layers },
      () => new TransformerLayer(random, channels, options),
    );
    this.regressor = new Regressor(random, channels, { head: config.head });
  }

  get poseRegressor(): Regressor {
    return this.regressor;
  }

  /**
   * Runs a clip.
   *
   * @param clip - binary voxels, `[T, B, C, H, W]`, sides of 32 pixels and more
   * @returns `pose6d` `[T + 1, B, 144]`, `shape` `[T + 1, B, 10]`, `translation` `[T + 1, B, 3]`: at the edges of the
   *   steps
   * @throws ShapeError
   */
  forward(clip: Tensor): Outputs {
    return scope(() => this.run(clip).outputs);
  }

  /** {@link forward}, with the attention scores and what the regressors read. */
  run(clip: Tensor): PoseTrackerRun {
    dims("PoseTracker", `T B ${this.config.inChannels} H W`, clip.shape);
    let features = this.backbone.forward(permute(clip, [0, 1, 3, 4, 2]));
    let scores: Tensor | null = null;
    for (const { attention, feedForward } of this.layers) {
      const attended = attention.attend(features);
      scores = attended.scores;
      features = feedForward.forward(attended.out);
    }
    const pooled = betweenSteps(averagePool(features));
    return { outputs: this.regressor.forward(pooled), features: pooled, scores };
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
