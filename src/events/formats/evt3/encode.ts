/** Writing EVT 3.0 (see layout.ts). */
import { checkEvents } from "../../check.ts";
import type { Events, SensorSize } from "../../columns.ts";
import { TimeHigh } from "../prophesee/time-high.ts";
import { checkSensor, headerOf, MAX_SIDE } from "../prophesee/words.ts";
import { TIME_HIGH_BITS, TIME_HIGH_US, WORD } from "./layout.ts";

/** Events that are turned into one chunk of bytes. */
const SLICE = 1 << 14;

/**
 * Writes events as an EVT 3.0 recording: header, then words. Runs of events of equal time, row and polarity with rising
 * columns become vectors of 12 pixels where that is shorter.
 *
 * @param sensor - size of the sensor, at most 2048 pixels a side
 * @param batches - events in order of time
 * @param options - `vectors`: whether to use vectors, true by default
 * @returns the file, piece by piece
 * @throws ArgumentError if the sensor is too large, an event lies outside it, time goes back, or a day or more passes
 *   without an event or before the first: the 24-bit time of the format is carried over silence by words of its own
 */
export async function* encodeEvt3(
  sensor: SensorSize,
  batches: AsyncIterable<Events> | Iterable<Events>,
  { vectors = true } = {},
): AsyncGenerator<Uint8Array> {
  checkSensor("encodeEvt3", sensor, MAX_SIDE);
  yield headerOf("EVT3", "3.0", sensor);
  const writer = new WordWriter(vectors);
  let last = 0;
  for await (const events of batches) {
    last = checkEvents("encodeEvt3", sensor, events, last);
    for (let start = 0; start < events.t.length; start += SLICE) {
      const end = Math.min(start + SLICE, events.t.length);
      yield writer.write(events, start, end);
    }
  }
}

/** The state of the writing: what the reader knows after the words so far. */
class WordWriter {
  readonly #vectors: boolean;
  #words = new Uint16Array(2 * SLICE);
  #count = 0;
  readonly #timeHigh = new TimeHigh("encodeEvt3", TIME_HIGH_BITS, TIME_HIGH_US);
  /** The lower part of the time, and the row, that the reader knows; -1 for none. */
  #low = -1;
  #row = -1;

  constructor(vectors: boolean) {
    this.#vectors = vectors;
  }

  write(events: Events, start: number, end: number): Uint8Array {
    const { t, x, y, on } = events;
    this.#count = 0;
    for (let i = start; i < end;) {
      this.#setTime(t[i]!);
      if (this.#row !== y[i]) {
        this.#row = y[i]!;
        this.#put(WORD.addressY, this.#row);
      }
      // How many events one vector takes: from three on it is shorter than their addresses.
      let mask = 1;
      let next = i + 1;
      while (this.#vectors && next < end && t[next] === t[i] && y[next] === y[i] && on[next] === on[i]) {
        const step = x[next]! - x[i]!;
        if (step <= 0 || step >= 12 || mask >> step !== 0) break;
        mask |= 1 << step;
        next++;
      }
      const column = x[i]! | (on[i]! << 11);
      if (next - i >= 3) {
        this.#put(WORD.vectorBase, column);
        this.#put(WORD.vector12, mask);
        i = next;
      } else {
        this.#put(WORD.addressX, column);
        i++;
      }
    }
    const bytes = new Uint8Array(2 * this.#count);
    const view = new DataView(bytes.buffer);
    for (let k = 0; k < this.#count; k++) view.setUint16(2 * k, this.#words[k]!, true);
    return bytes;
  }

  #setTime(t: number): void {
    for (const high of this.#timeHigh.until(t)) {
      this.#put(WORD.timeHigh, high);
      // A new upper part leaves the lower unknown.
      this.#low = -1;
    }
    const low = t % TIME_HIGH_US;
    if (low !== this.#low) {
      this.#put(WORD.timeLow, low);
      this.#low = low;
    }
  }

  #put(type: number, value: number): void {
    if (this.#count === this.#words.length) {
      const bigger = new Uint16Array(2 * this.#words.length);
      bigger.set(this.#words);
      this.#words = bigger;
    }
    this.#words[this.#count++] = (type << 12) | value;
  }
}
