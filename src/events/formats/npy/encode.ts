/** Writing the .npy format of NumPy. */
import { ArgumentError } from "../../../core/index.ts";
import { encodeNpyHeader } from "../../../io/index.ts";
import { checkEvents } from "../../check.ts";
import type { Events, SensorSize } from "../../columns.ts";
import type { Patch } from "../../write.ts";

/** The record: 13 bytes, not padded. */
const DESCRIPTOR = "[('t', '<i8'), ('x', '<u2'), ('y', '<u2'), ('p', '|u1')]";
const RECORD_BYTES = 13;

/** Events that are turned into one chunk of bytes. */
const SLICE = 1 << 14;

/**
 * Writes events as one array of records: `t` int64 in µs, `x` and `y` uint16, `p` uint8 of 0 and 1. The number of events
 * stands in the header, which is patched at the end.
 *
 * @param sensor - size of the sensor, for the check of the events; the file does not say it
 * @param batches - events in order of time
 * @returns the file, piece by piece, and the patch
 * @throws ArgumentError if an event lies outside the sensor, time goes back, or there are 10^10 events or more
 */
export async function* encodeNpyEvents(
  sensor: SensorSize,
  batches: AsyncIterable<Events> | Iterable<Events>,
): AsyncGenerator<Uint8Array | Patch> {
  const header = encodeNpyHeader(DESCRIPTOR, [0]);
  yield header;
  let count = 0;
  let last = 0;
  for await (const events of batches) {
    last = checkEvents("encodeNpyEvents", sensor, events, last);
    for (let start = 0; start < events.t.length; start += SLICE) {
      yield records(events, start, Math.min(start + SLICE, events.t.length));
    }
    count += events.t.length;
  }
  const bytes = encodeNpyHeader(DESCRIPTOR, [count]);
  if (bytes.length !== header.length) {
    throw new ArgumentError(`encodeNpyEvents: expected at most 10 digits of events, got ${count}`);
  }
  yield { at: 0, bytes };
}

function records({ t, x, y, on }: Events, start: number, end: number): Uint8Array {
  const bytes = new Uint8Array(RECORD_BYTES * (end - start));
  const view = new DataView(bytes.buffer);
  for (let i = start, at = 0; i < end; i++, at += RECORD_BYTES) {
    view.setUint32(at, t[i]! % 2 ** 32, true);
    view.setUint32(at + 4, Math.floor(t[i]! / 2 ** 32), true);
    view.setUint16(at + 8, x[i]!, true);
    view.setUint16(at + 10, y[i]!, true);
    view.setUint8(at + 12, on[i]!);
  }
  return bytes;
}
