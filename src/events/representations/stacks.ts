/** Histograms whose bins divide the time from the first to the last event: the input of the hybrid's CNN. */
import type { Events, SensorSize } from "../columns.ts";
import { LastEvents } from "../join.ts";
import { placement, type PlacementOptions } from "../placement.ts";
import { elements, type GridShape, pixelOf, positive } from "./grid.ts";

/** Options of the grids whose time runs from the first to the last event of a batch. */
export type StackOptions = PlacementOptions & {
  /** Number of bins in time. */
  readonly bins: number;
};

/** Options of {@link stackedHistogram}. */
export type HistogramOptions = StackOptions & {
  /** Axes `[P, bins, H, W]` instead of `[bins, P, H, W]`; false by default. */
  readonly polarityFirst?: boolean;
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
 * @throws ArgumentError if an option is out of its range
 */
export function stackedHistogram(
  events: Events,
  { polarityFirst = false, ...options }: HistogramOptions,
): Float32Array<ArrayBuffer> {
  const { bins } = options;
  positive("bins", bins);
  const place = placement(options);
  const plane = place.size.width * place.size.height;
  const values = new Float32Array(elements(shapeOf(place.size, bins, polarityFirst)));
  const { x, y, on } = events;
  const binOf = stackBins(events, bins);
  for (let i = 0; i < x.length; i++) {
    const pixel = pixelOf(place, x[i]!, y[i]!);
    if (pixel < 0) continue;
    const bin = binOf[i]!;
    values[(polarityFirst ? on[i]! * bins + bin : 2 * bin + on[i]!) * plane + pixel]!++;
  }
  return values;
}

/**
 * The bin of every event in {@link stackedHistogram}, 0 to `bins - 1`.
 *
 * @throws ArgumentError if `bins` is not 1 to 65536
 */
export function stackBins({ t }: Events, bins: number): Uint16Array<ArrayBuffer> {
  positive("bins", bins);
  const phase = phaseOf(t[0] ?? 0, t[t.length - 1] ?? 0);
  const binOf = new Uint16Array(t.length);
  for (let i = 0; i < t.length; i++) {
    binOf[i] = Math.min(Math.floor(Math.fround(phase(t[i]!) * bins)), bins - 1);
  }
  return binOf;
}

/**
 * A {@link stackedHistogram} of the last events of a stream, a fixed number of them: 7,500 in ten bins in the hybrid
 * ANN-SNN [Aydin2024]. An event costs the same however many are held; `read` costs as much as they are.
 */
export class StackedHistogram {
  readonly shape: GridShape;
  readonly #options: HistogramOptions;
  readonly #eventCount: number;
  #last: LastEvents;

  /**
   * @param options - as of `stackedHistogram`, and `eventCount`: events that are held
   * @throws ArgumentError if an option is out of its range
   */
  constructor({ eventCount, ...options }: HistogramOptions & { readonly eventCount: number }) {
    positive("bins", options.bins);
    this.shape = shapeOf(placement(options).size, options.bins, options.polarityFirst ?? false);
    elements(this.shape);
    this.#options = options;
    this.#eventCount = eventCount;
    this.#last = new LastEvents(eventCount);
  }

  /** Takes a batch; the oldest events make room for it. */
  add(events: Events): void {
    this.#last.add(events);
  }

  /** The histogram of the events held, `[bins, P, H, W]` or `[P, bins, H, W]`. */
  read(): Float32Array<ArrayBuffer> {
    return stackedHistogram(this.#last.take(), this.#options);
  }

  /** Starts afresh. */
  clear(): void {
    this.#last = new LastEvents(this.#eventCount);
  }
}

/** Time as a part of the time from the first to the last event, in single precision; 0 if these are equal. */
export function phaseOf(firstUs: number, lastUs: number): (timeUs: number) => number {
  const duration = Math.fround(lastUs - firstUs);
  return (timeUs) => (duration === 0 ? 0 : Math.fround(Math.fround(timeUs - firstUs) / duration));
}

function shapeOf({ width, height }: SensorSize, bins: number, polarityFirst: boolean): GridShape {
  return polarityFirst ? [2, bins, height, width] : [bins, 2, height, width];
}
