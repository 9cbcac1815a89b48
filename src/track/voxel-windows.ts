/** What pose models see of a recording: windows of binary voxels. */
import { ArgumentError } from "../core/index.ts";
import {
  BinaryVoxelGrid,
  type EventStream,
  type EventWindow,
  type Fit,
  indexAtTime,
  type Region,
  type SensorSize,
  sliceEvents,
  windows,
} from "../events/index.ts";

/** Options of `trackPoses` and {@link voxelWindows}. */
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

/** The grid that the models are trained on: how many pixels lie under a voxel, and how many events set it. */
const TRAINING = { pixelsPerVoxel: 4, threshold: 1 } as const;

/** Windows in a row without an event that are still tracked. */
const MAX_EMPTY_WINDOWS = 10_000;

/** What a pose model takes. */
export type VoxelInput = {
  /** C, even: two polarities in each of C / 2 parts of a step. */
  readonly inChannels: number;
  /** Side of the square picture. */
  readonly inputSize: number;
};

/** A window as a pose model sees it. */
export type VoxelWindow = {
  readonly window: EventWindow;
  /** `[T, 1, C, H, W]` of 0 and 1, channel = 2 · (half of the step) + polarity; overwritten by the next window. */
  readonly values: Float32Array;
  readonly shape: readonly number[];
  /** Events of each step within the region. */
  readonly events: readonly number[];
};

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

/** Options of {@link voxelGrid}. */
export type VoxelGridOptions = TrackOptions &
  VoxelInput & { readonly windowUs: number; readonly timeSteps: number };

/**
 * The grid that bins a window as a pose model sees it, `[T, C, H, W]` with channel = 2 · (part of the step) + polarity.
 * @throws ArgumentError if an option does not fit
 */
export function voxelGrid(sensor: SensorSize, options: VoxelGridOptions): BinaryVoxelGrid {
  const { windowUs, timeSteps, inputSize, inChannels, region, fit = "contain" } = options;
  return new BinaryVoxelGrid({
    sensor,
    ...(region === undefined ? {} : { region }),
    size: { width: inputSize, height: inputSize },
    fit,
    timeSteps,
    subBins: inChannels / 2,
    durationUs: windowUs,
    threshold: options.threshold ?? voxelThreshold(region ?? sensor, inputSize, fit),
  });
}

/**
 * Cuts a recording into consecutive windows from its first event on, each binned for a model. Memory does not grow with
 * the recording.
 *
 * @throws FormatError if the recording is silent for 10,000 windows; and its reader's
 * @throws ArgumentError if an option does not fit
 */
export async function* voxelWindows(
  recording: EventStream,
  { inChannels, inputSize }: VoxelInput,
  options: TrackOptions = {},
): AsyncGenerator<VoxelWindow> {
  const { windowUs = 1_000_000, timeSteps = 8 } = options;
  if (inChannels % 2 !== 0) {
    throw new ArgumentError(
      `trackPoses: expected a pose model of two polarities, got one of ${inChannels} channels`,
    );
  }
  if (!(Number.isInteger(windowUs) && windowUs >= timeSteps)) {
    throw new ArgumentError(`trackPoses: expected windowUs of ${timeSteps} or more, got ${windowUs}`);
  }
  const grid = voxelGrid(recording.sensor, { ...options, windowUs, timeSteps, inputSize, inChannels });
  const shape = [timeSteps, 1, ...grid.shape.slice(1)];
  for await (const window of windows(recording, { windowUs, maxEmptyWindows: MAX_EMPTY_WINDOWS })) {
    const events = fill(grid, window, timeSteps);
    yield { window, values: grid.values, shape, events };
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
