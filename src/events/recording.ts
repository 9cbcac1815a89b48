/** What opening a recording gives, and the options that every reader takes. */
import type { Events, EventStream, SensorSize } from "./columns.ts";
import type { FaultReport, Faults, ReadMode } from "./faults.ts";
import type { ByteSource } from "./source.ts";

/** Options of opening a recording. */
export type OpenOptions = {
  /** What to do with faults; `"strict"` by default. */
  readonly mode?: ReadMode;
  /** Name of the file, for error messages. */
  readonly file?: string;
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

/** Makes a recording of a reader's parts; closes the source when the batches end, fail or are left. */
export function recordingOf(
  format: string,
  sensor: SensorSize,
  faults: Faults,
  source: ByteSource,
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
