/** Recipes: what a synthetic data set is made of. */
import { z } from "zod";
import { SHAPE_COEFFICIENTS, SHAPE_LIMIT } from "../body/index.ts";
import { ArgumentError } from "../core/index.ts";
import { MOTION_KINDS, type SceneRanges, sensorPresets } from "../simulate/index.ts";

/** Labels that a clip can carry besides its events. */
export const LABELS = [
  "pose",
  "shape",
  "translation",
  "joints3d",
  "joints2d",
  "camera",
  "masks",
  "action",
] as const;

/** See {@link LABELS}. */
export type Label = (typeof LABELS)[number];

/** Name of a preset of the simulated sensor. */
export type SensorPreset = keyof typeof sensorPresets;

const PRESETS = Object.keys(sensorPresets) as [SensorPreset, ...SensorPreset[]];

const share = z.number().min(0).max(1);

/** Two numbers within bounds, the smaller first. */
function range(low: number, high: number) {
  return z
    .tuple([z.number().min(low).max(high), z.number().min(low).max(high)])
    .refine(([a, b]) => a <= b, "expected the smaller number first");
}

function wholeRange(low: number, high: number) {
  return range(low, high).refine((pair) => pair.every(Number.isInteger), "expected whole numbers");
}

const path = z.string().min(1).max(4096);
const motions = z.union(
  [
    z.strictObject({
      procedural: z.union([
        z.literal("all").transform(() => [...MOTION_KINDS]),
        z.array(z.enum(MOTION_KINDS)).min(1),
      ]),
      count: z.int().min(1).max(1e6).default(1),
    }),
    z.strictObject({ files: path, action: z.string().min(1).max(200).optional() }),
    z.strictObject({ index: path, split: z.string().min(1) }),
  ],
  "expected procedural: KINDS, files: GLOB, or index: FILE with split: NAME, and no other keys",
);

const split = z.strictObject({
  motions: z.array(motions).min(1),
  clipsPerMotion: z.int().min(1).max(1e6).default(1),
});

const schema = z.strictObject({
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  splits: z
    .record(
      z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,31}$/, "expected a name of letters, digits and _"),
      split,
    )
    .refine((splits) => Object.keys(splits).length > 0, "expected one split or more"),
  sensor: z.strictObject({ width: z.int().min(8).max(4096), height: z.int().min(8).max(4096) }).prefault({
    width: 256,
    height: 256,
  }),
  presets: z.array(z.enum(PRESETS)).min(1).default(["noisy"]),
  clipSeconds: z.number().min(0.1).max(600).default(2),
  shardClips: z.int().min(1).max(10_000).default(16),
  labels: z.array(z.enum(LABELS)).default([...LABELS]),
  poseHz: z.number().min(1).max(10_000).default(100),
  maskHz: z.number().min(1).max(1000).default(25),
  render: z
    .strictObject({
      pixelsPerFrame: z.number().min(0.05).max(100).default(2),
      maxHz: z.number().min(1).max(100_000).default(500),
    })
    .prefault({}),
  bodies: z
    .strictObject({
      mean: z
        .array(z.number().min(-SHAPE_LIMIT).max(SHAPE_LIMIT))
        .length(SHAPE_COEFFICIENTS)
        .default(Array.from({ length: SHAPE_COEFFICIENTS }, () => 0)),
      deviation: z.number().min(0).max(SHAPE_LIMIT).default(0.8),
      limit: z.number().min(0).max(SHAPE_LIMIT).default(2.2),
    })
    .prefault({}),
  clothes: z
    .strictObject({
      skin: range(0.01, 1).default([0.15, 0.6]),
      hair: range(0.01, 1).default([0.03, 0.35]),
      cloth: range(0.01, 1).default([0.04, 0.85]),
      patterns: z
        .array(z.enum(["plain", "stripes", "checks", "noise"]))
        .min(1)
        .default(["plain", "plain", "stripes", "checks", "noise"]),
      period: range(0.005, 2).default([0.04, 0.2]),
      folds: range(0, 1).default([0.1, 0.35]),
      longSleeves: share.default(0.6),
      longTrousers: share.default(0.75),
    })
    .prefault({}),
  lights: z
    .strictObject({
      exposure: range(1e-3, 100).default([0.35, 1.1]),
      ambient: range(0, 1).default([0.15, 0.6]),
      lamps: wholeRange(0, 16).default([1, 2]),
      lampHeight: range(0, 90).default([10, 75]),
      shadow: range(0, 1).default([0.1, 0.7]),
    })
    .prefault({}),
  backgrounds: z
    .strictObject({
      wall: range(1e-3, 1).default([0.05, 0.8]),
      floor: range(1e-3, 1).default([0.08, 0.6]),
      texture: range(0, 1).default([0, 0.1]),
      floorTexture: range(0, 1).default([0, 0]),
      rectangles: wholeRange(0, 100).default([0, 4]),
      stripes: share.default(0),
      distance: range(0.1, 100).default([0.8, 4]),
    })
    .prefault({}),
  cameras: z
    .strictObject({
      heading: range(-360, 360).default([0, 360]),
      elevation: range(-60, 60).default([-5, 20]),
      height: range(0.05, 100).optional(),
      fieldOfView: range(5, 120).default([30, 60]),
      fill: range(0.05, 2).default([0.75, 0.95]),
      distance: range(0.5, 100).optional(),
      roll: range(-180, 180).default([-3, 3]),
      handHeld: share.default(1),
      shake: range(0, 10).default([0.15, 0.5]),
      shakeHz: range(0, 50).default([1.5, 7]),
    })
    .prefault({}),
});

/** What a data set is made of, with everything filled in; the fields are explained in `docs/generate.md`. */
export type Recipe = z.output<typeof schema> & SceneRanges;

/** What a split of a recipe takes its motions from. */
export type MotionSelection = z.output<typeof motions>;

/**
 * Checks a recipe and fills in what it leaves out.
 *
 * @throws ArgumentError naming the field by its path and what was expected
 */
export function parseRecipe(value: unknown): Recipe {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new ArgumentError(`recipe: ${issue.path.join(".") || "top level"}: ${issue.message}`);
  }
  const { maskHz, render } = parsed.data;
  if (render.maxHz < maskHz) {
    throw new ArgumentError(`recipe: render.maxHz: expected maskHz (${maskHz}) or more, got ${render.maxHz}`);
  }
  return parsed.data;
}
