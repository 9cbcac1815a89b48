/** Pose networks on transformers of patches: rivals of the tracker. */
import { z } from "zod";
import { ArgumentError } from "../../core/index.ts";
import type { PoseNetwork } from "../pose-network.ts";
import { relativePlaces } from "../shifted-windows.ts";
import {
  spikformer,
  type SpikformerConfig,
  spikformerPresets,
  type SpikingPatchConfig,
} from "../spikformer.ts";
import { spikingformer, type SpikingformerConfig, spikingformerPresets } from "../spikingformer.ts";
import { videoSwin, type VideoSwinConfig, videoSwinPresets } from "../video-swin.ts";
import { count, depth, gruParameters, mlpRatio, neuron, poseHead, regressorParameters } from "./fields.ts";
import { checkDivisor, type Fields, type ModelKind, runOnInput } from "./kind.ts";

const clip = { input: "T B C H W" };
/** Each stage has twice the channels of the one before. */
const MAX_STAGES = 8;

const extent = z.tuple([count, count, count]);

/** See {@link videoSwin}. */
export const videoSwinKind: ModelKind<VideoSwinConfig, PoseNetwork<VideoSwinConfig>> = {
  title: "Video Swin",
  paper: "Liu et al., CVPR 2022 [Liu2022]; rival of [Zou2023]",
  status: "as described",
  presets: videoSwinPresets,
  preset: "paper",
  parameters: { paper: 48_746_579, deep: 49_869_763, tiny: 13_853 },
  fields: {
    ...poseHead,
    embedDim: count,
    depths: z.array(depth).min(1).max(MAX_STAGES),
    heads: z.array(count).min(1).max(MAX_STAGES),
    window: extent,
    patch: extent,
    mlpRatio,
    gruWidth: count.nullable(),
  } satisfies Fields<VideoSwinConfig>,
  tasks: ["pose"],
  inputs: clip,
  taskOf: () => "pose",
  check: ({ embedDim, depths, heads }) => {
    if (heads.length !== depths.length) {
      throw new ArgumentError(
        `model configuration: heads: expected ${depths.length} numbers, one a stage, got ${heads.length}`,
      );
    }
    heads.forEach((parts, stage) => {
      checkDivisor(`heads.${stage}`, parts, "the channels of its stage", embedDim * 2 ** stage);
    });
  },
  leastParameters: (config) => {
    const { inChannels, embedDim, depths, heads, window, patch, mlpRatio, gruWidth } = config;
    const embedding = patch[0] * patch[1] * patch[2] * inChannels * embedDim;
    const stages = depths.map((blocks, stage) => {
      const square = (embedDim * 2 ** stage) ** 2;
      const merging = stage === 0 ? 0 : 2 * square;
      const block = 4 * square + relativePlaces(window) * heads[stage]!;
      return merging + blocks * (block + 1.9 * mlpRatio * square);
    });
    const channels = embedDim * 2 ** (depths.length - 1);
    const regressors = regressorParameters(gruWidth === null ? channels : 2 * gruWidth, config);
    return stages.reduce(
      (sum, size) => sum + size,
      embedding + gruParameters(channels, gruWidth) + regressors,
    );
  },
  create: videoSwin,
  run: runOnInput,
};

const spikingPatches = {
  ...poseHead,
  embedDim: count.multipleOf(8),
  layers: depth,
  attentionWidth: count,
  heads: count,
  neuron,
} satisfies Fields<SpikingPatchConfig>;

function checkHeads({ heads, attentionWidth }: SpikingPatchConfig): void {
  checkDivisor("heads", heads, "attentionWidth", attentionWidth);
}

function patchParameters(config: SpikingPatchConfig): number {
  const { inChannels, embedDim, layers, attentionWidth } = config;
  const patches = 9 * embedDim * ((21 / 32 + 1) * embedDim + inChannels / 8);
  return patches + layers * 6 * embedDim * attentionWidth + regressorParameters(embedDim, config);
}

/** See {@link spikformer}. */
export const spikformerKind: ModelKind<SpikformerConfig, PoseNetwork<SpikformerConfig>> = {
  title: "Spikformer",
  paper: "Zhou et al., ICLR 2023 [Zhou2023]; rival of [Zou2023]",
  status: "as described",
  presets: spikformerPresets,
  preset: "paper",
  parameters: { paper: 37_299_852, tiny: 30_648 },
  fields: spikingPatches satisfies Fields<SpikformerConfig>,
  tasks: ["pose"],
  inputs: clip,
  taskOf: () => "pose",
  check: checkHeads,
  leastParameters: patchParameters,
  create: spikformer,
  run: runOnInput,
};

/** See {@link spikingformer}. */
export const spikingformerKind: ModelKind<SpikingformerConfig, PoseNetwork<SpikingformerConfig>> = {
  title: "Spikingformer",
  paper: "Zhou et al. 2023 [Zhou2023a]; rival of [Zou2023]",
  status: "as described",
  presets: spikingformerPresets,
  preset: "paper",
  parameters: { paper: 37_312_811, tiny: 30_851 },
  fields: spikingPatches satisfies Fields<SpikingformerConfig>,
  tasks: ["pose"],
  inputs: clip,
  taskOf: () => "pose",
  check: checkHeads,
  leastParameters: patchParameters,
  create: spikingformer,
  run: runOnInput,
};
