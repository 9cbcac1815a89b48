/** Clips of poses as the data of a run. */
import { ArgumentError, Random } from "../core/index.ts";
import {
  clipsByView,
  evaluationBatches,
  type EvaluationOptions,
  MultiViewBatches,
  multiViewEvaluationBatches,
  PoseBatches,
  type PoseClip,
  type PoseTimes,
} from "../data/index.ts";
import type { PoseTrainingBatch } from "./pose-task.ts";
import { AdaptationBatches, RealWindows } from "./real-windows.ts";
import type { HeldRecording } from "./recordings.ts";
import { type PoseRunConfig, runViews } from "./run-config.ts";
import type { TaskData } from "./task.ts";

/** Length of a time step in evaluations and of the baseline, seconds: a window of 1 s has 8. */
export const STEP_SECONDS = 0.125;

/** Clips of a run; of several views those of one motion follow one another. */
export type PoseRunClips = {
  readonly training: readonly PoseClip[];
  readonly validation: readonly PoseClip[];
  /** Where domain adaptation learns from real events. */
  readonly recordings?: readonly HeldRecording[];
};

/**
 * What a run learns from and is measured by: windows at random places of the training clips, and all windows of the others
 * one after the other, with steps of {@link STEP_SECONDS}.
 *
 * @param times - where the model tells poses
 * @throws ArgumentError if there is nothing to train on
 */
export function poseData(
  config: PoseRunConfig,
  times: PoseTimes,
  { training, validation, recordings }: PoseRunClips,
): TaskData<PoseTrainingBatch> {
  const { seed, timeSteps, windowSeconds, batch, augment } = config;
  const [first] = training;
  if (first === undefined) throw new ArgumentError("train: expected clips to train on, got none");
  const random = (of: string) => new Random(seed).fork(of);
  const seconds = timeSteps * STEP_SECONDS;
  const cut = { timeSteps, windowSeconds, batch, augment };
  const views = runViews(config);
  const clips = clipsByView(training, views);
  const options = { ...cut, random: random("batches"), times };
  const labelled = views === 1 ? new PoseBatches(training, options) : new MultiViewBatches(clips, options);
  const real =
    recordings && new RealWindows(recordings, { ...cut, size: first.size, random: random("real events") });
  return {
    training: real === undefined ? labelled : new AdaptationBatches(labelled, real),
    samples: Math.ceil(clips[0]!.reduce((sum, clip) => sum + clip.seconds, 0) / seconds),
    validation: () => poseWindows(validation, views, { timeSteps, windowSeconds: seconds, batch, times }),
  };
}

/**
 * All windows of clips, in batches as a model of so many views sees them.
 *
 * @param clips - of several views those of one motion follow one another
 * @throws ArgumentError if a number is out of range
 */
export function poseWindows(
  clips: readonly PoseClip[],
  views: number,
  options: EvaluationOptions,
): Iterable<PoseTrainingBatch> {
  return views === 1
    ? evaluationBatches(clips, options)
    : multiViewEvaluationBatches(clipsByView(clips, views), options);
}
