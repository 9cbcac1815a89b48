/** Writing DAT, version 2 (see layout.ts). */
import { ArgumentError } from "../../../core/index.ts";
import { checkEvents } from "../../check.ts";
import type { Events, SensorSize } from "../../columns.ts";
import { checkSensor } from "../prophesee/words.ts";
import { CD_TYPES, EVENT_BYTES, MAX_SIDE, PACKING_2 } from "./layout.ts";

/** Events that are turned into one chunk of bytes. */
const SLICE = 1 << 14;

/**
 * Writes events as a DAT file of version 2. Times of 2^32 µs (71 minutes) and more wrap around, as cameras' do; this
 * library unwraps them, other readers may not.
 *
 * @param sensor - size of the sensor, at most 16384 pixels a side
 * @param batches - events in order of time
 * @returns the file, piece by piece
 * @throws ArgumentError if the sensor is too large, an event lies outside it, time goes back, the first event is at 2^32
 *   µs or later, or 2^31 µs or more pass without one
 */
export async function* encodeDat(
  sensor: SensorSize,
  batches: AsyncIterable<Events> | Iterable<Events>,
): AsyncGenerator<Uint8Array> {
  checkSensor("encodeDat", sensor, MAX_SIDE);
  const { width, height } = sensor;
  const header = `% Data file containing CD events\n% Version 2\n% Width ${width}\n% Height ${height}\n`;
  yield Uint8Array.from([...new TextEncoder().encode(header), CD_TYPES.eventCd, EVENT_BYTES]);
  let last = 0;
  let latest = 2 ** 32 - 1;
  for await (const events of batches) {
    last = checkEvents("encodeDat", sensor, events, last);
    const { t, x, y, on } = events;
    for (let start = 0; start < t.length; start += SLICE) {
      const end = Math.min(start + SLICE, t.length);
      const bytes = new Uint8Array(EVENT_BYTES * (end - start));
      const view = new DataView(bytes.buffer);
      for (let i = start; i < end; i++) {
        const time = t[i]!;
        if (time > latest) {
          throw new ArgumentError(`encodeDat: expected an event at ${latest} µs or before, got ${time}`);
        }
        latest = time + 2 ** 31 - 1;
        const word = (on[i]! << PACKING_2.onShift) | (y[i]! << PACKING_2.yShift) | x[i]!;
        view.setUint32(EVENT_BYTES * (i - start), time % 2 ** 32, true);
        view.setUint32(EVENT_BYTES * (i - start) + 4, word, true);
      }
      yield bytes;
    }
  }
}
