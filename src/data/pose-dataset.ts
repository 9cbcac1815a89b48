/** What a run configuration says of recordings with poses, and how they are opened. */
import { z } from "zod";
import { type Dataset, mapDataset } from "./dataset.ts";
import { datasets } from "./datasets/index.ts";
import type { DatasetKind } from "./datasets/kind.ts";
import type { Folder } from "./folder.ts";
import { recordingOfFrames } from "./frame-recording.ts";
import { openSplit } from "./labelled-split.ts";
import { manifestsIn, shardSet } from "./open-shards.ts";
import { type PoseRecording, recordingOfClip } from "./pose-recording.ts";

/** Frames of a published recording that are in memory at once, 256 KiB each; a longer one becomes several clips. */
const MAX_FRAMES = 256;

/** Data sets without recordings for a test. */
const TRAINING_ALONE: readonly string[] = ["event-amass"];

/** Schema of the `data` section of a pose run that learns from a data set. */
export const poseDatasetSchema = z
  .strictObject({
    dataset: z.enum(["shards", "mmhpsd", "event-h36m", "event-amass", "event-phspd"]),
    /** Folder of the copy; relative paths start at the configuration file. */
    folder: z.string().min(1).max(4096).optional(),
    /** Recordings of a split at most, drawn with a fixed seed. */
    limit: z.int().min(1).optional(),
    /** In place of the published splits: the share of recordings that is for training, the rest for evaluation. */
    split: z.strictObject({ train: z.number().min(0).max(1), seed: z.int() }).optional(),
    /** Side of the grid, voxels. */
    size: z.int().min(8).max(1024).multipleOf(8).default(64),
    /** Length of a bin; of event frames, what half a frame is said to last. */
    binMs: z.number().min(1).max(100).optional(),
  })
  .refine(({ dataset, split }) => split !== undefined || !TRAINING_ALONE.includes(dataset), {
    path: ["split"],
    message: "expected {train, seed} for a data set without a test, got none",
  });

/** The `data` section of a pose run that learns from a data set, with everything filled in. */
export type PoseDatasetConfig = z.output<typeof poseDatasetSchema>;

/** Half a frame of the published data sets, which have 15 a second, microseconds. */
const HALF_FRAME_US = 33_333;

/**
 * Length of a bin, µs: of `binMs`, or half a frame of published data sets, or half of the shortest step of a run on shards, so
 * that a bin is what `saccade track` makes a voxel of.
 *
 * @param stepSeconds - lengths of a time step in training and evaluation
 */
export function poseBinUs({ dataset, binMs }: PoseDatasetConfig, stepSeconds: readonly number[]): number {
  if (binMs !== undefined) return Math.round(1000 * binMs);
  return dataset === "shards" ? Math.round(5e5 * Math.min(...stepSeconds)) : HALF_FRAME_US;
}

/**
 * The recordings of a split; `test` in place of `val` where there is none.
 *
 * @param binUs - of {@link poseBinUs}
 * @throws ArgumentError if the folder holds no such copy, or there is no such split; samples throw it naming labels that
 *   are not there, and FormatError naming a broken file
 */
export async function poseRecordings(
  config: PoseDatasetConfig,
  folder: Folder,
  split: string,
  binUs: number,
): Promise<Dataset<PoseRecording>> {
  return openSplit(await kindOf(config, folder, binUs), folder, split, config);
}

async function kindOf(
  { dataset }: PoseDatasetConfig,
  folder: Folder,
  binUs: number,
): Promise<DatasetKind<PoseRecording>> {
  if (dataset === "shards") {
    const kind = datasets.shards;
    const made = (await manifestsIn(folder)).length > 0;
    const splits = made ? Object.keys((await shardSet(folder)).manifest.splits) : kind.splits;
    const open = async (place: Folder, split: string) =>
      mapDataset(await kind.open(place, split), recordingOfClip);
    return { ...kind, splits, open };
  }
  const kind = datasets[dataset];
  const open = async (place: Folder, split: string) =>
    mapDataset(await kind.stretches(place, split, MAX_FRAMES), (frames) => recordingOfFrames(frames, binUs));
  return { ...kind, open };
}
