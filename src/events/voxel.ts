/** Events binned in space and time: dense grids, the input of the models. Pure typed arrays; shapes are documented. */
import { ArgumentError, show, sizeOf } from "../core/index.ts";
import type { Events } from "./columns.ts";
import { type Placement, placement, type PlacementOptions } from "./placement.ts";

/** Options of the grids whose bins are set beforehand. */
export type GridOptions = PlacementOptions & {
  /** T, the number of time steps. */
  readonly timeSteps: number;
  /** Length of all steps together, in µs. */
  readonly durationUs: number;
  /** Start of the first step, in µs; 0 by default. */
  readonly startUs?: number;
  /** Parts of a step that have channels of their own; 1 by default. */
  readonly subBins?: number;
  /** Whether the polarities have channels of their own; true by default. */
  readonly polarities?: boolean;
};

/** Sizes along T, C, H, W. */
export type GridShape = readonly [number, number, number, number];

/** Elements that a grid may have: 1 GiB of floats. */
const MAX_ELEMENTS = 1 << 28;

/** Where the events of a grid go. */
class GridIndex {
  readonly shape: GridShape;
  readonly length: number;
  startUs: number;
  readonly #placement: Placement;
  readonly #bins: number;
  readonly #polarities: number;
  readonly #durationUs: number;

