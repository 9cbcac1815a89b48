/**
 * Meta-SpikeFormer [Yao2024] (Spike-driven Transformer V2) as a network of poses: the rival of [Zou2025] in its tables.
 *
 * Its stages are those of SpikeVideoFormer, which took them over, with two differences that are choices there: tokens see
 * those of their own frame only (`spatial`), and scores are dot products times 0.125 that fire at 0.5, without a
 * normalisation (`dot`), which is its third kind of self-attention, SDSA-3.
 */
import { Random } from "../core/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { Backbone, type PoseHeadConfig, type PoseNetwork, poseNetwork } from "./pose-network.ts";
import { presets, spikeVideoStages, type SpikeVideoFormerConfig, type Stage } from "./spikevideoformer.ts";

/** Configuration of {@link metaSpikeFormer}; see {@link metaSpikeFormerPresets}. */
export type MetaSpikeFormerConfig = PoseHeadConfig &
  Omit<SpikeVideoFormerConfig, "model" | "head"> & { readonly model: "meta-spikeformer" };

const choices = {
  model: "meta-spikeformer",
  attention: "spatial",
  score: "dot",
  inChannels: 4,
  head: "smpl",
  regressorWidth: null,
} as const;

/** The sizes of [Yao2024], and a small one. */
export const metaSpikeFormerPresets = {
  "55M": { ...presets["55M"], ...choices },
  "15M": { ...presets["15M"], ...choices },
  tiny: { ...presets.tiny, ...choices, embedDims: [8, 8, 16, 16], depths: [1, 1, 1, 1, 1], heads: 2 },
} as const satisfies Record<string, MetaSpikeFormerConfig>;

/** `[T, B, H, W, Ci]` → membrane potentials `[T, B, H/16, W/16, C]`. */
export class MetaSpikeFormer extends Backbone {
  readonly stages: Stage[];
  readonly channels: number;

  /** @throws ArgumentError */
  constructor(random: Random, config: MetaSpikeFormerConfig) {
    super();
    this.stages = spikeVideoStages(random, config);
    this.channels = config.embedDims[3];
  }

  forward(x: Tensor): Tensor {
    return this.stages.reduce((u, stage) => stage.forward(u), x);
  }
}

/**
 * Meta-SpikeFormer → mean over the map → regressors. Clips have sides of 16 pixels and more.
 *
 * @param config - one of {@link metaSpikeFormerPresets}, or changes to it
 * @throws ArgumentError
 */
export function metaSpikeFormer(
  config: MetaSpikeFormerConfig,
  random: Random = new Random(0),
): PoseNetwork<MetaSpikeFormerConfig, MetaSpikeFormer> {
  return poseNetwork(random, config, { backbone: new MetaSpikeFormer(random, config), temporal: null });
}
