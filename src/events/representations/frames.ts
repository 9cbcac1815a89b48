/** Counts of events as pictures: one of all events, or one of each slice of a recording. */
import { ArgumentError } from "../../core/index.ts";
import type { Events } from "../columns.ts";
import { sliceEvents } from "../join.ts";
import { type Placement, placement, type PlacementOptions } from "../placement.ts";
import { elements, type GridShape, pixelOf } from "./grid.ts";
import { checkSlices, type SliceOptions, slices } from "./slices.ts";

/** A grid as arrays: values, row-major, and the sizes along T, C, H, W. */
export type Grid = { readonly values: Float32Array<ArrayBuffer>; readonly shape: GridShape };

/** Options of {@link toFrame}. */
export type FrameOptions = PlacementOptions & SliceOptions;

/** Options of {@link FrameBuilder}: one of `windowUs` and `eventCount`. */
export type FrameBuilderOptions = PlacementOptions &
  Pick<SliceOptions, "windowUs" | "eventCount" | "overlap">;

/**
 * Counts of events in slices of a batch, `[T, P, H, W]`: the `ToFrame` of [Lenz2021], with its ways to cut (`slices`
 * tells their edges).
 *
 * @throws ArgumentError if an option is out of its range or there are too many frames
 */
export function toFrame(events: Events, options: FrameOptions): Grid {
  const parts = slices("toFrame", events, options);
  const place = placement(options);
  const frame = frameLength(place);
  const shape = [parts.length, 2, place.size.height, place.size.width] as const;
  const values = new Float32Array(elements(shape));
  parts.forEach(({ start, end }, k) => {
    count(values.subarray(k * frame, (k + 1) * frame), place, sliceEvents(events, start, end));
  });
  return { values, shape };
}

/** Counts of all events of a batch, `[P, H, W]`: the `ToImage` of [Lenz2021]. */
export function toImage(events: Events, options: PlacementOptions): Float32Array<ArrayBuffer> {
  const image = new EventImage(options);
  image.add(events);
  return image.values;
}

/** Counts of all events so far, `[1, P, H, W]`. */
export class EventImage {
  readonly shape: GridShape;
  /** The counts so far; the array that `add` goes on changing. */
  readonly values: Float32Array<ArrayBuffer>;
  readonly #placement: Placement;

  /** @throws ArgumentError if an option is out of its range */
  constructor(options: PlacementOptions) {
    this.#placement = placement(options);
    this.shape = [1, 2, this.#placement.size.height, this.#placement.size.width];
    this.values = new Float32Array(elements(this.shape));
  }

  /** Adds the events that lie in the picture; returns how many. */
  add(events: Events): number {
    return count(this.values, this.#placement, events);
  }

  /** Starts afresh. */
  clear(): void {
    this.values.fill(0);
  }
}

/**
 * {@link toFrame} for a stream, by `windowUs` or `eventCount`: hands out each frame as soon as an event after it was
 * added (by time) or its last one (by number). Holds the frames that overlap; an event costs as much as there are.
 */
export class FrameBuilder {
  readonly shape: GridShape;
  readonly #placement: Placement;
  readonly #length: number;
  readonly #stride: number;
  readonly #byTime: boolean;
  /** Frames that are not full, oldest first, and the place of the first: a time, or a number of events. */
  #open: Float32Array<ArrayBuffer>[] = [];
  #start: number | undefined;
  #added = 0;

  /** @throws ArgumentError if an option is out of its range, or the cut is not by `windowUs` or `eventCount` */
  constructor(options: FrameBuilderOptions) {
    const { windowUs, eventCount, overlap = 0 } = checkSlices("FrameBuilder", options);
    const length = windowUs ?? eventCount;
    if (length === undefined) {
      throw new ArgumentError("FrameBuilder: expected windowUs or eventCount: a stream has no known end");
    }
    this.#placement = placement(options);
    this.shape = [1, 2, this.#placement.size.height, this.#placement.size.width];
    elements([Math.ceil(length / (length - overlap)), ...this.shape.slice(1)]);
    this.#length = length;
    this.#stride = length - overlap;
    this.#byTime = windowUs !== undefined;
  }

  /**
   * Adds events in order of time.
   *
   * @returns frames that became full, `[1, P, H, W]` each
   * @throws ArgumentError if time leaps over more frames than can be allocated
   */
  add({ t, x, y, on }: Events): Float32Array<ArrayBuffer>[] {
    const full: Float32Array<ArrayBuffer>[] = [];
    const plane = this.#placement.size.height * this.#placement.size.width;
    for (let i = 0; i < t.length; i++) {
      const at = this.#byTime ? t[i]! : this.#added;
      this.#start ??= at;
      this.#closeBefore(at, full);
      while (this.#start + this.#open.length * this.#stride <= at) {
        this.#open.push(new Float32Array(2 * plane));
      }
      this.#added++;
      const pixel = pixelOf(this.#placement, x[i]!, y[i]!);
      if (pixel < 0) continue;
      for (const frame of this.#open) frame[on[i]! * plane + pixel]!++;
    }
    if (!this.#byTime) this.#closeBefore(this.#added, full);
    return full;
  }

  /** The oldest frame that is not full, as it is now, or undefined if there is none. */
  read(): Float32Array<ArrayBuffer> | undefined {
    return this.#open[0]?.slice();
  }

  /** Starts afresh. */
  clear(): void {
    this.#open = [];
    this.#start = undefined;
    this.#added = 0;
  }

  /** Hands out the frames that end at or before a place. */
  #closeBefore(at: number, full: Float32Array<ArrayBuffer>[]): void {
    if (this.#start === undefined || this.#start + this.#length > at) return;
    const leap = Math.ceil((at - this.#start - this.#length) / this.#stride);
    elements([full.length + leap, ...this.shape.slice(1)]);
    while (this.#start + this.#length <= at) {
      full.push(this.#open.shift() ?? new Float32Array(frameLength(this.#placement)));
      this.#start += this.#stride;
    }
  }
}

function frameLength({ size }: Placement): number {
  return 2 * size.height * size.width;
}

function count(values: Float32Array, place: Placement, { t, x, y, on }: Events): number {
  const plane = place.size.height * place.size.width;
  let added = 0;
  for (let i = 0; i < t.length; i++) {
    const pixel = pixelOf(place, x[i]!, y[i]!);
    if (pixel < 0) continue;
    values[on[i]! * plane + pixel]!++;
    added++;
  }
  return added;
}
