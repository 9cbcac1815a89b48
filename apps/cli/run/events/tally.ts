/** Statistics of a stream of events, in memory that does not grow with its length. */
import type { Events, SensorSize } from "../../../../src/events/index.ts";

/** Bins of a curve over time at most. */
const BINS = 480;
/** Width of the bins of a short recording, µs. */
const BIN_US = 1000;
/** Powers of two that an interval can have: 0, 1, 2…3, 4…7, up to 2^53 µs. */
const POWERS = 55;

/** Numbers of events over time. Bins become twice as wide whenever there are too many. */
export class RateCurve {
  binUs = BIN_US;
  startUs = 0;
  /** Bins in use. */
  count = 0;
  /** End of the last bin, µs. */
  #endUs = -Infinity;
  readonly #on = new Float64Array(BINS);
  readonly #off = new Float64Array(BINS);

  /** Adds an event; time never falls. */
  add(t: number, on: number): void {
    if (t >= this.#endUs) this.#grow(t);
    const side = on === 1 ? this.#on : this.#off;
    side[this.count - 1]!++;
  }

  #grow(t: number): void {
    if (this.count === 0) this.startUs = t;
    let bin = Math.floor((t - this.startUs) / this.binUs);
    while (bin >= BINS) {
      this.#halve();
      bin = Math.floor((t - this.startUs) / this.binUs);
    }
    this.count = bin + 1;
    this.#endUs = this.startUs + this.count * this.binUs;
  }

  /** ON events of each bin in use. */
  get on(): Float64Array {
    return this.#on.subarray(0, this.count);
  }

  /** OFF events of each bin in use. */
  get off(): Float64Array {
    return this.#off.subarray(0, this.count);
  }

  #halve(): void {
    for (const side of [this.#on, this.#off]) {
      for (let i = 0; i < BINS / 2; i++) side[i] = side[2 * i]! + side[2 * i + 1]!;
      side.fill(0, BINS / 2);
    }
    this.count = Math.ceil(this.count / 2);
    this.binUs *= 2;
  }
}

/** A pixel and its events. */
export type HotPixel = { readonly x: number; readonly y: number; readonly events: number };

/** Counts over time, by pixel, and of intervals. */
export class Tally {
  events = 0;
  on = 0;
  firstUs = NaN;
  lastUs = NaN;
  readonly sensor: SensorSize;
  readonly rate = new RateCurve();
  /** Events of each pixel, row by row. */
  readonly pixels: Uint32Array;
  /** How often the time since the event before lay in [2^(k-1), 2^k) µs; 0 µs for k = 0. */
  readonly gaps = new Float64Array(POWERS);
  /** The same for events of one pixel. */
  readonly intervals = new Float64Array(POWERS);
  readonly #last: Float64Array;

  constructor(sensor: SensorSize) {
    this.sensor = sensor;
    this.pixels = new Uint32Array(sensor.width * sensor.height);
    this.#last = new Float64Array(this.pixels.length).fill(NaN);
  }

  /** Adds a batch. */
  add({ t, x, y, on }: Events): void {
    const { width } = this.sensor;
    for (let i = 0; i < t.length; i++) {
      const time = t[i]!;
      const pixel = y[i]! * width + x[i]!;
      this.rate.add(time, on[i]!);
      if (this.events++ === 0) this.firstUs = time;
      else this.gaps[powerOf(time - this.lastUs)]!++;
      this.lastUs = time;
      this.on += on[i]!;
      this.pixels[pixel]!++;
      const before = this.#last[pixel]!;
      if (before <= time) this.intervals[powerOf(time - before)]!++;
      this.#last[pixel] = time;
    }
  }

  /** The pixels with the most events, the most first. */
  hottest(count: number): HotPixel[] {
    const { width } = this.sensor;
    const found: HotPixel[] = [];
    this.pixels.forEach((events, pixel) => {
      if (events === 0 || (found.length === count && events <= found.at(-1)!.events)) return;
      const at = found.findIndex((other) => other.events < events);
      found.splice(at < 0 ? found.length : at, 0, { x: pixel % width, y: Math.floor(pixel / width), events });
      if (found.length > count) found.pop();
    });
    return found;
  }

  /** How many events pixels had. */
  perPixel(): { active: number; mean: number; median: number; most: number } {
    const sorted = this.pixels.toSorted();
    return {
      active: sorted.length - sorted.filter((events) => events === 0).length,
      mean: this.events / sorted.length,
      median: sorted[sorted.length >> 1]!,
      most: sorted.at(-1)!,
    };
  }
}

function powerOf(us: number): number {
  return us < 2 ** 31 ? 32 - Math.clz32(us) : Math.min(POWERS - 1, 1 + Math.floor(Math.log2(us)));
}
