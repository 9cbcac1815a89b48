/** Time surfaces: how long ago each pixel saw its last event. */
import { ArgumentError } from "../../core/index.ts";
import type { Events } from "../columns.ts";
import { sliceEvents } from "../join.ts";
import { type Placement, placement, type PlacementOptions } from "../placement.ts";
import type { Grid } from "./frames.ts";
import { elements, type GridShape, pixelOf, positiveTime } from "./grid.ts";
import { slices } from "./slices.ts";

/** Options of {@link TimeSurface}. */
export type TimeSurfaceOptions = PlacementOptions & {
  /** τ, the time constant of the decay, in µs. */
  readonly tauUs: number;
  /** How values fall with time: exponentially, or in a line down to 0 at 3 τ; `"exp"` by default. */
  readonly decay?: "exp" | "lin";
  /** Whether the polarities have surfaces of their own; true by default. */
  readonly polarities?: boolean;
};

/**
 * A time surface, `[1, P, H, W]` [Lagorce2017, eq. 2–3]: with T(p, y, x) the time of the last event of a pixel,
 *
 *   S(p, y, x) = exp(−(t − T) / τ), or max(0, 1 − (t − T) / 3τ) with the decay `"lin"`
 *
 * and 0 where there was none. The surfaces of the paper are patches of it around each event. The exponential may differ
 * in its last bit between browsers.
 */
export class TimeSurface {
  readonly shape: GridShape;
  readonly #placement: Placement;
  readonly #tauUs: number;
  readonly #decay: "exp" | "lin";
  /** Times of the last events, `[P, H, W]`. */
  readonly #last: Float64Array;
  #nowUs = Number.NEGATIVE_INFINITY;

  /** @throws ArgumentError if an option is out of its range */
  constructor(options: TimeSurfaceOptions) {
    const { tauUs, decay = "exp", polarities = true } = options;
    positiveTime("tauUs", tauUs);
    if (decay !== "exp" && decay !== "lin") {
      throw new ArgumentError(`TimeSurface: expected a decay of exp or lin, got ${String(decay)}`);
    }
    this.#placement = placement(options);
    this.shape = [1, polarities ? 2 : 1, this.#placement.size.height, this.#placement.size.width];
    this.#tauUs = tauUs;
    this.#decay = decay;
    this.#last = new Float64Array(elements(this.shape)).fill(Number.NEGATIVE_INFINITY);
  }

  /** Takes events in order of time; returns how many lie on the surface. */
  add({ t, x, y, on }: Events): number {
    const [, P, H, W] = this.shape;
    let added = 0;
    for (let i = 0; i < t.length; i++) {
      this.#nowUs = t[i]!;
      const pixel = pixelOf(this.#placement, x[i]!, y[i]!);
      if (pixel < 0) continue;
      this.#last[(P === 2 ? on[i]! : 0) * H * W + pixel] = t[i]!;
      added++;
    }
    return added;
  }

  /**
   * The surface at a time, `[P, H, W]`, 0 to 1.
   *
   * @param timeUs - t of the equation; the time of the last event by default. Events after it count as of that time
   */
  read(timeUs = this.#nowUs): Float32Array<ArrayBuffer> {
    const values = new Float32Array(this.#last.length);
    for (let i = 0; i < values.length; i++) {
      const last = this.#last[i]!;
      if (last === Number.NEGATIVE_INFINITY) continue;
      const ago = Math.max(0, timeUs - last) / this.#tauUs;
      values[i] = this.#decay === "exp" ? Math.exp(-ago) : Math.max(0, 1 - ago / 3);
    }
    return values;
  }

  /** Starts afresh. */
  clear(): void {
    this.#last.fill(Number.NEGATIVE_INFINITY);
    this.#nowUs = Number.NEGATIVE_INFINITY;
  }
}

/**
 * Time surfaces at the ends of consecutive windows of a batch, `[T, P, H, W]`: the `ToTimesurface` of [Lenz2021] in its
 * form with a `dt`, here `windowUs`. Departures: pixels without an event are 0, not the age of time 0; with an overlap a
 * surface is read at the end of its window.
 *
 * @param options - as of a surface, and of the windows (see `slices`)
 * @throws ArgumentError if an option is out of its range
 */
export function toTimesurface(
  events: Events,
  options: TimeSurfaceOptions & {
    readonly windowUs: number;
    readonly overlap?: number;
    readonly includeIncomplete?: boolean;
  },
): Grid {
  const { windowUs, overlap = 0, includeIncomplete = false } = options;
  const parts = slices("toTimesurface", events, { windowUs, overlap, includeIncomplete });
  const surface = new TimeSurface(options);
  const [, P, H, W] = surface.shape;
  const shape = [parts.length, P, H, W] as const;
  const values = new Float32Array(elements(shape));
  let added = 0;
  parts.forEach(({ end, endUs }, k) => {
    surface.add(sliceEvents(events, added, end));
    added = end;
    values.set(surface.read(endUs), k * P * H * W);
  });
  return { values, shape };
}
