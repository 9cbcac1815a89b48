/** What opening a recording gives, and the options that every reader takes. */
import type { Events, EventStream, SensorSize } from "./columns.ts";
import type { FaultReport, Faults, ReadMode } from "./faults.ts";
import type { Region } from "./filter.ts";
import type { TableLayout } from "./formats/table/layout.ts";
import type { Frame, ImuSample, Trigger } from "./samples.ts";
import type { ByteSource } from "./source.ts";

/** What a reader of one format needs to know. */
export type ReaderOptions = {
  /** What to do with faults; `"strict"` by default. */
  readonly mode?: ReadMode;
  /** Name of the file, for error messages. */
  readonly file?: string;
  /**
   * Size of the sensor, for files that do not say. Without it such a file is read twice: once for the largest
   * coordinates. A file that says is believed, unless it is text.
   */
  readonly sensor?: SensorSize;
  /** How to read a table of numbers that does not say it: text, and arrays of NumPy. */
  readonly layout?: TableLayout;
  /** Bytes of a pipe that may be held in memory where a format needs the whole file; 1 GiB by default. */
  readonly maxSpoolBytes?: number;
  /** Called with each frame of an active pixel sensor. */
  readonly onFrame?: (frame: Frame) => void;
  /** Called with each sample of an inertial measurement unit. */
  readonly onImu?: (sample: ImuSample) => void;
  /** Called with each trigger. */
  readonly onTrigger?: (trigger: Trigger) => void;
};

/** Options of opening a recording. */
export type OpenOptions = ReaderOptions & {
  /** Name of the format, where it is not to be told by content; see `formatNames`. */
  readonly format?: string;
  /** Events to deliver at most; reading stops there. */
  readonly maxEvents?: number;
  /** Events from this time on, µs. */
  readonly startUs?: number;
  /** Events before this time, µs; reading stops there. */
  readonly endUs?: number;
  /** Events within this region, in its coordinates. */
  readonly region?: Region;
};

/** A recording that is being read: a stream of batches, and the report of what was left out. */
export interface Recording extends EventStream {
  /** Faults met so far; only `recover` mode goes on after one. */
  readonly report: FaultReport;
  /** Bytes read so far, for showing progress. */
  readonly offset: number;
  /** Releases the source; iterating to the end or leaving the loop does so too. */
  close(): Promise<void>;
}

/**
 * Makes a recording of a reader's parts; closes the source when the batches end, fail or are left.
 *
 * @param source - the source, or for formats that are not read from front to back what stands for it
 */
export function recordingOf(
  format: string,
  sensor: SensorSize,
  faults: Faults,
  source: Pick<ByteSource, "offset" | "close">,
  batches: AsyncIterable<Events>,
): Recording {
  async function* read(): AsyncGenerator<Events> {
    try {
      yield* batches;
    } finally {
      await source.close();
    }
  }
  const iterator = read();
  return {
    format,
    sensor,
    report: faults,
    get offset() {
      return source.offset;
    },
    close: () => source.close(),
    [Symbol.asyncIterator]: () => iterator,
  };
}
