/** Configurations of training runs: what is learned by which model from which data, validated. */
import { z } from "zod";
import { ArgumentError } from "../core/index.ts";
import {
  classificationDataSchema,
  imageAugmentSchema,
  maskAugmentSchema,
  poseDatasetSchema,
  segmentationDataSchema,
} from "../data/index.ts";
import { type ModelConfig, parseModelConfig, type TaskName, taskOf } from "../models/index.ts";

/** Key of a run's configuration in the metadata of its model file, as JSON. */
export const RUN = "saccade.run";

const positive = z.number().positive();
const count = z.int().positive();
/** Bounded, so that a configuration cannot ask for lists without end. */
const few = count.max(65_536);

const optimizer = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("sgd"),
    momentum: z.number().min(0).default(0.9),
    weightDecay: z.number().min(0).default(0),
    nesterov: z.boolean().default(false),
  }),
  z.strictObject({ kind: z.literal("adam"), weightDecay: z.number().min(0).default(0) }),
  z.strictObject({ kind: z.literal("adamw"), weightDecay: z.number().min(0).default(0.01) }),
]);

const schedule = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("cosine"), warmup: z.int().min(0).default(0) }),
  z.strictObject({ kind: z.literal("step"), milestones: z.array(count), factor: positive.default(0.1) }),
  z.strictObject({ kind: z.literal("constant") }),
]);

/** What every run says. */
const common = {
  model: z.unknown(),
  seed: z.int().default(0),
  steps: count.optional(),
  epochs: count.optional(),
  batch: few.default(8),
  optimizer: optimizer.default({ kind: "adamw", weightDecay: 0.01 }),
  rate: positive,
  schedule: schedule.default({ kind: "cosine", warmup: 0 }),
  halfPrecision: z.boolean().default(false),
  checkpointEvery: count.default(200),
  evaluateEvery: count.default(1000),
};

const weight = z.number().min(0);
/** Side of a picture whose maps are halved five times. */
const side = z.int().positive().max(16_384).multipleOf(32);

/** What every kind of domain adaptation says. */
const adaptation = {
  /** Folder of recordings; relative paths start at the configuration file. */
  recordings: z.string().min(1).max(4096),
  weight: weight.default(0.1),
};

const domain = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("penultimate"), ...adaptation, radius: positive.default(1) }),
  z.strictObject({ kind: z.literal("discriminator"), ...adaptation, width: few.default(256) }),
]);

/** Clips that a run films itself: it names no data set. */
const filmed = z.strictObject({
  dataset: z.undefined().optional(),
  /** Folder of motion capture; relative paths start at the configuration file. */
  mocap: z.string().optional(),
  variants: few.default(1),
  varied: z.boolean().default(false),
  proceduralSeconds: z.number().min(0).max(1e6).default(0),
  cache: z.string().optional(),
});

const pose = z.strictObject({
  task: z.literal("pose"),
  ...common,
  residualScale: weight.default(0.1),
  clipNorm: positive.nullable().default(1),
  timeSteps: few.default(8),
  windowSeconds: z.array(positive).min(1).default([1]),
  augment: z
    .strictObject({ flip: z.number().min(0).max(1), rotationDegrees: z.number().min(0).max(180) })
    .nullable()
    .default({ flip: 0.5, rotationDegrees: 20 }),
  loss: z
    .strictObject({
      pose: weight.default(10),
      shape: weight.default(1),
      translation: weight.default(50),
      joints3d: weight.default(1),
      distance3d: weight.default(0),
      joints2d: weight.default(10),
      bins: weight.default(0),
    })
    .prefault({}),
  domain: domain.optional(),
  data: z.discriminatedUnion("dataset", [filmed, poseDatasetSchema]),
});

/** What runs of labelled samples say beside. */
const labelled = {
  residualScale: weight.default(1),
  clipNorm: positive.nullable().default(null),
  /** T; pictures are shown at every step. */
  timeSteps: few.default(4),
};

const classification = z.strictObject({
  task: z.literal("classification"),
  ...common,
  ...labelled,
  augment: imageAugmentSchema,
  mixup: z.boolean().default(false),
  loss: z.strictObject({ labelSmoothing: z.number().min(0).lt(1).default(0) }).prefault({}),
  data: classificationDataSchema,
});

const segmentation = z.strictObject({
  task: z.literal("segmentation"),
  ...common,
  ...labelled,
  augment: maskAugmentSchema,
  data: segmentationDataSchema,
});

const heatmaps = z.strictObject({
  task: z.literal("heatmaps"),
  ...common,
  clipNorm: positive.nullable().default(null),
  outputScale: weight.default(1),
  timeSteps: few.default(10),
  augment: z
    .strictObject({ flip: z.number().min(0).max(1) })
    .nullable()
    .default({ flip: 0.5 }),
  loss: z
    .strictObject({
      stage: z.enum(["ann", "snn"]).default("snn"),
      membraneWeight: z.number().min(0).max(1).default(0),
    })
    .prefault({}),
  data: z.strictObject({
    dataset: z.enum(["shards", "dhp19", "h36m-events"]),
    /** Folder of the copy; relative paths start at the configuration file. */
    folder: z.string().min(1).max(4096).optional(),
    /** Number of the camera, of data sets with several. */
    camera: z.int().min(0).max(3).optional(),
    size: z.tuple([side, side], "expected [height, width], multiples of 32"),
    /** `[x, y, width, height]` of the sensor. */
    region: z.tuple([z.int().min(0), z.int().min(0), count, count]).optional(),
    fit: z.enum(["contain", "cover"]).optional(),
    windowMs: positive.max(60_000).default(100),
    stepMs: positive.max(60_000).default(100),
    history: z.int().min(0).max(1e7).default(7500),
    histograms: few.default(10),
    input: z.enum(["events", "image"]).default("events"),
  }),
});