  constructor(options: GridOptions) {
    const { timeSteps, durationUs, startUs = 0, subBins = 1, polarities = true } = options;
    positive("timeSteps", timeSteps);
    positive("subBins", subBins);
    if (!(durationUs > 0 && Number.isFinite(durationUs))) {
      throw new ArgumentError(`grid: expected a durationUs above 0, got ${durationUs}`);
    }
    this.startUs = startUs;
    this.#placement = placement(options);
    this.#bins = timeSteps * subBins;
    this.#polarities = polarities ? 2 : 1;
    this.#durationUs = durationUs;
    const { width, height } = this.#placement.size;
    this.shape = [timeSteps, subBins * this.#polarities, height, width];
    this.length = elements(this.shape);
  }

  /** Index into `[T, C, H, W]` of an event, or -1 if it lies outside. */
  of(t: number, x: number, y: number, on: number): number {
    const bin = Math.floor(((t - this.startUs) * this.#bins) / this.#durationUs);
    const pixel = pixelOf(this.#placement, x, y);
    if (pixel < 0 || bin < 0 || bin >= this.#bins) return -1;
    const plane = this.#polarities === 2 ? 2 * bin + on : bin;
    return plane * this.#placement.size.height * this.#placement.size.width + pixel;
  }
}

/**
 * Counts of events, `[T, C, H, W]` with C = subBins · P, where P is 2 polarities (0 = OFF, 1 = ON), or 1 if they are not
 * told apart; channel = sub-bin · P + polarity. The sub-bin of an event, counted from the start of the grid, is
 *
 *   floor((t - startUs) · T · subBins / durationUs)
 *
 * and its pixel that of `placement`. Every event costs the same, so that a grid can follow a live stream.
 */
export class CountGrid {
  readonly shape: GridShape;
  /** The counts so far, `[T, C, H, W]`; the array that `add` goes on changing. */
  readonly values: Float32Array<ArrayBuffer>;
  readonly #index: GridIndex;

  /** @throws ArgumentError if an option is out of its range */
  constructor(options: GridOptions) {
    this.#index = new GridIndex(options);
    this.shape = this.#index.shape;
    this.values = new Float32Array(this.#index.length);
  }

  /**
   * Adds the events that lie in the grid and passes over the others.
   *
   * @returns how many were added
   */
  add({ t, x, y, on }: Events): number {
    let added = 0;
    for (let i = 0; i < t.length; i++) {
      const at = this.#index.of(t[i]!, x[i]!, y[i]!, on[i]!);
      if (at < 0) continue;
      this.values[at]!++;
      added++;
    }
    return added;
  }

  /** Starts afresh, at another time if one is given (in µs). */
  clear(startUs = this.#index.startUs): void {
    this.#index.startUs = startUs;
    this.values.fill(0);
  }
}

/**
 * A binary voxel grid, `[T, C, H, W]`: 1 where a {@link CountGrid} of the same options holds `threshold` events or more,
 * else 0: the input of the pose tracker [Zou2023]. With `subBins: 2` C is 4: two polarities in each
 * half of a step.
 */
export class BinaryVoxelGrid {
  readonly shape: GridShape;
  /** The voxels so far, `[T, C, H, W]`; the array that `add` goes on changing. */
  readonly values: Float32Array<ArrayBuffer>;
  readonly #index: GridIndex;
  readonly #threshold: number;
  /** Counts up to the threshold. */
  readonly #counts: Uint16Array;

  /**
   * @param options - as of a grid, and `threshold`: events that make a voxel 1, 1 to 65535, 1 by default
   * @throws ArgumentError if an option is out of its range
   */
  constructor({ threshold = 1, ...options }: GridOptions & { readonly threshold?: number }) {
    if (!(Number.isInteger(threshold) && threshold >= 1 && threshold <= 65535)) {
      throw new ArgumentError(`BinaryVoxelGrid: expected a threshold of 1 to 65535, got ${threshold}`);
    }
    this.#index = new GridIndex(options);
    this.#threshold = threshold;
    this.shape = this.#index.shape;
    this.values = new Float32Array(this.#index.length);
    this.#counts = new Uint16Array(this.#index.length);
  }

  /**
   * Adds the events that lie in the grid and passes over the others.
   *
   * @returns how many were added
   */
  add({ t, x, y, on }: Events): number {
    let added = 0;
    for (let i = 0; i < t.length; i++) {
      const at = this.#index.of(t[i]!, x[i]!, y[i]!, on[i]!);
      if (at < 0) continue;
      added++;
      if (this.values[at] === 0 && ++this.#counts[at]! === this.#threshold) this.values[at] = 1;
    }
    return added;
  }

  /** Starts afresh, at another time if one is given (in µs). */
  clear(startUs = this.#index.startUs): void {
    this.#index.startUs = startUs;
    this.values.fill(0);
    this.#counts.fill(0);
  }
}

/** Counts of one batch of events as in {@link CountGrid}: `[T, C, H, W]`. */
export function countFrames(events: Events, options: GridOptions): Float32Array<ArrayBuffer> {
  const grid = new CountGrid(options);
  grid.add(events);
  return grid.values;
}

/** Options of the grids whose time runs from the first to the last event of a batch. */
export type StackOptions = PlacementOptions & {
  /** Number of bins in time. */
  readonly bins: number;
};

/**
 * Counts of events in bins that divide the time from the first to the last event of the batch, `[bins, P, H, W]`, the
 * input of the hybrid ANN-SNN [Aydin2024]:
 *
 *   bin = min(floor((t - t_first) / (t_last - t_first) · bins), bins - 1), in single precision
 *
 * Its edges follow the events: they are not exact parts of a second. If all times are equal the bin is 0. Events outside
 * the region count for t_first and t_last.
 *
 * @param options - `polarityFirst`: axes `[P, bins, H, W]` instead, false by default
 */
export function stackedHistogram(
  events: Events,
  { polarityFirst = false, ...options }: StackOptions & { readonly polarityFirst?: boolean },
): Float32Array<ArrayBuffer> {
  const { bins } = options;
  positive("bins", bins);
  const place = placement(options);
  const plane = place.size.width * place.size.height;
  const values = new Float32Array(elements([bins, 2, place.size.height, place.size.width]));
  const { t, x, y, on } = events;
  const phase = phaseOf(t);
  for (let i = 0; i < t.length; i++) {
    const pixel = pixelOf(place, x[i]!, y[i]!);
    if (pixel < 0) continue;
    const bin = Math.min(Math.floor(Math.fround(phase(t[i]!) * bins)), bins - 1);
    values[(polarityFirst ? on[i]! * bins + bin : 2 * bin + on[i]!) * plane + pixel]!++;
  }
  return values;
}

/**
 * Signed voxel grid, `[bins, H, W]`: an event adds +1 (ON) or -1 (OFF), shared linearly between the two bins next to its
 * time, where the first event lies on bin 0 and the last one on bin `bins - 1` [Zhu2019, eq. 1–2]. Events
 * outside the region count for the first and last time.
 */
export function bilinearVoxelGrid(events: Events, options: StackOptions): Float32Array<ArrayBuffer> {
  const { bins } = options;
  positive("bins", bins);
  const place = placement(options);
  const plane = place.size.width * place.size.height;
  const values = new Float32Array(elements([bins, 1, place.size.height, place.size.width]));
  const { t, x, y, on } = events;
  const phase = phaseOf(t);
  for (let i = 0; i < t.length; i++) {
    const pixel = pixelOf(place, x[i]!, y[i]!);
    if (pixel < 0) continue;
    const at = Math.fround(phase(t[i]!) * (bins - 1));
    const bin = Math.floor(at);
    const sign = 2 * on[i]! - 1;
    values[bin * plane + pixel]! += sign * (1 - (at - bin));
    if (bin + 1 < bins) values[(bin + 1) * plane + pixel]! += sign * (at - bin);
  }
  return values;
}

/** Time as a part of the time from the first to the last event, in single precision; 0 if there is none. */
function phaseOf(t: Float64Array): (time: number) => number {
  const first = t[0] ?? 0;
  const duration = Math.fround((t[t.length - 1] ?? 0) - first);
  return (time) => (duration === 0 ? 0 : Math.fround(Math.fround(time - first) / duration));
}

/** Index into `[H, W]` of a sensor's pixel, or -1 if it lies outside. */
function pixelOf({ columns, rows, size }: Placement, x: number, y: number): number {
  const column = columns[x] ?? -1;
  const row = rows[y] ?? -1;
  return column < 0 || row < 0 ? -1 : row * size.width + column;
}

function positive(name: string, value: number): void {
  if (!(Number.isInteger(value) && value > 0 && value <= 65536)) {
    throw new ArgumentError(`grid: expected ${name} of 1 to 65536, got ${value}`);
  }
}

function elements(shape: GridShape): number {
  const count = sizeOf(shape);
  if (count > MAX_ELEMENTS) {
    throw new ArgumentError(`grid: expected at most ${MAX_ELEMENTS} voxels, got ${count} in ${show(shape)}`);
  }
  return count;
}
