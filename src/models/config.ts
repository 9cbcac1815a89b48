/** Configurations of models as people write them: JSON or YAML, validated. */
import { z } from "zod";
import { ArgumentError, type Random } from "../core/index.ts";
import { poseFeatures, presets, SpikeVideoFormer, type SpikeVideoFormerConfig } from "./spikevideoformer.ts";

const count = z.int().positive();
/** Bounded, so that a configuration cannot ask for a model without end. */
const depth = z.int().min(0).max(1000);

/** Parameters that fit into the memory of WebAssembly beside their gradients. */
const MAX_PARAMETERS = 3e8;

const surrogate = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("atan"), alpha: z.number().positive().default(2) }),
  z.strictObject({ kind: z.literal("sigmoid"), alpha: z.number().positive().default(4) }),
  z.strictObject({ kind: z.literal("rectangular"), width: z.number().positive().default(1) }),
  z.strictObject({ kind: z.literal("gated-atan"), alpha: z.number().positive().default(2) }),
]);

const neuron = z.strictObject({
  kind: z.enum(["lif", "plif", "integer-lif"]).optional(),
  levels: count.optional(),
  tau: z.number().min(1).optional(),
  decayInput: z.boolean().optional(),
  firingThreshold: z.number().positive().optional(),
  reset: z.enum(["hard", "soft"]).optional(),
  resetPotential: z.number().optional(),
  detachReset: z.boolean().optional(),
  surrogate: surrogate.optional(),
});

const head = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("classification"), classes: count }),
  z.strictObject({ kind: z.literal("pose"), inputSize: count.multipleOf(16) }),
  z.strictObject({ kind: z.literal("dense"), classes: count }),
]);

const schema = z.strictObject({
  model: z.literal("spikevideoformer"),
  preset: z.enum(Object.keys(presets) as (keyof typeof presets)[]).default("15M"),
  embedDims: z.tuple([count.multipleOf(2), count, count, count]).optional(),
  depths: z.tuple([depth, depth, depth, depth, depth]).optional(),
  heads: count.optional(),
  mlpRatio: z.number().positive().optional(),
  inChannels: count.optional(),
  attention: z.enum(["joint", "hierarchical", "factorised", "spatial"]).optional(),
  score: z.enum(["hamming", "dot", "euclidean", "manhattan"]).optional(),
  neuron: neuron.optional(),
  head: head.optional(),
});

/**
 * Checks a configuration such as `{"model": "spikevideoformer", "preset": "nano", "attention": "spatial"}` and fills
 * in what it leaves out from its preset (`15M` unless it names one).
 *
 * @throws ArgumentError naming the field and what was expected
 */
export function parseModelConfig(value: unknown): SpikeVideoFormerConfig {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new ArgumentError(`model configuration: ${issue.path.join(".") || "top level"}: ${issue.message}`);
  }
  const { preset, ...given } = parsed.data;
  const set = Object.fromEntries(Object.entries(given).filter(([, field]) => field !== undefined));
  const config = { ...presets[preset], ...set } as SpikeVideoFormerConfig;
  for (const width of config.embedDims.slice(2)) {
    if (width % config.heads !== 0) {
      throw new ArgumentError(
        `model configuration: heads: expected a divisor of embedDims[2] and [3], got ${config.heads} for ${width}`,
      );
    }
  }
  const least = leastParameters(config);
  if (least > MAX_PARAMETERS) {
    throw new ArgumentError(
      `model configuration: expected a model of at most ${MAX_PARAMETERS} parameters, got ${least.toPrecision(2)} or more`,
    );
  }
  return config;
}

/** Fewer parameters than the model has, from its largest matrices; so that one without end is never begun. */
function leastParameters({ embedDims, depths, mlpRatio, inChannels, head }: SpikeVideoFormerConfig): number {
  const widths = [inChannels, embedDims[0] / 2, ...embedDims];
  const downsampling = widths.slice(1).map((width, i) => 9 * width * widths[i]!);
  const mixing = depths.map((depth, i) => depth * (i < 3 ? 8 : 2 * mlpRatio) * widths[i + 1]! ** 2);
  const outputs =
    head.kind === "pose" ? 157 * poseFeatures(embedDims, head.inputSize) : head.classes * embedDims[3];
  return [...downsampling, ...mixing].reduce((sum, size) => sum + size, outputs);
}

/** The model that a configuration describes, with initial parameters. @throws ArgumentError */
export function createModel(config: SpikeVideoFormerConfig, random?: Random): SpikeVideoFormer {
  return new SpikeVideoFormer(config, random);
}
