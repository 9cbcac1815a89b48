/** Counts of events in bins that are set beforehand. */
import type { Events } from "../columns.ts";
import { GridIndex, type GridOptions, type GridShape } from "./grid.ts";

/**
 * Counts of events, `[T, C, H, W]` with C = subBins · P, where P is 2 polarities (0 = OFF, 1 = ON), or 1 if they are not
 * told apart; channel = sub-bin · P + polarity. The sub-bin of an event, counted from the start of the grid, is
 *
 *   floor((t - startUs) · T · subBins / durationUs)
 *
 * and its pixel that of `placement`. Every event costs the same, so that a grid can follow a live stream. With one
 * sub-bin a step of a fixed length this is the input of the hybrid's SNN [Aydin2024].
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

/** Counts of one batch of events as in {@link CountGrid}: `[T, C, H, W]`. */
export function countFrames(events: Events, options: GridOptions): Float32Array<ArrayBuffer> {
  const grid = new CountGrid(options);
  grid.add(events);
  return grid.values;
}
