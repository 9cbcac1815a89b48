/** Tracking a body through a recording, window by window, in constant memory. */
import type { Pose } from "../body/index.ts";
import { ArgumentError, FormatError } from "../core/index.ts";
import {
  BinaryVoxelGrid,
  type EventStream,
  type EventWindow,
  type Fit,
  indexAtTime,
  type Recording,
  type Region,
  type SensorSize,
  sliceEvents,
  windows,
} from "../events/index.ts";
import { tensor, withoutGradients } from "../tensor/index.ts";
import type { PoseModel } from "./pose-model-file.ts";
import { predictPoses } from "./pose-prediction.ts";

/** Options of {@link trackPoses}. */
export type TrackOptions = {
  /** Length of a window, µs, an integer; 1 s by default. */
  readonly windowUs?: number;
  /** T, the steps that a window is divided into; 8 by default. The model should have been trained with as many. */
  readonly timeSteps?: number;
  /** The part of the sensor that is looked at; all of it by default. */
  readonly region?: Region;
  /** How the region is laid on the model's square input; `"contain"` by default. */
  readonly fit?: Fit;
  /** Events that make a voxel 1; {@link voxelThreshold} of the region by default. */
  readonly threshold?: number;
};

/** The body at the end of a step, in camera coordinates. */
export type TrackedStep = Pose & {
  /** Number of the step, from 0. */
  readonly index: number;
  /** End of the step, µs, on the recording's clock. */
  readonly tUs: number;
  /** Joints of the built-in body, `[24, 3]`, metres. */
  readonly joints: Float64Array;
  /** Events of the step within the region. */
  readonly events: number;
  /** What the model saw: `[C, H, W]` of 0 and 1, channel = 2 · (half of the step) + polarity. */
  readonly voxels: Float32Array;
};

/** The grid that the models are trained on: how many pixels lie under a voxel, and how many events set it. */
const TRAINING = { pixelsPerVoxel: 4, threshold: 1 } as const;

/** Windows in a row without an event that are still tracked. */
const MAX_EMPTY_WINDOWS = 10_000;

/**
 * Events that make a voxel 1, for a sensor (or region) laid on a square input of side `inputSize`: as many as in
 * training, one for the 4 pixels under a voxel, in proportion to the pixels under a voxel here; at least 1. An edge
 * that moves across a voxel and the noise of its pixels both bring events in proportion to this area, so that large
 * sensors neither fill the grid with noise nor small ones leave it empty.
 *
 * @param fit - as in {@link TrackOptions}
 */
export function voxelThreshold(size: SensorSize, inputSize: number, fit: Fit = "contain"): number {
  const sides = [size.width, size.height];
  const side = fit === "contain" ? Math.max(...sides) : Math.min(...sides);
  const pixelsPerVoxel = (side / inputSize) ** 2;
  return Math.max(1, Math.round((TRAINING.threshold * pixelsPerVoxel) / TRAINING.pixelsPerVoxel));
}

/**
 * Tracks a body through a recording. The recording is cut into consecutive windows from its first event on; each goes
 * through the model by itself as soon as it has been read, and gives a pose at the end of each of its T steps. Memory
 * does not grow with the recording. A step without events gets a pose too, with `events: 0`; steps that end after the
 * last event are not reported.
 *
 * @param recording - read once, to its end unless the loop is left
 * @param poseModel - a pose model in evaluation mode whose input is binary voxels; see `parsePoseModel`
 * @throws FormatError if the recording has no events, or is silent for 10,000 windows; and its reader's
 * @throws ArgumentError if an option does not fit, or the recording is shorter than one step
 */
export async function* trackPoses(
  recording: EventStream,
  { model }: Pick<PoseModel, "model">,
  options: TrackOptions = {},
): AsyncGenerator<TrackedStep> {
  const { windowUs = 1_000_000, timeSteps = 8, region, fit = "contain" } = options;
  const { head, inChannels } = model.config;
  if (head.kind !== "pose" || inChannels % 2 !== 0) {
    throw new ArgumentError(
      `trackPoses: expected a pose model of two polarities, got ${inChannels} channels and a ${head.kind} head`,
    );
  }
  if (!(Number.isInteger(windowUs) && windowUs >= timeSteps)) {
    throw new ArgumentError(`trackPoses: expected windowUs of ${timeSteps} or more, got ${windowUs}`);
  }
  const { sensor } = recording;
  const { inputSize } = head;
  const grid = new BinaryVoxelGrid({
    sensor,
    ...(region === undefined ? {} : { region }),
    size: { width: inputSize, height: inputSize },
    fit,
    timeSteps,
    subBins: inChannels / 2,
    durationUs: windowUs,
    threshold: options.threshold ?? voxelThreshold(region ?? sensor, inputSize, fit),
  });
  const video = [timeSteps, 1, ...grid.shape.slice(1)];
  const stepSize = grid.values.length / timeSteps;
  let index = 0;
  let span: EventWindow | undefined;
  for await (const window of windows(recording, { windowUs, maxEmptyWindows: MAX_EMPTY_WINDOWS })) {
    span = window;
    const events = fill(grid, window, timeSteps);
    const lastUs = window.whole ? window.endUs : lastTime(window);
    const poses = withoutGradients(() => predictPoses(model, tensor(grid.values, video, { spikeLevels: 1 })));
    for (const [step, pose] of poses.entries()) {
      const tUs = window.startUs + Math.round(((step + 1) * windowUs) / timeSteps);
      if (tUs > lastUs) break;
      const voxels = grid.values.slice(step * stepSize, (step + 1) * stepSize);
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

/** Bins the events of a window; returns how many each step has. */
function fill(grid: BinaryVoxelGrid, { startUs, endUs, events }: EventWindow, timeSteps: number): number[] {
  grid.clear(startUs);
  const counts = new Array<number>(timeSteps).fill(0);
  const stepUs = (endUs - startUs) / timeSteps;
  for (const batch of events) {
    for (let step = 0; step < timeSteps; step++) {
      const from = indexAtTime(batch, startUs + step * stepUs);
      const to = indexAtTime(batch, startUs + (step + 1) * stepUs);
      counts[step]! += grid.add(sliceEvents(batch, from, to));
    }
  }
  return counts;
}

/** Time of the last event of a window that has any. */
function lastTime({ startUs, events }: EventWindow): number {
  return events.at(-1)?.t.at(-1) ?? startUs;
}