const schema = z.discriminatedUnion("task", [pose, classification, segmentation, heatmaps]);

type Checked<T> = Omit<T, "model"> & { readonly model: ModelConfig };

/** What a run of a task is: see the fields of {@link parseRun}. */
export type PoseRunConfig = Checked<z.output<typeof pose>>;
/** The `data` of a pose run that films its clips itself. */
export type FilmedConfig = z.output<typeof filmed>;
/** How a pose model gets used to real events, of which there are no poses. */
export type DomainConfig = z.output<typeof domain>;
/** A run of the task of classification. */
export type ClassificationRunConfig = Checked<z.output<typeof classification>>;
/** A run of the task of segmentation. */
export type SegmentationRunConfig = Checked<z.output<typeof segmentation>>;
/** A run of the task of heatmaps. */
export type HeatmapRunConfig = Checked<z.output<typeof heatmaps>>;
/** What any run is. */
export type RunConfig = PoseRunConfig | ClassificationRunConfig | SegmentationRunConfig | HeatmapRunConfig;

/**
 * Checks a configuration of `saccade train` and fills in what it leaves out.
 *
 * | field | |
 * | --- | --- |
 * | `task` | `pose`, `classification`, `segmentation` or `heatmaps` |
 * | `model` | see `parseModelConfig`; its head must be one of the task |
 * | `data` | where samples come from, and how they are cut; of poses with a `dataset`, or what is filmed |
 * | `seed` | of initial parameters, order and augmentation |
 * | `steps` or `epochs` | length of the run |
 * | `batch`, `timeSteps` | samples of a step, steps of a sample |
 * | `augment` | random changes of samples, or null |
 * | `optimizer`, `rate`, `schedule`, `clipNorm` | how parameters move |
 * | `loss` | weights of its terms |
 * | `domain` | of poses: unlabelled real events to learn from beside |
 * | `domain.recordings` | their folder, of event recordings of any format |
 * | `domain.kind`, `domain.weight` | `penultimate` (`penultimateLoss`, with `radius`) or `discriminator` (`domainLoss`, with a hidden `width`), and the weight of this loss |
 * | `residualScale` | see `scaleResiduals` |
 * | `outputScale` | of heatmaps: factor of the SNN's first output weights; 1 as published, small where a run is short |
 * | `halfPrecision` | whether the model file has weights of 16 bits |
 * | `checkpointEvery`, `evaluateEvery` | steps |
 *
 * @param task - the task of a configuration that does not say it, and the only one that it may say
 * @throws ArgumentError naming the field and what was expected
 */
export function parseRun(value: unknown, task?: TaskName): RunConfig {
  const fail = (what: string): never => {
    throw new ArgumentError(`training configuration: ${what}`);
  };
  const said = (value as { task?: unknown } | null)?.task;
  if (task !== undefined && said !== undefined && said !== task) {
    fail(`task: expected ${task}, got ${JSON.stringify(said)}`);
  }
  const given = task === undefined || typeof value !== "object" ? value : { task, ...value };
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    return fail(`${issue.path.join(".") || "top level"}: ${issue.message}`);
  }
  const { steps, epochs } = parsed.data;
  if ((steps === undefined) === (epochs === undefined)) {
    fail(`expected steps or epochs, got ${steps === undefined ? "neither" : "both"}`);
  }
  const model = parseModelConfig(parsed.data.model);
  if (taskOf(model) !== parsed.data.task) {
    fail(`model: expected a model of ${parsed.data.task}, got ${model.model} of ${taskOf(model)}`);
  }
  const run = { ...parsed.data, model };
  if (run.task === "pose") checkPose(run, fail);
  return run;
}

/** Checks what of a pose run hangs together with its model. */
function checkPose(run: PoseRunConfig, fail: (what: string) => never): void {
  const { model, data, domain } = run;
  const views = runViews(run);
  for (const [field, wanted] of Object.entries({ domain, "data.dataset": data.dataset })) {
    if (wanted !== undefined && views > 1) fail(`${field}: expected a model of one view, got ${views}`);
  }
  if (data.dataset === undefined || !("head" in model) || typeof model.head !== "object") return;
  if (model.head.kind === "pose" && model.head.inputSize !== data.size) {
    fail(`data.size: expected ${model.head.inputSize} as the model has it, got ${data.size}`);
  }
}

/** Cameras that film each motion of a run. */
export function runViews({ model }: Pick<PoseRunConfig, "model">): number {
  return "views" in model ? model.views : 1;
}

/** Steps of a run over a set of so many samples. */
export function stepsOf({ steps, epochs, batch }: RunConfig, samples: number): number {
  return steps ?? epochs! * Math.ceil(samples / batch);
}

/** The run that a model is of, as its file says; undefined if it does not. @throws ArgumentError for a run that cannot be */
export function runOf(metadata: Readonly<Record<string, string>>): RunConfig | undefined {
  const text = metadata[RUN];
  if (text === undefined) return undefined;
  try {
    return parseRun(JSON.parse(text));
  } catch (error) {
    if (error instanceof ArgumentError) throw error;
    throw new ArgumentError(`${RUN}: expected JSON, got something else`);
  }
}
