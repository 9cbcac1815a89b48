/** SpikeVideoFormer and its rival, which has its stages. */
import { z } from "zod";
import {
  type MetaSpikeFormerConfig,
  metaSpikeFormer,
  type MetaSpikeFormer,
  metaSpikeFormerPresets,
} from "../meta-spikeformer.ts";
import type { PoseNetwork } from "../pose-network.ts";
import {
  type HeadConfig,
  officialName,
  poseFeatures,
  presets,
  SpikeVideoFormer,
  type SpikeVideoFormerConfig,
} from "../spikevideoformer.ts";
import { count, depth, mlpRatio, neuron, poseHead, regressorParameters, score } from "./fields.ts";
import { checkDivisor, type Fields, type ModelKind, runOnInput } from "./kind.ts";

type StageConfig = Omit<SpikeVideoFormerConfig, "model" | "head">;

const stages = {
  embedDims: z.tuple([count.multipleOf(2), count, count, count]),
  depths: z.tuple([depth, depth, depth, depth, depth]),
  heads: count,
  mlpRatio,
  inChannels: count,
  attention: z.enum(["joint", "hierarchical", "factorised", "spatial"]),
  score,
  neuron,
} satisfies Fields<StageConfig>;

const head: z.ZodType<HeadConfig> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("classification"), classes: count }),
  z.strictObject({ kind: z.literal("pose"), inputSize: count.multipleOf(16) }),
  z.strictObject({ kind: z.literal("dense"), classes: count }),
]);

function checkStages({ embedDims, heads }: StageConfig): void {
  for (const width of embedDims.slice(2)) checkDivisor("heads", heads, "embedDims[2] and [3]", width);
}

function stageParameters({ embedDims, depths, mlpRatio, inChannels }: StageConfig): number {
  const widths = [inChannels, embedDims[0] / 2, ...embedDims];
  const downsampling = widths.slice(1).map((width, i) => 9 * width * widths[i]!);
  const mixing = depths.map((blocks, i) => blocks * (i < 3 ? 8 : 2 * mlpRatio) * widths[i + 1]! ** 2);
  return [...downsampling, ...mixing].reduce((sum, size) => sum + size, 0);
}

/** See {@link SpikeVideoFormer}. */
export const spikeVideoFormerKind: ModelKind<SpikeVideoFormerConfig, SpikeVideoFormer> = {
  title: "SpikeVideoFormer",
  paper: "Zou et al., ICML 2025 [Zou2025]",
  status: "equal to code",
  note: "Heads for poses and segmentation follow the paper: their code was not published.",
  presets,
  preset: "15M",
  parameters: { "55M": 54_974_352, "15M": 14_900_120, tiny: 1_004_762, nano: 1_152_549 },
  fields: { ...stages, head } satisfies Fields<SpikeVideoFormerConfig>,
  tasks: ["classification", "pose", "segmentation"],
  inputs: { input: "T B C H W" },
  taskOf: (config) => (config.head.kind === "dense" ? "segmentation" : config.head.kind),
  check: checkStages,
  leastParameters: (config) => {
    const { embedDims, head: outputs } = config;
    const read = outputs.kind === "pose" ? poseFeatures(embedDims, outputs.inputSize) : embedDims[3];
    return stageParameters(config) + read * (outputs.kind === "pose" ? 157 : outputs.classes);
  },
  create: (config, random) => new SpikeVideoFormer(config, random),
  run: runOnInput,
  officialName,
};

/** See {@link metaSpikeFormer}. */
export const metaSpikeFormerKind: ModelKind<
  MetaSpikeFormerConfig,
  PoseNetwork<MetaSpikeFormerConfig, MetaSpikeFormer>
> = {
  title: "Meta-SpikeFormer",
  paper: "Yao et al., ICLR 2024 [Yao2024]; rival of [Zou2025]",
  status: "as described",
  presets: metaSpikeFormerPresets,
  preset: "55M",
  parameters: { "55M": 54_813_021, "15M": 14_809_453, tiny: 31_745 },
  fields: { ...stages, ...poseHead } satisfies Fields<MetaSpikeFormerConfig>,
  tasks: ["pose"],
  inputs: { input: "T B C H W" },
  taskOf: () => "pose",
  check: checkStages,
  leastParameters: (config) => stageParameters(config) + regressorParameters(config.embedDims[3], config),
  create: metaSpikeFormer,
  run: runOnInput,
};
