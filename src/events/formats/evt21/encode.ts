/** Writing EVT 2.1 (see layout.ts). */
import { checkEvents } from "../../check.ts";
import type { Events, SensorSize } from "../../columns.ts";
import { TIME_HIGH_BITS, TIME_HIGH_US, WORD } from "../evt2/layout.ts";
import { TimeHigh } from "../prophesee/time-high.ts";
import { checkSensor, headerOf, MAX_SIDE } from "../prophesee/words.ts";
import { VECTOR } from "./layout.ts";

/** Events that are turned into one chunk of bytes. */
const SLICE = 1 << 14;

/**
 * Writes events as an EVT 2.1 recording: header, then words, lower half first. Runs of events of equal time, row and
 * polarity with rising columns, within 32 pixels of each other, become one word.
 *
 * @param sensor - size of the sensor, at most 2048 pixels a side
 * @param batches - events in order of time
 * @returns the file, piece by piece
 * @throws ArgumentError if the sensor is too large, an event lies outside it, time goes back, or a day or more passes
 *   without an event or before the first: the 34-bit time of the format is carried over silence by words of its own
 */
export async function* encodeEvt21(
  sensor: SensorSize,
  batches: AsyncIterable<Events> | Iterable<Events>,
): AsyncGenerator<Uint8Array> {
  checkSensor("encodeEvt21", sensor, MAX_SIDE);
  yield headerOf("EVT21;endianness=little", "2.1", sensor);
  const timeHigh = new TimeHigh("encodeEvt21", TIME_HIGH_BITS, TIME_HIGH_US);
  let last = 0;
  for await (const events of batches) {
    last = checkEvents("encodeEvt21", sensor, events, last);
    const { t, x, y, on } = events;
    for (let start = 0; start < t.length; start += SLICE) {
      /** Lower and upper halves in turn. */
      const halves: number[] = [];
      const end = Math.min(start + SLICE, t.length);
      for (let i = start; i < end;) {
        for (const high of timeHigh.until(t[i]!)) halves.push(0, (WORD.timeHigh << 28) | high);
        let mask = 1;
        let next = i + 1;
        for (; next < end && t[next] === t[i] && y[next] === y[i] && on[next] === on[i]; next++) {
          const step = x[next]! - x[i]!;
          if (step <= 0 || step >= VECTOR || mask >>> step !== 0) break;
          mask |= 1 << step;
        }
        halves.push(mask, (on[i]! << 28) | ((t[i]! % TIME_HIGH_US) << 22) | (x[i]! << 11) | y[i]!);
        i = next;
      }
      const bytes = new Uint8Array(4 * halves.length);
      const view = new DataView(bytes.buffer);
      for (let k = 0; k < halves.length; k++) view.setUint32(4 * k, halves[k]!, true);
      yield bytes;
    }
  }
}
