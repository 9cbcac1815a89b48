/** Pose clips for a command, with progress. */
import type { Folder, PoseClip, PoseDatasetConfig } from "../../../src/data/index.ts";
import { type ClipSetOptions, generatePoseClips } from "../../../src/data/node.ts";
import { type PoseRunConfig, type ReadClipsOptions, readPoseClips } from "../../../src/train/index.ts";
import type { Context } from "../context.ts";
import { type Progress, startProgress } from "../progress.ts";

/** {@link generatePoseClips} with a progress bar; Ctrl-C stops it between two clips. */
export function makeClips(
  options: Omit<ClipSetOptions, "onProgress" | "signal">,
  context: Context,
): Promise<PoseClip[]> {
  return withProgress(`${options.split} clips`, "clips", context, (watched) =>
    generatePoseClips({ ...options, ...watched }),
  );
}

/** Where {@link readClips} reads. */
export type ClipSource = {
  readonly data: PoseDatasetConfig;
  readonly folder: Folder;
  readonly split: string;
};

/** {@link readPoseClips} with a progress bar; Ctrl-C stops it between two recordings. */
export function readClips(
  run: PoseRunConfig,
  { data, folder, split }: ClipSource,
  context: Context,
): Promise<PoseClip[]> {
  return withProgress(`${split} recordings`, "recordings", context, (watched) =>
    readPoseClips(run, data, folder, split, watched),
  );
}

/** What tells work to stop, and is told how far it is. */
type Watched = Required<Pick<ReadClipsOptions, "onProgress" | "signal">>;

async function withProgress<T>(
  label: string,
  unit: string,
  { stderr, now, signal }: Context,
  work: (watched: Watched) => Promise<T>,
): Promise<T> {
  let progress: Progress | undefined;
  try {
    return await work({
      signal,
      onProgress: ({ done, total }) => {
        progress ??= startProgress(stderr, { label, total, unit, now });
        progress.update(done);
      },
    });
  } finally {
    progress?.end();
  }
}
