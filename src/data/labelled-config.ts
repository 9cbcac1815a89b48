/** What a run configuration says of labelled data: the data set, how its samples become inputs, and how they are changed. */
import { z } from "zod";
import { ArgumentError } from "../core/index.ts";

const share = z.number().min(0).max(1);
const side = z.int().min(1).max(16_384);
const steps = z.int().min(1).max(4096);
/** `[height, width]`, or the side of a square. */
const size = z.union([
  side.transform((one) => [one, one] as const),
  z.tuple([side, side], "expected one side, or [height, width]").readonly(),
]);
const colour = z.tuple([z.number(), z.number(), z.number()]).readonly();
const deviation = z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]).readonly();

const common = {
  /** Folder of the copy; relative paths start at the configuration file. */
  folder: z.string().min(1).max(4096).optional(),
  /** Samples of a split at most, drawn with a fixed seed. */
  limit: z.int().min(1).optional(),
};
/** A split drawn anew in place of the published one: the share of each class that is for training. */
const split = z.strictObject({ train: share, seed: z.int() }).optional();
const colours = { mean: colour.optional(), std: deviation.optional() };

const events = z.strictObject({
  dataset: z.enum(["nmnist", "cifar10-dvs", "dvs-gesture", "ncaltech101"]),
  ...common,
  split,
  frames: steps.optional(),
  by: z.enum(["time", "events"]).default("events"),
  values: z.enum(["counts", "binary"]).default("counts"),
  size,
  fit: z.enum(["cover", "contain"]).default("cover"),
});

const videos = z.strictObject({
  dataset: z.enum(["ucf101", "hmdb51", "kinetics400", "videos"]),
  ...common,
  split,
  frames: steps.optional(),
  stride: z.int().min(1).max(1000).nullable().default(null),
  size,
  ...colours,
});

const images = z.strictObject({
  dataset: z.enum(["cifar10", "cifar100", "imagenet"]),
  ...common,
  split,
  size: size.optional(),
  shorterSide: side.optional(),
  ...colours,
});

const masks = z.strictObject({
  dataset: z.enum(["camvid", "cityscapes", "vspw"]),
  ...common,
  size,
  ...colours,
});

const moves = [
  z.strictObject({ kind: z.literal("cut"), height: side, width: side }),
  z.strictObject({ kind: z.literal("crop"), padding: z.int().min(0).max(4096) }),
  z.strictObject({ kind: z.literal("flip"), probability: share.optional() }),
  z.strictObject({ kind: z.literal("cutout"), size: side }),
  z.strictObject({
    kind: z.literal("erase"),
    area: z.tuple([share, share]).readonly().optional(),
    aspect: z.number().min(1).optional(),
  }),
  z.strictObject({ kind: z.literal("rotate"), degrees: z.number().min(0).max(180) }),
  z.strictObject({ kind: z.literal("translate"), share }),
  z.strictObject({ kind: z.literal("shear"), amount: z.number().min(0) }),
] as const;
const factors = (low: number, high: number) =>
  z.tuple([z.number().min(low).max(high), z.number().min(low).max(high)]).readonly();
const contrast = z.strictObject({ kind: z.literal("contrast"), range: factors(0, 1e6) });
const scale = z.strictObject({ kind: z.literal("scale"), range: factors(0.01, 100) });

/** `choose` picks among other changes. */
function choice<Change extends z.ZodType>(change: Change) {
  return z.strictObject({ kind: z.literal("choose"), count: z.int().min(0), of: z.array(change).min(1) });
}

const imageChange = z.discriminatedUnion("kind", [...moves, contrast]);
const maskMove = z.discriminatedUnion("kind", moves);

/** Schema of the `data` section of a classification run. */
export const classificationDataSchema = z.discriminatedUnion("dataset", [events, videos, images]);

/** Schema of the `data` section of a segmentation run. */
export const segmentationDataSchema = masks;

/** Schema of the `data` section of a run with labelled data of either kind. */
export const labelledDataSchema = z.discriminatedUnion("dataset", [events, videos, images, masks]);

/** Schema of the `augment` section of a classification run: a list of `ImageAugmentation`. */
export const imageAugmentSchema = z
  .array(z.union([imageChange, choice(imageChange)]))
  .max(64)
  .default([]);

/**
 * Schema of the `augment` section of a segmentation run: what moves pixels, for picture and mask alike, and `scale`, which
 * shows a random place of the picture, enlarged by a factor from `range`.
 */
export const maskAugmentSchema = z
  .array(z.union([maskMove, choice(maskMove), scale]))
  .max(64)
  .default([]);

/** The `data` section of a classification run, with everything filled in. See docs/datasets.md for the fields. */
export type ClassificationConfig = z.output<typeof classificationDataSchema>;

/** The `data` section of a segmentation run, with everything filled in. */
export type SegmentationConfig = z.output<typeof segmentationDataSchema>;

/** Either of the two. */
export type LabelledConfig = z.output<typeof labelledDataSchema>;

/** A change of a picture and its mask. */
export type MaskAugmentation = z.output<typeof maskAugmentSchema>[number];

/**
 * Checks the `data` section of a run with labelled data and fills in what it leaves out.
 *
 * @throws ArgumentError naming the field by its path and what was expected
 */
export function parseLabelledData(value: unknown): LabelledConfig {
  const parsed = labelledDataSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new ArgumentError(`data: ${issue.path.join(".") || "top level"}: ${issue.message}`);
}
