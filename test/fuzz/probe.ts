/** What may be relied on whatever the bytes are: events that keep to the sensor and to time, and typed errors. */
import { ArgumentError, FormatError, UnsupportedError } from "../../src/core/index.ts";
import { type ByteInput, openEvents, type ReadMode } from "../../src/events/index.ts";

/** What came of reading a file. */
export type Outcome = {
  readonly events: number;
  /** Faults that `recover` passed over. */
  readonly faults: number;
  /** Message of the error that ended the reading. */
  readonly error: string | undefined;
};

/** Bytes of a pipe that may be held: files of the tests are smaller. */
const MAX_SPOOL_BYTES = 1 << 20;

/**
 * Reads a file to its end.
 *
 * @throws Error if the contract is broken: another error, a bad event, more events than the bytes can hold
 */
export async function probe(input: ByteInput, size: number, mode: ReadMode): Promise<Outcome> {
  let events = 0;
  let faults = 0;
  let last = 0;
  let error: string | undefined;
  try {
    const recording = await openEvents(input, { mode, maxSpoolBytes: MAX_SPOOL_BYTES });
    const { width, height } = recording.sensor;
    try {
      for await (const { t, x, y, on } of recording) {
        for (let i = 0; i < t.length; i++) {
          const good =
            t[i]! >= last && Number.isSafeInteger(t[i]) && x[i]! < width && y[i]! < height && on[i]! <= 1;
          if (!good) throw new Error(`a bad event: ${t[i]} (${x[i]}, ${y[i]}) ${on[i]} after ${last}`);
          last = t[i]!;
        }
        events += t.length;
      }
    } finally {
      faults = recording.report.count;
    }
    if (mode === "strict" && faults > 0) throw new Error("a strict reading went on after a fault");
  } catch (fault) {
    const known =
      fault instanceof FormatError || fault instanceof UnsupportedError || fault instanceof ArgumentError;
    if (!known) throw fault;
    if (!/expected [^]*, got /.test(fault.message)) throw new Error(`a vague error: ${fault.message}`);
    error = fault.message;
  }
  // 32 events a word of EVT 2.1, and what a compressor may put into a byte: nothing comes from nothing.
  if (events > 2000 * (size + 100)) throw new Error(`${events} events from ${size} bytes`);
  return { events, faults, error };
}

/** A byte array in chunks of a size, as a pipe has it. */
export async function* chunked(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
