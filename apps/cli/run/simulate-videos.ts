import { convertVideos } from "../../../src/data/video-set-node.ts";
import type { Context } from "../context.ts";
import { InputError } from "../faults.ts";
import { startProgress } from "../progress.ts";
import type { SimulateOptions } from "../simulate.ts";
import { checkDistinct } from "./distinct-files.ts";

/**
 * `saccade simulate --videos`: a recording of each video of a folder, and their manifest. What is done stays when it is
 * stopped; a video that cannot be read is told of and makes the command fail at its end.
 */
export async function simulateVideos(options: SimulateOptions, context: Context): Promise<void> {
  const {
    out,
    preset,
    seed,
    format = "aedat4",
    size = null,
    fps = null,
    between,
    srgb,
    seconds = null,
  } = options;
  const { stdout, stderr, now, signal } = context;
  const from = options.videos!;
  checkDistinct([from], [out]);
  let progress: ReturnType<typeof startProgress> | undefined;
  let [made, kept] = [0, 0];
  const settings = {
    preset,
    seed,
    format,
    sensor: size,
    rateHz: fps,
    between,
    transfer: srgb ? ("srgb" as const) : ("linear" as const),
    seconds,
  };
  try {
    const { failures, clips } = await convertVideos(from, out, settings, {
      signal,
      onClip: ({ done, total, clip, kept: wasThere }) => {
        progress ??= startProgress(stderr, { label: "simulate", total, unit: "videos", now });
        if ("error" in clip) {
          progress.close();
          stderr.write(`saccade: ${clip.error.replaceAll(/\s*\n\s*/g, "; ")}\n`);
        } else if (wasThere) kept++;
        else made++;
        progress.update(done);
      },
    });
    progress?.end();
    const events = clips.reduce((sum, clip) => sum + clip.events, 0);
    stdout.write(`${out}: ${made} recordings made, ${kept} kept, ${events} events\n`);
    if (failures.length > 0) {
      const all = failures.length + clips.length;
      throw new InputError(
        from,
        `${failures.length} of ${all} videos could not be read (manifest.json lists them)`,
      );
    }
  } finally {
    progress?.close();
  }
}
