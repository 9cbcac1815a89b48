/** The task of 3D poses on the command line: clips that are filmed from motion capture, or of a data set. */
import { dirname, join, resolve } from "node:path";
import { clipsByView, meanPose, type PoseClip } from "../../../../src/data/index.ts";
import { diskFolder } from "../../../../src/data/node.ts";
import type { PoseEstimator } from "../../../../src/models/index.ts";
import type { Module } from "../../../../src/nn/index.ts";
import { meanJointsOf } from "../../../../src/track/index.ts";
import {
  type FilmedConfig,
  poseData,
  poseMeasure,
  type PoseRunClips,
  type PoseRunConfig,
  PoseTask,
  poseWindows,
  readRecordings,
  runViews,
  STEP_SECONDS,
} from "../../../../src/train/index.ts";
import type { Context } from "../../context.ts";
import { InputError, reading } from "../../faults.ts";
import { makeClips, readClips } from "../clips.ts";
import { folderOf } from "./labelled.ts";
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
 * one scene that follows from its name, by as many cameras as the model has views. A model that learned from a data set is
 * measured on one of the same kind.
 */
export const POSE: TaskCommand<PoseRunConfig> = {
  async open(config: PoseRunConfig, places: Places, context: Context): Promise<OpenedTask> {
    // Before any clip is made: what is read may be at fault.
    const recordings = await recordingsOf(config, places, context);
    const clips = await clipsOf(config, places, context);
    const [first] = clipsByView(clips.training, runViews(config));
    const task = new PoseTask(config, meanPose(first!, STEP_SECONDS), first![0]!.size);
    const { poseTimes } = task.modules.model;
    return { task, data: poseData(config, poseTimes, { ...clips, ...(recordings && { recordings }) }) };
  },

  async openSplit({ data, split, cache }: Request, context: Context): Promise<SplitReader<PoseRunConfig>> {
    const clipsFor = async (run: PoseRunConfig | undefined, views: number) => {
      const clips = await reading(data, async () => {
        if (run?.data.dataset !== undefined) {
          return readClips(run, { data: run.data, folder: diskFolder(data), split }, context);
        }
        const place = { mocapDir: data, ...(cache === undefined ? {} : { cacheDir: cache }) };
        return makeClips({ ...place, split, variants: 1, views, seed: EVALUATION_SEED }, context);
      });
      if (clips.length === 0) throw new InputError(data, `expected clips in the split ${split}, got none`);
      return clips;
    };
    // Two models that see the same share their clips.
    const made = new Map<string, Promise<PoseClip[]>>();
    return async ({ model, config, metadata }, run): Promise<OpenedMeasure> => {
      const views = runViews({ model: config });
      const recorded = run?.data.dataset !== undefined;
      const key = JSON.stringify(recorded ? [run.data, run.timeSteps, run.windowSeconds] : views);
      if (!made.has(key)) made.set(key, clipsFor(run, views));
      const clips = await made.get(key)!;
      const { timeSteps, batch } = run ?? USUAL;
      const { poseTimes: times } = model as Module as PoseEstimator;
      const windows = { timeSteps, windowSeconds: timeSteps * STEP_SECONDS, batch, times };
      const batches = () => poseWindows(clips, views, windows);
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

/** Real events to get used to, if the run wants any. */
async function recordingsOf({ domain }: PoseRunConfig, { config }: Places, { signal }: Context) {
  if (domain === undefined) return undefined;
  const folder = resolve(dirname(config), domain.recordings);
  return reading(folder, () => readRecordings(diskFolder(folder), { signal }));
}

/** Clips to learn from and to measure on. */
type Clips = Pick<PoseRunClips, "training" | "validation">;

async function clipsOf(run: PoseRunConfig, places: Places, context: Context): Promise<Clips> {
  const { data } = run;
  if (data.dataset === undefined) return filmedClips(run, data, places, context);
  const path = folderOf({ data }, places);
  const folder = diskFolder(path);
  const clips = (split: string) =>
    reading(path, async () => {
      const read = await readClips(run, { data, folder, split }, context);
      const least = 2 * run.timeSteps;
      if (read.some(({ bins }) => bins >= least)) return read;
      throw new InputError(
        path,
        `expected recordings of ${least} bins or more in the split ${split}, got none`,
      );
    });
  return { training: await clips("train"), validation: await clips("val") };
}

/** Folders in a configuration start at its file. */
async function filmedClips(
  run: PoseRunConfig,
  data: FilmedConfig,
  { data: folder, config, out }: Places,
  context: Context,
): Promise<Clips> {
  const { seed } = run;
  const inConfig = (path: string) => resolve(dirname(config), path);
  const mocapDir = folder ?? (data.mocap === undefined ? undefined : inConfig(data.mocap));
  if (mocapDir === undefined && data.proceduralSeconds === 0) {
    throw new InputError(config, "expected data.mocap, --data or data.proceduralSeconds, got none");
  }
  const cacheDir = data.cache === undefined ? join(out, "clips") : inConfig(data.cache);
  const common = { ...(mocapDir === undefined ? {} : { mocapDir }), cacheDir, seed, views: runViews(run) };
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
