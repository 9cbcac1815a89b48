/** Clips of poses as the data of a run. */
import { ArgumentError, Random } from "../core/index.ts";
import {
  evaluationBatches,
  type PoseBatch,
  PoseBatches,
  type PoseClip,
  type PoseTimes,
} from "../data/index.ts";
import type { PoseRunConfig } from "./run-config.ts";
import type { TaskData } from "./task.ts";

/** Length of a time step in evaluations and of the baseline, seconds: a window of 1 s has 8. */
export const STEP_SECONDS = 0.125;

/**
 * What a run learns from and is measured by: windows at random places of the training clips, and all windows of the others
 * one after the other, with steps of {@link STEP_SECONDS}.
 *
 * @param times - where the model tells poses
 * @throws ArgumentError if there is nothing to train on
 */
export function poseData(
  { seed, timeSteps, windowSeconds, batch, augment }: PoseRunConfig,
  times: PoseTimes,
  {
    training,
    validation,
  }: { readonly training: readonly PoseClip[]; readonly validation: readonly PoseClip[] },
): TaskData<PoseBatch> {
  if (training.length === 0) throw new ArgumentError("train: expected clips to train on, got none");
  const random = new Random(seed).fork("batches");
  const seconds = timeSteps * STEP_SECONDS;
  return {
    training: new PoseBatches(training, { timeSteps, windowSeconds, batch, random, augment, times }),
    samples: Math.ceil(training.reduce((sum, clip) => sum + clip.seconds, 0) / seconds),
    validation: () => evaluationBatches(validation, { timeSteps, windowSeconds: seconds, batch, times }),
  };
}
