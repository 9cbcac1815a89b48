/** Binary voxels: where there were events enough. */
import { ArgumentError, show, sizeOf } from "../../core/index.ts";
import type { Events } from "../columns.ts";
import { GridIndex, type GridOptions, type GridShape, positive } from "./grid.ts";

/** Options of a {@link BinaryVoxelGrid}. */
export type BinaryGridOptions = GridOptions & {
  /** Events that make a voxel 1, 1 to 65535; 1 by default. */
  readonly threshold?: number;
  /** Frames that are merged to one step; 1 by default. */
  readonly gap?: number;
};

/**
 * A binary voxel grid, `[T, C, H, W]`: 1 where a `CountGrid` of the same options holds `threshold` events or more, else
 * 0: the input of the pose tracker [Zou2023]. With `subBins: 2` C is 4: two polarities in each half of a step.
 *
 * With a `gap` of g, a step is made of g consecutive frames, as the authors' code loads its recordings: each frame has
 * sub-bins and the threshold of its own, and a voxel is 1 where it is 1 in any of them. So channels tell sub-bins of a
 * frame, not of a step.
 */
export class BinaryVoxelGrid {
  readonly shape: GridShape;
  /** The voxels so far, `[T, C, H, W]`; the array that `add` goes on changing. */
  readonly values: Float32Array<ArrayBuffer>;
  readonly #index: GridIndex;
  readonly #threshold: number;
  readonly #gap: number;
  /** Elements of a frame, C · H · W. */
  readonly #frame: number;
  /** Counts up to the threshold, of every frame. */
  readonly #counts: Uint16Array;

  /** @throws ArgumentError if an option is out of its range */
  constructor({ threshold = 1, gap = 1, ...options }: BinaryGridOptions) {
    if (!(Number.isInteger(threshold) && threshold >= 1 && threshold <= 65535)) {
      throw new ArgumentError(`BinaryVoxelGrid: expected a threshold of 1 to 65535, got ${threshold}`);
    }
    positive("timeSteps", options.timeSteps);
    positive("gap", gap);
    this.#index = new GridIndex({ ...options, timeSteps: options.timeSteps * gap });
    this.#threshold = threshold;
    this.#gap = gap;
    const [, C, H, W] = this.#index.shape;
    this.shape = [options.timeSteps, C, H, W];
    this.#frame = C * H * W;
    this.values = new Float32Array(sizeOf(this.shape));
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
      const to = this.#gap === 1 ? at : mergedIndex(at, this.#gap, this.#frame);
      if (this.values[to] === 0 && ++this.#counts[at]! === this.#threshold) this.values[to] = 1;
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

/** Binary voxels of one batch of events as in {@link BinaryVoxelGrid}: `[T, C, H, W]`. */
export function binaryVoxelGrid(events: Events, options: BinaryGridOptions): Float32Array<ArrayBuffer> {
  const grid = new BinaryVoxelGrid(options);
  grid.add(events);
  return grid.values;
}

/**
 * Merges every `gap` consecutive frames by the largest value of each element, for binary frames their OR:
 * `[T · gap, C, H, W]` to `[T, C, H, W]`. Frames at the end that do not fill a step are left out.
 *
 * @param values - frames, row-major
 * @param shape - `[T · gap, C, H, W]`
 * @throws ArgumentError if `gap` is no whole number above 0, or the shape does not fit the values
 */
export function mergeFrames(
  values: Float32Array,
  shape: GridShape,
  gap: number,
): { values: Float32Array<ArrayBuffer>; shape: GridShape } {
  positive("gap", gap);
  if (sizeOf(shape) !== values.length) {
    throw new ArgumentError(`mergeFrames: expected ${show(shape)}, got ${values.length} values`);
  }
  const [frames, C, H, W] = shape;
  const steps = Math.floor(frames / gap);
  const frame = C * H * W;
  const merged = new Float32Array(steps * frame);
  for (let i = 0; i < steps * gap * frame; i++) {
    const to = mergedIndex(i, gap, frame);
    if (values[i]! > merged[to]!) merged[to] = values[i]!;
  }
  return { values: merged, shape: [steps, C, H, W] };
}

function mergedIndex(at: number, gap: number, frame: number): number {
  const step = Math.floor(at / (gap * frame));
  return step * frame + (at % frame);
}
