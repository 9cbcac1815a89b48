/** STAA-SNN. */
import { z } from "zod";
import type { StaaOptions } from "../../snn/index.ts";
import { Staa, type StaaArchitecture, type StaaConfig, staaPresets } from "../staa.ts";
import { count, steps } from "./fields.ts";
import { type Fields, type ModelKind, runOnInput } from "./kind.ts";

/** Weights of all 3×3 convolutions between stages of width 1, without those that see the input. */
const WEIGHTS: Readonly<Record<StaaArchitecture, number>> = {
  vgg13: 2295,
  resnet18: 2682,
  resnet19: 3024,
  resnet20: 2682,
  resnet34: 5148,
};

const aggregator = z.strictObject({
  timeSteps: steps,
  position: z.enum(["none", "membrane", "input", "both", "aggregate"]).exactOptional(),
  globalContext: z.boolean().exactOptional(),
  contextReduction: count.exactOptional(),
  stepAttention: z.enum(["step", "channels", "none"]).exactOptional(),
  stepReduction: count.exactOptional(),
  scale: z.number().exactOptional(),
  dropProbability: z.number().min(0).max(1).exactOptional(),
}) satisfies z.ZodType<Omit<StaaOptions, "firing">>;

/** Fewer parameters than the aggregators of the three last layers have, which are those of the most channels. */
function aggregatorParameters(channels: number, options: StaaConfig["aggregator"]): number {
  const { timeSteps, position = "input", globalContext = true, contextReduction = 4 } = options;
  const { stepAttention = "step", stepReduction = 16 } = options;
  const positions = position === "none" ? 0 : timeSteps * channels;
  const context = globalContext ? 4 * channels * Math.floor(channels / contextReduction) : 0;
  const gate = stepAttention === "step" ? 3 * stepReduction : 0;
  return 3 * (positions + context + gate);
}

/** See {@link Staa}. */
export const staaKind: ModelKind<StaaConfig, Staa> = {
  title: "STAA-SNN",
  paper: "Zhang et al., CVPR 2025 [Zhang2025]",
  status: "as described",
  note: "The authors published no code; docs/staa.md has how the paper was read.",
  presets: staaPresets,
  preset: "cifar10",
  parameters: {
    cifar10: 14_297_901,
    cifar100: 14_321_031,
    imagenet: 24_390_747,
    "cifar10-dvs": 10_699_848,
    "dvs-gesture": 10_700_361,
    "table-7-resnet20": 12_692_147,
    "table-7-vgg13": 10_665_096,
  },
  fields: {
    architecture: z.enum(Object.keys(WEIGHTS) as StaaArchitecture[]),
    width: count,
    inChannels: count,
    classes: count,
    neuron: z.enum(["staa", "lif", "adaptive-lif"]),
    aggregator,
  } satisfies Fields<StaaConfig>,
  tasks: ["classification"],
  inputs: { input: "T B C H W, or B C H W" },
  taskOf: () => "classification",
  leastParameters: ({ architecture, width, inChannels, classes, neuron, aggregator: options }) =>
    WEIGHTS[architecture] * width ** 2 +
    width * (9 * inChannels + 4 * classes) +
    (neuron === "staa" ? aggregatorParameters(8 * width, options) : 0),
  create: (config, random) => new Staa(config, random),
  run: runOnInput,
};
