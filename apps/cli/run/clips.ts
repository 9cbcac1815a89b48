/** Pose clips for a command, with progress. */
import type { PoseClip } from "../../../src/data/index.ts";
import { type ClipSetOptions, generatePoseClips } from "../../../src/data/node.ts";
import type { Context } from "../context.ts";
import { type Progress, startProgress } from "../progress.ts";

/** {@link generatePoseClips} with a progress bar; Ctrl-C stops it between two clips. */
export async function makeClips(
  options: Omit<ClipSetOptions, "onProgress" | "signal">,
  { stderr, now, signal }: Context,
): Promise<PoseClip[]> {
  let progress: Progress | undefined;
  try {
    return await generatePoseClips({
      ...options,
      signal,
      onProgress: ({ done, total }) => {
        progress ??= startProgress(stderr, { label: `${options.split} clips`, total, unit: "clips", now });
        progress.update(done);
      },
    });
  } finally {
    progress?.end();
  }
}
