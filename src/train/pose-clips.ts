/** Clips of the recordings of a data set, held in memory. */
import { ArgumentError } from "../core/index.ts";
import {
  type Folder,
  poseBinUs,
  type PoseClip,
  poseClipOf,
  type PoseDatasetConfig,
  poseRecordings,
} from "../data/index.ts";
import { voxelThreshold } from "../track/index.ts";
import { STEP_SECONDS } from "./pose-data.ts";
import type { PoseRunConfig } from "./run-config.ts";

/** How far {@link readPoseClips} is. */
export type ReadProgress = { readonly done: number; readonly total: number };

/** Options of {@link readPoseClips}. */
export type ReadClipsOptions = {
  /** Called after each recording. */
  readonly onProgress?: (progress: ReadProgress) => void;
  /** Stops between two recordings; the promise is rejected with its reason. */
  readonly signal?: AbortSignal;
  /** Bytes of clips that are held at most; 2 GiB by default: 36 hours of 64² voxels and 16 bins a second, 1.2 of 256² and 30. */
  readonly maxBytes?: number;
};

/**
 * Reads the recordings of a split one after the other and keeps their clips, in voxels as `saccade track` makes them.
 *
 * @param run - of which `data` names a data set
 * @param split - `test` stands in for a `val` that is not there
 * @throws ArgumentError if the copy, the split or labels are missing, or clips have more bytes than are to be held
 * @throws FormatError naming a broken file
 */
export async function readPoseClips(
  { timeSteps, windowSeconds }: Pick<PoseRunConfig, "timeSteps" | "windowSeconds">,
  data: PoseDatasetConfig,
  folder: Folder,
  split: string,
  { onProgress, signal, maxBytes = 2 ** 31 }: ReadClipsOptions = {},
): Promise<PoseClip[]> {
  const { size } = data;
  const binUs = poseBinUs(data, [STEP_SECONDS, ...windowSeconds.map((seconds) => seconds / timeSteps)]);
  const recordings = await poseRecordings(data, folder, split, binUs);
  const clips: PoseClip[] = [];
  let bytes = 0;
  for (let i = 0; i < recordings.length; i++) {
    signal?.throwIfAborted();
    const recording = await recordings.get(i);
    const threshold = voxelThreshold(recording.sensor, size);
    const clip = poseClipOf(recording, { size, binUs, threshold });
    bytes += clip.frames.byteLength;
    if (bytes > maxBytes) {
      throw new ArgumentError(
        `${folder.name}: expected clips of ${maxBytes} bytes or fewer in the split ${split}, got more: set data.limit, or lower data.size`,
      );
    }
    clips.push(clip);
    onProgress?.({ done: clips.length, total: recordings.length });
    // Lets an interrupt have its turn between two recordings.
    await new Promise((resolve) => setTimeout(resolve));
  }
  return clips;
}
