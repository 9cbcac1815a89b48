/** The task of 3D poses on the command line: clips that are filmed from motion capture. */
import { dirname, join, resolve } from "node:path";
import { evaluationBatches, meanPose, type PoseClip } from "../../../../src/data/index.ts";
import type { PoseEstimator } from "../../../../src/models/index.ts";
import type { Module } from "../../../../src/nn/index.ts";
import { meanJointsOf } from "../../../../src/track/index.ts";
import {
  poseData,
  poseMeasure,
  type PoseRunConfig,
  PoseTask,
  STEP_SECONDS,
} from "../../../../src/train/index.ts";
import type { Context } from "../../context.ts";
import { InputError, reading } from "../../faults.ts";
import { makeClips } from "../clips.ts";
import type { OpenedMeasure, OpenedTask, Places, Request, SplitReader, TaskCommand } from "./opened.ts";

/** Procedural motion for validation, as a share of that for training. */
const VALIDATION_SHARE = 0.1;

/** Time steps and samples at once where a model file does not say how it was trained. */
const USUAL = { timeSteps: 8, batch: 8 } as const;

/** Decides the scenes in which the motions of an evaluation are filmed. */
const EVALUATION_SEED = 2;

/**
 * Motion capture lies in `--data`, or in the folder `data.mocap` of the configuration; clips of its splits `train` and `val` are
 * made once and kept in `data.cache`, by default the folder `clips` of the run. For a measurement each motion is filmed in
 * one scene that follows from its name.
 */
export const POSE: TaskCommand<PoseRunConfig> = {
  async open(config: PoseRunConfig, places: Places, context: Context): Promise<OpenedTask> {
    const { training, validation } = await clipsOf(config, places, context);
    const task = new PoseTask(config, meanPose(training, STEP_SECONDS), training[0]!.size);
    return { task, data: poseData(config, task.modules.model.poseTimes, { training, validation }) };
  },

  async openSplit({ data, split, cache }: Request, context: Context): Promise<SplitReader<PoseRunConfig>> {
    const clips = await reading(data, async () => {
      const place = { mocapDir: data, ...(cache === undefined ? {} : { cacheDir: cache }) };
      return makeClips({ ...place, split, variants: 1, seed: EVALUATION_SEED }, context);
    });
    if (clips.length === 0) throw new InputError(data, `expected clips in the split ${split}, got none`);
    return async ({ model, metadata }, run): Promise<OpenedMeasure> => {
      const { timeSteps, batch } = run ?? USUAL;
      const { poseTimes: times } = model as Module as PoseEstimator;
      const windows = { timeSteps, windowSeconds: timeSteps * STEP_SECONDS, batch, times };
      const batches = () => evaluationBatches(clips, windows);
      const total = [...batches()].length;
      if (total === 0) throw new InputError(data, `expected longer clips in the split ${split}, got none`);
      return {
        measure: poseMeasure(meanJointsOf(metadata)),
        batches,
        total,
        content: { clips: clips.length },
      };
    };
  },
};

/** Clips to learn from and to measure on. Folders in a configuration start at its file. */
async function clipsOf(
  { data, seed }: PoseRunConfig,
  { data: folder, config, out }: Places,
  context: Context,
) {
  const inConfig = (path: string) => resolve(dirname(config), path);
  const mocapDir = folder ?? (data.mocap === undefined ? undefined : inConfig(data.mocap));
  if (mocapDir === undefined && data.proceduralSeconds === 0) {
    throw new InputError(config, "expected data.mocap, --data or data.proceduralSeconds, got none");
  }
  const cacheDir = data.cache === undefined ? join(out, "clips") : inConfig(data.cache);
  const common = { ...(mocapDir === undefined ? {} : { mocapDir }), cacheDir, seed };
  const { variants, varied, proceduralSeconds } = data;
  const clips = (
    split: string,
    settings: { variants: number; varied: boolean; proceduralSeconds: number },
  ): Promise<PoseClip[]> => {
    const origin = mocapDir ?? config;
    return reading(origin, async () => {
      const made = await makeClips({ ...common, ...settings, split }, context);
      if (made.length === 0) throw new InputError(origin, `expected clips in the split ${split}, got none`);
      return made;
    });
  };
  const training = await clips("train", { variants, varied, proceduralSeconds });
  const validation = await clips("val", {
    variants: 1,
    varied: false,
    proceduralSeconds: VALIDATION_SHARE * proceduralSeconds,
  });
  return { training, validation };
}
