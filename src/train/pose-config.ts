/** Configuration of a pose training run, validated. */
import { z } from "zod";
import { ArgumentError } from "../core/index.ts";
import { parseModelConfig, type SpikeVideoFormerConfig } from "../models/index.ts";

const positive = z.number().positive();
const count = z.int().positive();
/** Bounded, so that a configuration cannot ask for lists without end. */
const few = count.max(65_536);

const schema = z.strictObject({
  model: z.unknown(),
  seed: z.int().default(0),
  steps: count,
  batch: few.default(8),
  timeSteps: few.default(8),
  windowSeconds: z.array(positive).min(1).default([1]),
  augment: z
    .strictObject({ flip: z.number().min(0).max(1), rotationDegrees: z.number().min(0).max(180) })
    .nullable()
    .default({ flip: 0.5, rotationDegrees: 20 }),
  optimizer: z
    .discriminatedUnion("kind", [
      z.strictObject({
        kind: z.literal("sgd"),
        momentum: z.number().min(0).default(0.9),
        weightDecay: z.number().min(0).default(0),
        nesterov: z.boolean().default(false),
      }),
      z.strictObject({ kind: z.literal("adam"), weightDecay: z.number().min(0).default(0) }),
      z.strictObject({ kind: z.literal("adamw"), weightDecay: z.number().min(0).default(0.01) }),
    ])
    .default({ kind: "adamw", weightDecay: 0.01 }),
  rate: positive,
  residualScale: z.number().min(0).default(0.1),
  schedule: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("cosine"), warmup: z.int().min(0).default(0) }),
      z.strictObject({ kind: z.literal("step"), milestones: z.array(count), factor: positive.default(0.1) }),
      z.strictObject({ kind: z.literal("constant") }),
    ])
    .default({ kind: "cosine", warmup: 0 }),
  clipNorm: positive.nullable().default(1),
  loss: z
    .strictObject({
      pose: z.number().min(0).default(10),
      shape: z.number().min(0).default(1),
      translation: z.number().min(0).default(50),
      joints3d: z.number().min(0).default(1),
      distance3d: z.number().min(0).default(0),
      joints2d: z.number().min(0).default(10),
      bins: z.number().min(0).default(0),
    })
    .prefault({}),
  data: z.strictObject({
    /** Folder of motion capture; relative paths start at the configuration file. */
    mocap: z.string().optional(),
    variants: few.default(1),
    varied: z.boolean().default(false),
    proceduralSeconds: z.number().min(0).max(1e6).default(0),
    cache: z.string().optional(),
  }),
  halfPrecision: z.boolean().default(false),
  checkpointEvery: count.default(200),
  evaluateEvery: count.default(1000),
});

/** What a run is: see the fields of {@link parsePoseTraining}. */
export type PoseTraining = Omit<z.output<typeof schema>, "model"> & {
  readonly model: SpikeVideoFormerConfig;
};

/**
 * Checks a configuration of `saccade train pose` and fills in what it leaves out.
 *
 * Fields: `model` (see `parseModelConfig`; the head must be a pose head), `seed`, `steps`, `batch`, `timeSteps`,
 * `windowSeconds` (drawn from for each sample), `augment` (or null), `optimizer`, `rate`, `schedule`, `residualScale`
 * (see `scaleResiduals`), `clipNorm` (or null), `loss` (weights), `data` (`mocap` folder, `variants` of each clip,
 * `varied` motions, `proceduralSeconds`, `cache` folder), `halfPrecision` of the model file, `checkpointEvery` and
 * `evaluateEvery` (steps).
 *
 * @throws ArgumentError naming the field and what was expected
 */
export function parsePoseTraining(value: unknown): PoseTraining {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new ArgumentError(
      `training configuration: ${issue.path.join(".") || "top level"}: ${issue.message}`,
    );
  }
  const model = parseModelConfig(parsed.data.model, "spikevideoformer");
  if (model.head.kind !== "pose") {
    throw new ArgumentError(
      `training configuration: model.head: expected a pose head, got ${model.head.kind}`,
    );
  }
  return { ...parsed.data, model };
}
