/** What `saccade events stats` tells: the object of `--json`, and what its page shows. Plain data. */

/** Statistics of a recording of events. */
export type StatsData = {
  readonly file: string;
  readonly format: string;
  readonly width: number;
  readonly height: number;
  readonly events: number;
  readonly on: number;
  readonly off: number;
  /** Null in a recording without events. */
  readonly firstUs: number | null;
  readonly lastUs: number | null;
  /** Numbers of events over time: bin k is [startUs + k·binUs, startUs + (k + 1)·binUs). */
  readonly rate: {
    readonly startUs: number;
    readonly binUs: number;
    readonly on: readonly number[];
    readonly off: readonly number[];
  };
  /** Events of pixels; `active` is the number of pixels that have any. */
  readonly perPixel: {
    readonly active: number;
    readonly mean: number;
    readonly median: number;
    readonly most: number;
  };
  /** The pixels with the most events. */
  readonly hottest: readonly { readonly x: number; readonly y: number; readonly events: number }[];
  /** How often the time since the event before lay in [2^(k-1), 2^k) µs; 0 µs for k = 0. */
  readonly gaps: readonly number[];
  /** The same, for the event before of the same pixel. */
  readonly intervals: readonly number[];
};
