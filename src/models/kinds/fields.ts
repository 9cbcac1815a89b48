/** Fields that configurations of models share, and counts of the parts that the models share. */
import { z } from "zod";
import { type NeuronConfig, SEW_DEPTHS, type SewDepth } from "../../snn/index.ts";
import type { PoseHeadConfig } from "../pose-network.ts";
import type { Fields } from "./kind.ts";

/** A whole number above zero. */
export const count = z.int().positive();

/** A number of layers; bounded, so that a configuration cannot ask for a model without end. */
export const depth = z.int().min(0).max(1000);

/** Hidden channels a channel; half of one rounds up to one. */
export const mlpRatio = z.number().min(0.5);

/** Time steps, bounded as the command line does. */
export const steps = count.max(1024);

const surrogate = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("atan"), alpha: z.number().positive().default(2) }),
  z.strictObject({ kind: z.literal("sigmoid"), alpha: z.number().positive().default(4) }),
  z.strictObject({ kind: z.literal("rectangular"), width: z.number().positive().default(1) }),
  z.strictObject({ kind: z.literal("gated-atan"), alpha: z.number().positive().default(2) }),
]);

const leaky = {
  tau: z.number().min(1).exactOptional(),
  decayInput: z.boolean().exactOptional(),
  firingThreshold: z.number().positive().exactOptional(),
  reset: z.enum(["hard", "soft"]).exactOptional(),
  resetPotential: z.number().exactOptional(),
  detachReset: z.boolean().exactOptional(),
  surrogate: surrogate.exactOptional(),
};

const learnedLeak = {
  // The logit of a leak of 1 is infinite.
  error: "Invalid input: expected a number above 1 where the leak is learned",
  path: ["tau"],
};
const learnable = ({ kind, tau }: { kind?: string; tau?: number }): boolean => kind !== "plif" || tau !== 1;

/** See {@link NeuronConfig}. */
export const neuron = z
  .strictObject({
    kind: z.enum(["lif", "plif", "integer-lif"]).exactOptional(),
    levels: count.exactOptional(),
    ...leaky,
  })
  .refine(learnable, learnedLeak) satisfies z.ZodType<NeuronConfig>;

/** A neuron whose membrane potential can be set. */
export const leakyNeuron = z
  .strictObject({ kind: z.enum(["lif", "plif"]).exactOptional(), ...leaky })
  .refine(learnable, learnedLeak) satisfies z.ZodType<NeuronConfig>;

/** Depth of a residual network. */
export const residualDepth: z.ZodType<SewDepth> = z.literal([18, 34, 50, 101, 152]);

/** How spiking residual branches and shortcuts join. */
export const connection = z.enum(["add", "and", "iand"]);

/** Scores of spiking attention. */
export const score = z.enum(["hamming", "dot", "euclidean", "manhattan"]);

/** See {@link PoseHeadConfig}. */
export const poseHead = {
  inChannels: count,
  head: z.enum(["smpl", "joints"]),
  regressorWidth: count.nullable(),
} satisfies Fields<PoseHeadConfig>;

/** Fewer parameters than the stem and the stages of a residual network have. */
export function residualParameters({
  depth: layers,
  inChannels,
  width = 64,
}: {
  readonly depth: SewDepth;
  readonly inChannels: number;
  readonly width?: number;
}): number {
  const { blocks, bottleneck } = SEW_DEPTHS[layers];
  const perBlock = bottleneck ? 17 : 13.5;
  return blocks.reduce(
    (sum, blockCount, stage) => sum + blockCount * perBlock * (width * 2 ** stage) ** 2,
    49 * inChannels * width,
  );
}

/** Fewer parameters than the regressors of a pose network have. @param channels - of the features that they read */
export function regressorParameters(
  channels: number,
  { head, regressorWidth }: Pick<PoseHeadConfig, "head" | "regressorWidth">,
): number {
  const numbers = head === "smpl" ? 157 : 75;
  return regressorWidth === null ? numbers * channels : (numbers + channels) * regressorWidth;
}

/** Fewer parameters than a recurrent part has. @param gruWidth - null for none */
export function gruParameters(channels: number, gruWidth: number | null): number {
  return gruWidth === null ? 0 : 18 * gruWidth ** 2 + 2 * channels * gruWidth;
}
