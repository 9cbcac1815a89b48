/** What `saccade track` does with weights of several kinds. */
import { readFileBounded } from "../../../src/core/node.ts";
import { parseModel } from "../../../src/io/index.ts";
import type { HeatmapModel } from "../../../src/models/index.ts";
import type { Context } from "../context.ts";
import { InputError, reading } from "../faults.ts";
import type { TrackOptions } from "../track.ts";

/** Options that ask for what only poses in space give. */
const SPATIAL = ["windowMs", "bvh", "truth"] as const;

type HeatmapKind = HeatmapModel["config"]["model"];

/** Options that are not for models of joints in the picture, kind by kind. */
const UNFIT: Readonly<Record<HeatmapKind, readonly (keyof TrackOptions)[]>> = {
  hybrid: SPATIAL,
  "spiking-pose": [...SPATIAL, "annHz"],
  "dense-unet": [...SPATIAL, "snnHz"],
};

/** Options that are for them alone. */
const PLANAR = ["annHz", "snnHz", "picture"] as const;

/**
 * Tracks joints in the picture where the weights are those of a model of heatmaps, 3D poses otherwise.
 *
 * @throws {InputError} naming the weights where an option is not for them
 */
export async function track(recording: string, options: TrackOptions, context: Context): Promise<void> {
  const { weights } = options;
  const kind = weights === undefined ? undefined : await heatmapKindOf(weights);
  const unfit = (kind ? UNFIT[kind] : PLANAR).find((name) => options[name] !== undefined);
  if (unfit !== undefined) {
    const flag = `--${unfit.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new InputError(
      weights ?? "the built-in weights",
      `expected no ${flag}, which is ${kind ? `not for a ${kind}` : "for joints in the picture"}`,
    );
  }
  if (weights !== undefined && kind !== undefined) {
    const { trackPicture } = await import("./track-picture.ts");
    await trackPicture(recording, weights, options, context);
  } else {
    const { runTrack } = await import("./track.ts");
    await runTrack(recording, options, context);
  }
}

/** The kind of model that a file says it is, where it tells joints in the picture. */
async function heatmapKindOf(weights: string): Promise<HeatmapKind | undefined> {
  return reading(weights, async () => {
    const { config } = parseModel(await readFileBounded(weights), weights);
    const kind = String((config as { readonly model?: unknown } | null)?.model);
    return Object.hasOwn(UNFIT, kind) ? (kind as HeatmapKind) : undefined;
  });
}
