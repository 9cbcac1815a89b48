/** Writing EVT 2.0 (see layout.ts). */
import { checkEvents } from "../../check.ts";
import type { Events, SensorSize } from "../../columns.ts";
import { TimeHigh } from "../prophesee/time-high.ts";
import { checkSensor, headerOf, MAX_SIDE } from "../prophesee/words.ts";
import { TIME_HIGH_BITS, TIME_HIGH_US, WORD } from "./layout.ts";

/** Events that are turned into one chunk of bytes. */
const SLICE = 1 << 14;

/**
 * Writes events as an EVT 2.0 recording: header, then words.
 *
 * @param sensor - size of the sensor, at most 2048 pixels a side
 * @param batches - events in order of time
 * @returns the file, piece by piece
 * @throws ArgumentError if the sensor is too large, an event lies outside it, time goes back, or a day or more passes
 *   without an event or before the first: the 34-bit time of the format is carried over silence by words of its own
 */
export async function* encodeEvt2(
  sensor: SensorSize,
  batches: AsyncIterable<Events> | Iterable<Events>,
): AsyncGenerator<Uint8Array> {
  checkSensor("encodeEvt2", sensor, MAX_SIDE);
  const { width, height } = sensor;
  yield headerOf("EVT2", "2.0", { width, height });
  const timeHigh = new TimeHigh("encodeEvt2", TIME_HIGH_BITS, TIME_HIGH_US);
  let last = 0;
  for await (const events of batches) {
    last = checkEvents("encodeEvt2", sensor, events, last);
    const { t, x, y, on } = events;
    for (let start = 0; start < t.length; start += SLICE) {
      const words: number[] = [];
      for (let i = start; i < Math.min(start + SLICE, t.length); i++) {
        for (const high of timeHigh.until(t[i]!)) words.push((WORD.timeHigh << 28) | high);
        words.push((on[i]! << 28) | ((t[i]! % TIME_HIGH_US) << 22) | (x[i]! << 11) | y[i]!);
      }
      const bytes = new Uint8Array(4 * words.length);
      const view = new DataView(bytes.buffer);
      for (let k = 0; k < words.length; k++) view.setUint32(4 * k, words[k]!, true);
      yield bytes;
    }
  }
}
