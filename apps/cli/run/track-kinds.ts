/** What `saccade track` does with weights of several kinds. */
import { readFileBounded } from "../../../src/core/node.ts";
import { parseModel } from "../../../src/io/index.ts";
import type { Context } from "../context.ts";
import { InputError, reading } from "../faults.ts";
import type { TrackOptions } from "../track.ts";

/** Options that ask for what only one kind gives. */
const ONLY = {
  hybrid: ["annHz", "snnHz", "picture"],
  pose: ["windowMs", "bvh", "truth"],
} as const satisfies Record<string, readonly (keyof TrackOptions)[]>;

/**
 * Tracks joints in the picture where the weights are those of a hybrid, 3D poses otherwise.
 *
 * @throws {InputError} naming the weights where an option is not for them
 */
export async function track(recording: string, options: TrackOptions, context: Context): Promise<void> {
  const { weights } = options;
  const hybrid = weights !== undefined && (await kindOf(weights)) === "hybrid";
  const unfit = ONLY[hybrid ? "pose" : "hybrid"].find((name) => options[name] !== undefined);
  if (unfit !== undefined) {
    const flag = `--${unfit.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new InputError(
      weights ?? "the built-in weights",
      `expected no ${flag}, which is ${hybrid ? "not for" : "for"} a hybrid`,
    );
  }
  if (hybrid) {
    const { trackPicture } = await import("./track-picture.ts");
    await trackPicture(recording, weights, options, context);
  } else {
    const { runTrack } = await import("./track.ts");
    await runTrack(recording, options, context);
  }
}

/** The kind of model that a file says it is. */
async function kindOf(weights: string): Promise<unknown> {
  return reading(weights, async () => {
    const { config } = parseModel(await readFileBounded(weights), weights);
    return (config as { readonly model?: unknown } | null)?.model;
  });
}
