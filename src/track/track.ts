/** Tracking a body through a recording, window by window, in constant memory. */
import { ArgumentError, FormatError } from "../core/index.ts";
import type { EventStream, EventWindow, Recording } from "../events/index.ts";
import { tensor, withoutGradients } from "../tensor/index.ts";
import type { PoseModel } from "./pose-model-file.ts";
import { type PredictedJoints, type PredictedPose, predictPoses } from "./pose-prediction.ts";
import { type TrackOptions, voxelWindows } from "./voxel-windows.ts";

/** The body at the end of a step, or of a model without a body model its joints, in camera coordinates. */
export type TrackedStep = (PredictedPose | PredictedJoints) & {
  /** Number of the step, from 0. */
  readonly index: number;
  /** End of the step, µs, on the recording's clock. */
  readonly tUs: number;
  /** Events of the step within the region. */
  readonly events: number;
  /** What the model saw: `[C, H, W]` of 0 and 1, channel = 2 · (half of the step) + polarity. */
  readonly voxels: Float32Array;
};

/**
 * Tracks a body through a recording. The recording is cut into consecutive windows from its first event on; each goes
 * through the model by itself as soon as it has been read, and gives a pose at the end of each of its T steps. Memory
 * does not grow with the recording. A step without events gets a pose too, with `events: 0`; steps that end after the
 * last event are not reported. Of a model that tells poses at the T + 1 edges of the steps the first is left out: the window
 * before, which has seen what led there, tells of the same time.
 *
 * @param recording - read once, to its end unless the loop is left
 * @param poseModel - a pose model in evaluation mode whose input is binary voxels; see `parsePoseModel`
 * @throws FormatError if the recording has no events, or is silent for 10,000 windows; and its reader's
 * @throws ArgumentError if an option does not fit, or the recording is shorter than one step
 */
export async function* trackPoses(
  recording: EventStream,
  { model, inputSize }: Pick<PoseModel, "model" | "inputSize">,
  options: TrackOptions = {},
): AsyncGenerator<TrackedStep> {
  const { windowUs = 1_000_000, timeSteps = 8 } = options;
  const input = { inChannels: model.config.inChannels, inputSize };
  const first = model.poseTimes === "edges" ? 1 : 0;
  let index = 0;
  let span: EventWindow | undefined;
  for await (const { window, values, shape, events } of voxelWindows(recording, input, options)) {
    span = window;
    const lastUs = window.whole ? window.endUs : lastTime(window);
    const poses = withoutGradients(() => predictPoses(model, tensor(values, shape, { spikeLevels: 1 })));
    const stepSize = values.length / timeSteps;
    for (const [step, pose] of poses.slice(first).entries()) {
      const tUs = window.startUs + Math.round(((step + 1) * windowUs) / timeSteps);
      if (tUs > lastUs) break;
      const voxels = values.slice(step * stepSize, (step + 1) * stepSize);
      yield { index, tUs, ...pose, events: events[step]!, voxels };
      index++;
    }
  }
  if (span === undefined) {
    throw new FormatError(
      recording.format,
      (recording as Partial<Recording>).offset ?? 0,
      "expected events, got none",
    );
  }
  if (index === 0) {
    const ms = (lastTime(span) - span.startUs) / 1000;
    throw new ArgumentError(
      `trackPoses: expected a recording of one step (${windowUs / timeSteps / 1000} ms) or more, got ${ms} ms`,
    );
  }
}

/** Time of the last event of a window that has any. */
function lastTime({ startUs, events }: EventWindow): number {
  return events.at(-1)?.t.at(-1) ?? startUs;
}
