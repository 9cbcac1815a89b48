/** Time-ordered recent event (TORE) volumes. */
import { ArgumentError } from "../../core/index.ts";
import type { Events } from "../columns.ts";
import { type Placement, placement, type PlacementOptions } from "../placement.ts";
import { elements, type GridShape, pixelOf } from "./grid.ts";

/** Options of {@link ToreVolume}. */
export type ToreOptions = PlacementOptions & {
  /** K, the events of a pixel and polarity that are remembered, 1 to 256; 4 by default. */
  readonly depth?: number;
  /** Ages up to this are 0, in µs; 150 by default. */
  readonly minUs?: number;
  /** Ages count as this at most, also of events that never were, in µs; 5 s by default. */
  readonly maxUs?: number;
};

/**
 * A TORE volume [Baldwin2022], `[1, P · K, H, W]`: the ages Δ_1 ≤ … ≤ Δ_K of the last K events of each pixel and
 * polarity, newest first, on a logarithmic scale
 *
 *   V(p, k, y, x) = max(0, ln(min(Δ_k, maxUs) + 1) − ln(minUs + 1))
 *
 * so that old and missing events have the largest value. Channel = polarity · K + k, with OFF before ON; the authors'
 * code has ON first. The logarithm may differ in its last bit between browsers.
 */
export class ToreVolume {
  readonly shape: GridShape;
  readonly #placement: Placement;
  readonly #depth: number;
  readonly #minUs: number;
  readonly #maxUs: number;
  /** Rings of times, `[P, H · W, K]`, and how often each was written to. */
  readonly #times: Float64Array;
  readonly #next: Uint16Array;
  #nowUs = Number.NEGATIVE_INFINITY;

  /** @throws ArgumentError if an option is out of its range */
  constructor(options: ToreOptions) {
    const { depth = 4, minUs = 150, maxUs = 5_000_000 } = options;
    if (!(Number.isInteger(depth) && depth >= 1 && depth <= 256)) {
      throw new ArgumentError(`ToreVolume: expected a depth of 1 to 256, got ${depth}`);
    }
    if (!(minUs >= 0 && minUs < maxUs && Number.isFinite(maxUs))) {
      throw new ArgumentError(`ToreVolume: expected 0 <= minUs < maxUs, got ${minUs} and ${maxUs}`);
    }
    this.#placement = placement(options);
    const { width, height } = this.#placement.size;
    this.shape = [1, 2 * depth, height, width];
    this.#times = new Float64Array(elements(this.shape)).fill(Number.NEGATIVE_INFINITY);
    this.#next = new Uint16Array(2 * height * width);
    this.#depth = depth;
    this.#minUs = minUs;
    this.#maxUs = maxUs;
  }

  /** Takes events in order of time; returns how many lie in the volume. */
  add({ t, x, y, on }: Events): number {
    const { width, height } = this.#placement.size;
    let added = 0;
    for (let i = 0; i < t.length; i++) {
      this.#nowUs = t[i]!;
      const pixel = pixelOf(this.#placement, x[i]!, y[i]!);
      if (pixel < 0) continue;
      const ring = on[i]! * height * width + pixel;
      const at = this.#next[ring]!;
      this.#times[ring * this.#depth + at] = t[i]!;
      this.#next[ring] = at + 1 === this.#depth ? 0 : at + 1;
      added++;
    }
    return added;
  }

  /**
   * The volume at a time, `[P · K, H, W]`.
   *
   * @param timeUs - when ages are taken; at the last event by default. Events after it have age 0
   */
  read(timeUs = this.#nowUs): Float32Array<ArrayBuffer> {
    const K = this.#depth;
    const plane = this.#placement.size.height * this.#placement.size.width;
    const values = new Float32Array(2 * K * plane);
    const least = Math.log(this.#minUs + 1);
    const most = Math.log(this.#maxUs + 1) - least;
    for (let ring = 0; ring < 2 * plane; ring++) {
      const p = ring < plane ? 0 : 1;
      for (let k = 0; k < K; k++) {
        const time = this.#times[ring * K + ((this.#next[ring]! + 2 * K - 1 - k) % K)]!;
        // Nothing was written: also the age of an event at a time that is not finite.
        const age = time === Number.NEGATIVE_INFINITY ? this.#maxUs : timeUs - time;
        values[(p * K + k) * plane + (ring - p * plane)] =
          age >= this.#maxUs ? most : Math.max(0, Math.log(Math.max(0, age) + 1) - least);
      }
    }
    return values;
  }

  /** Starts afresh. */
  clear(): void {
    this.#times.fill(Number.NEGATIVE_INFINITY);
    this.#next.fill(0);
    this.#nowUs = Number.NEGATIVE_INFINITY;
  }
}

/**
 * The {@link ToreVolume} of a batch at its last event, or at a given time: `[P · K, H, W]`.
 *
 * @throws ArgumentError if an option is out of its range
 */
export function toreVolume(
  events: Events,
  { timeUs, ...options }: ToreOptions & { readonly timeUs?: number },
): Float32Array<ArrayBuffer> {
  const volume = new ToreVolume(options);
  volume.add(events);
  return volume.read(timeUs);
}
