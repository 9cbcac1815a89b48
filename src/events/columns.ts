/** Events as columns, and streams of them: the one layout that every format decodes to. */

/** Size of a sensor in pixels. */
export type SensorSize = { readonly width: number; readonly height: number };

/**
 * A batch of events, one column a field, all of equal length. `t` is in microseconds (integers below 2^53, never
 * decreasing within a recording unless its reader says so), `x` runs right, `y` runs down, `on` is 1 where the pixel
 * became brighter and 0 where it became darker.
 */
export type Events = {
  readonly t: Float64Array;
  readonly x: Uint16Array;
  readonly y: Uint16Array;
  readonly on: Uint8Array;
};

/** A recording or a live source: batches of events in order, read once. */
export interface EventStream extends AsyncIterable<Events> {
  /** Name of the format, for example `"aedat4"`. */
  readonly format: string;
  readonly sensor: SensorSize;
}
