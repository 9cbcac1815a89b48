/** The windows in which pose models look at a recording. */

import { runOf } from "../../../src/train/index.ts";

/** T: steps of a window, as in training. */
export const TIME_STEPS = 8;
/** Length of a window, ms, as in training. */
export const WINDOW_MS = 1000;

/** A window, and the steps that it is divided into. */
export type PoseWindow = { readonly timeSteps: number; readonly windowMs: number };

/**
 * The window that a model was trained on, the median where there were several, as its file says; the usual one if it does not.
 * @throws ArgumentError for a run that cannot be
 */
export function poseWindow(metadata: Readonly<Record<string, string>>): PoseWindow {
  const run = runOf(metadata);
  if (run?.task !== "pose") return { timeSteps: TIME_STEPS, windowMs: WINDOW_MS };
  const seconds = run.windowSeconds.toSorted((a, b) => a - b);
  return { timeSteps: run.timeSteps, windowMs: 1000 * seconds[seconds.length >> 1]! };
}
