/** What the page of `saccade events view` holds. */

/** Events for the page, packed. */
export type ViewerData = {
  /** Title, usually the file's name. */
  readonly name: string;
  readonly format: string;
  /** Sensor size, pixels. */
  readonly sensor: { readonly width: number; readonly height: number };
  /** Events of the recording. */
  readonly events: number;
  /** One in so many of them is here. */
  readonly every: number;
  /** Number of the events that are here. */
  readonly count: number;
  /** Time of the first event, µs. */
  readonly firstUs: number;
  /** Unit of the packed times, µs. */
  readonly unitUs: number;
  /**
   * Columns as planes of bytes, compressed (zlib, base64): the times since the event before in four planes from the lowest
   * byte on, columns and rows in two each, and a plane of polarities.
   */
  readonly packed: string;
};

/** Events as the page uses them. */
export type ViewerPoints = {
  /** Times since the first event, µs, never falling. */
  readonly t: Float64Array;
  readonly x: Uint16Array;
  readonly y: Uint16Array;
  readonly on: Uint8Array;
};
