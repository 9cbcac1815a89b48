/** Runs of consecutive events: by time, by number, or a fixed number of runs. */
import { ArgumentError } from "../../core/index.ts";
import type { Events } from "../columns.ts";
import { indexAtTime } from "../filter.ts";

/** How a recording is cut into slices: exactly one of the first four, as in the `ToFrame` of [Lenz2021]. */
export type SliceOptions = {
  /** Length of a slice, in µs. */
  readonly windowUs?: number;
  /** Events of a slice. */
  readonly eventCount?: number;
  /** Number of slices, equally long. */
  readonly timeBins?: number;
  /** Number of slices, of equally many events. */
  readonly eventBins?: number;
  /**
   * What two neighbours share: µs with `windowUs`, events with `eventCount`, else the part of a bin by which bins grow,
   * below 1. 0 by default.
   */
  readonly overlap?: number;
  /** Whether a last slice that is not full counts, with `windowUs` or `eventCount`; false by default. */
  readonly includeIncomplete?: boolean;
};

/** Index of the first event of a slice and of the first after it; where its time is set, its end in µs. */
export type Slice = { readonly start: number; readonly end: number; readonly endUs?: number };

/** Slices that a recording may be cut into: more come of a broken option or time stamp. */
const MAX_SLICES = 1 << 20;

/**
 * Cuts a batch of events into slices.
 *
 * - `windowUs`: slice k has the times from t_first + k · s up to, and without, `windowUs` later, s = `windowUs` −
 *   `overlap`. As many as fit in the time from the first to the last event, rounded down (up with `includeIncomplete`),
 *   at least one.
 * - `eventCount`: slice k starts at event k · s, s = `eventCount` − `overlap`; as many as fit, rounded likewise. A batch
 *   with fewer events is one slice.
 * - `timeBins`: windows of floor(duration / `timeBins`) · (1 + `overlap`), whose starts are (1 − `overlap`) of that apart.
 *   Because of the rounding and because a window lacks its end, the last events are in none.
 * - `eventBins`: slices of floor(floor(N / `eventBins`) · (1 + `overlap`)) events, likewise.
 *
 * No events make no slices with `windowUs` or `eventCount`, and empty ones else.
 *
 * @param where - the operation, for messages
 * @throws ArgumentError if there is not exactly one of the first four options, or one is out of its range
 */
export function slices(where: string, events: Events, options: SliceOptions): Slice[] {
  const { t } = events;
  const { windowUs, eventCount, timeBins, eventBins } = checkSlices(where, options);
  const { overlap = 0, includeIncomplete = false } = options;
  const round = includeIncomplete ? Math.ceil : Math.floor;
  const firstUs = t[0] ?? 0;
  const durationUs = (t[t.length - 1] ?? 0) - firstUs;
  const byTime = (count: number, strideUs: number, lengthUs: number) =>
    repeat(where, count, (k) => {
      const startUs = firstUs + k * strideUs;
      const endUs = startUs + lengthUs;
      return { start: indexAtTime(events, startUs), end: indexAtTime(events, endUs), endUs };
    });
  const byCount = (count: number, stride: number, length: number) =>
    repeat(where, count, (k) => ({
      start: Math.min(k * stride, t.length),
      end: Math.min(k * stride + length, t.length),
    }));
  if (windowUs !== undefined) {
    const stride = windowUs - overlap;
    const count = t.length === 0 ? 0 : Math.max(1, round((durationUs - windowUs) / stride) + 1);
    return byTime(count, stride, windowUs);
  }
  if (eventCount !== undefined) {
    const stride = eventCount - overlap;
    const length = Math.min(eventCount, t.length);
    return byCount(t.length === 0 ? 0 : round((t.length - length) / stride) + 1, stride, length);
  }
  if (timeBins !== undefined) {
    const length = Math.floor(durationUs / timeBins) * (1 + overlap);
    return byTime(timeBins, length * (1 - overlap), length);
  }
  const length = Math.floor(Math.floor(t.length / eventBins!) * (1 + overlap));
  return byCount(eventBins!, Math.floor(length * (1 - overlap)), length);
}

/** @throws ArgumentError unless exactly one way to cut is given and the options are in their ranges */
export function checkSlices(where: string, options: SliceOptions): SliceOptions {
  const { windowUs, eventCount, timeBins, eventBins, overlap = 0 } = options;
  const ways = { windowUs, eventCount, timeBins, eventBins };
  const given = Object.entries(ways).filter(([, value]) => value !== undefined);
  const [way] = given;
  if (way === undefined || given.length > 1) {
    const names = given.map(([name]) => name).join(" and ") || "none";
    throw new ArgumentError(
      `${where}: expected one of windowUs, eventCount, timeBins and eventBins, got ${names}`,
    );
  }
  const [name, value] = way as [string, number];
  const valid =
    name === "windowUs" ? value > 0 && Number.isFinite(value) : Number.isInteger(value) && value > 0;
  if (!valid) throw new ArgumentError(`${where}: expected ${name} above 0, got ${value}`);
  const most = name === "windowUs" || name === "eventCount" ? value : 1;
  const whole = name !== "eventCount" || Number.isInteger(overlap);
  if (!(overlap >= 0 && overlap < most && whole)) {
    throw new ArgumentError(`${where}: expected an overlap of 0 or more, below ${most}, got ${overlap}`);
  }
  return options;
}

function repeat(where: string, count: number, slice: (k: number) => Slice): Slice[] {
  if (!(count <= MAX_SLICES)) {
    throw new ArgumentError(`${where}: expected at most ${MAX_SLICES} slices, got ${count}`);
  }
  return Array.from({ length: count }, (_, k) => slice(k));
}
