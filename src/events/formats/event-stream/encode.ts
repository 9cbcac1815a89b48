/** Writing Event Stream 2, type DVS (see layout.ts). */
import { ArgumentError } from "../../../core/index.ts";
import { checkEvents } from "../../check.ts";
import type { Events, SensorSize } from "../../columns.ts";
import { checkSensor } from "../prophesee/words.ts";
import { EVENT_BYTES, OVERFLOW, OVERFLOW_US, SIGNATURE, TYPE, VERSION } from "./layout.ts";

/** Events that are turned into one chunk of bytes. */
const SLICE = 1 << 14;

/** The longest silence, µs: an hour, which takes 28 MB, a byte for each 127 µs. */
const MAX_SILENCE_US = 3600e6;

/**
 * Writes events as an Event Stream file of type DVS. Rows are stored as they are given.
 *
 * @param sensor - size of the sensor, at most 65535 pixels a side
 * @param batches - events in order of time
 * @returns the file, piece by piece
 * @throws ArgumentError if the sensor is too large, an event lies outside it, time goes back, or more than an hour passes
 *   without an event or before the first
 */
export async function* encodeEventStream(
  sensor: SensorSize,
  batches: AsyncIterable<Events> | Iterable<Events>,
): AsyncGenerator<Uint8Array> {
  checkSensor("encodeEventStream", sensor, 0xffff);
  const { width, height } = sensor;
  const size = [width & 0xff, width >> 8, height & 0xff, height >> 8];
  yield Uint8Array.from([...new TextEncoder().encode(SIGNATURE), ...VERSION, TYPE.dvs, ...size]);
  let time = 0;
  for await (const events of batches) {
    checkEvents("encodeEventStream", sensor, events, time);
    const { t, x, y, on } = events;
    let bytes = new Uint8Array(EVENT_BYTES * Math.min(SLICE, t.length));
    let at = 0;
    for (let i = 0; i < t.length; i++) {
      const silence = t[i]! - time;
      if (silence > MAX_SILENCE_US) {
        throw new ArgumentError(
          `encodeEventStream: expected a time within an hour of ${time} µs, got ${t[i]}`,
        );
      }
      const overflows = Math.floor(silence / OVERFLOW_US);
      if (at + overflows + EVENT_BYTES > bytes.length) {
        if (at > 0) yield bytes.subarray(0, at);
        bytes = new Uint8Array(overflows + EVENT_BYTES * Math.min(SLICE, t.length - i));
        at = 0;
      }
      bytes.fill(OVERFLOW, at, at + overflows);
      at += overflows;
      bytes[at++] = ((silence % OVERFLOW_US) << 1) | on[i]!;
      bytes[at++] = x[i]! & 0xff;
      bytes[at++] = x[i]! >> 8;
      bytes[at++] = y[i]! & 0xff;
      bytes[at++] = y[i]! >> 8;
      time = t[i]!;
    }
    if (at > 0) yield bytes.subarray(0, at);
  }
}
