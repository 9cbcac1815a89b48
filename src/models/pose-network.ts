/**
 * Networks of poses that are put together: a backbone, what mixes its features over time, and the regressors of the
 * pose tracker. The rivals of the comparison tables of [Zou2023] are such networks.
 */
import { permute } from "../autograd/index.ts";
import { dims, type Random } from "../core/index.ts";
import { Module } from "../nn/index.ts";
import { scope, type Tensor } from "../tensor/index.ts";
import { averagePool, betweenSteps, Regressor, type RegressorHead } from "./pose-regressor.ts";
import type { Outputs, PoseEstimator, PoseRun } from "./spikevideoformer.ts";

/** Maps of a clip, `[T, B, H, W, Ci]` → `[T, B, H′, W′, C]`. */
export abstract class Backbone extends Module {
  /** Channels C that come out. */
  abstract readonly channels: number;
  abstract forward(clip: Tensor): Tensor;
}

/** Feature vectors from maps, `[T, B, H, W, C]` → `[T, B, C′]`. */
export abstract class TemporalPart extends Module {
  /** Channels C′ that come out. */
  abstract readonly channels: number;
  abstract forward(features: Tensor): Tensor;
}

/** The outputs of every network of poses. */
export type PoseHeadConfig = {
  readonly inChannels: number;
  readonly head: RegressorHead;
  /** Channels between features and regressors, behind a linear map and a ReLU; null without. */
  readonly regressorWidth: number | null;
};

/** What a network of poses is made of. */
export type PoseParts<B extends Backbone> = {
  readonly backbone: B;
  /** Null takes the mean over the map, and leaves time to the backbone. */
  readonly temporal: TemporalPart | null;
  readonly regressor: Regressor;
};

/** Backbone → temporal part → edges of the steps → regressors. */
export class PoseNetwork<C extends { readonly inChannels: number }, B extends Backbone = Backbone>
  extends Module
  implements PoseEstimator
{
  readonly config: C;
  readonly poseTimes = "edges";
  readonly backbone: B;
  readonly temporal: TemporalPart | null;
  readonly regressor: Regressor;

  constructor(config: C, { backbone, temporal, regressor }: PoseParts<B>) {
    super();
    this.config = config;
    this.backbone = backbone;
    this.temporal = temporal;
    this.regressor = regressor;
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
   * @param clip - `[T, B, C, H, W]`
   * @returns at the edges of the steps `pose6d` `[T + 1, B, 144]`, `shape` `[T + 1, B, 10]` and `translation`
   *   `[T + 1, B, 3]`, or `joints3d` `[T + 1, B, 24, 3]` and `translation`
   * @throws ShapeError
   */
  forward(clip: Tensor): Outputs {
    return scope(() => this.run(clip).outputs);
  }

  /** {@link forward}, and the features that the regressors read, `[T + 1, B, C]`. */
  run(clip: Tensor): PoseRun {
    dims("PoseNetwork", `T B ${this.config.inChannels} H W`, clip.shape);
    const maps = this.backbone.forward(permute(clip, [0, 1, 3, 4, 2]));
    const vectors = this.temporal === null ? averagePool(maps) : this.temporal.forward(maps);
    const features = betweenSteps(vectors);
    return { outputs: this.read(features), features };
  }
}

/** Puts a network together; the regressors are drawn last. */
export function poseNetwork<C extends PoseHeadConfig, B extends Backbone>(
  random: Random,
  config: C,
  { backbone, temporal }: Omit<PoseParts<B>, "regressor">,
): PoseNetwork<C, B> {
  const { head, regressorWidth: hidden } = config;
  const channels = temporal?.channels ?? backbone.channels;
  return new PoseNetwork(config, {
    backbone,
    temporal,
    regressor: new Regressor(random, channels, { head, hidden }),
  });
}
