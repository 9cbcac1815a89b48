/** Where the events of a grid go whose bins are set beforehand. */
import { ArgumentError, show, sizeOf } from "../../core/index.ts";
import { type Placement, placement, type PlacementOptions } from "../placement.ts";

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

/** Index into `[T, C, H, W]` of every event; see `CountGrid` for the bins. */
export class GridIndex {
  readonly shape: GridShape;
  readonly length: number;
  startUs: number;
  readonly #placement: Placement;
  readonly #bins: number;
  readonly #polarities: number;
  readonly #durationUs: number;

  /** @throws ArgumentError if an option is out of its range */
  constructor(options: GridOptions) {
    const { timeSteps, durationUs, startUs = 0, subBins = 1, polarities = true } = options;
    positive("timeSteps", timeSteps);
    positive("subBins", subBins);
    positiveTime("durationUs", durationUs);
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

/** Index into `[H, W]` of a sensor's pixel, or -1 if it lies outside. */
export function pixelOf({ columns, rows, size }: Placement, x: number, y: number): number {
  const column = columns[x] ?? -1;
  const row = rows[y] ?? -1;
  return column < 0 || row < 0 ? -1 : row * size.width + column;
}

/** @throws ArgumentError unless it is a whole number from 1 to 65536 */
export function positive(name: string, value: number): void {
  if (!(Number.isInteger(value) && value > 0 && value <= 65536)) {
    throw new ArgumentError(`grid: expected ${name} of 1 to 65536, got ${value}`);
  }
}

/** @throws ArgumentError unless it is a finite time above 0 */
export function positiveTime(name: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value))) {
    throw new ArgumentError(`grid: expected a ${name} above 0, got ${value}`);
  }
}

/**
 * Number of elements of a shape.
 *
 * @throws ArgumentError if these are too many to allocate
 */
export function elements(shape: readonly number[]): number {
  const count = sizeOf(shape);
  if (!(count <= MAX_ELEMENTS)) {
    throw new ArgumentError(`grid: expected at most ${MAX_ELEMENTS} voxels, got ${count} in ${show(shape)}`);
  }
  return count;
}
