/** Reading EVT 3.0 (see layout.ts). */
import type { Events } from "../../columns.ts";
import type { ReaderOptions, Recording } from "../../recording.ts";
import type { ByteSource } from "../../source.ts";
import { Batch } from "../batch.ts";
import { Clock } from "../clock.ts";
import { externalTrigger, MAX_SIDE, openWords, rejectEvent, type WordContext } from "../prophesee/words.ts";
import type { Piece, RecordDecoder } from "../records.ts";
import { DEFAULT_SENSOR, TIME_HIGH_BITS, TIME_HIGH_US, WORD } from "./layout.ts";

/**
 * Opens an EVT 3.0 recording. Batches hold 65,536 events at most. A header without a geometry means 1280x720. External
 * triggers go to `onTrigger`, before the events of the batch in which they stand.
 *
 * Time: the 24-bit counter is unwrapped; a high part that falls by half its range or more is a wraparound, any other
 * fall is time going back. Events before the first time, row or base column cannot be placed: recordings cut out of a live
 * stream start so, and they are counted as dropped in both modes, without a fault.
 *
 * In `recover` mode events outside the sensor and events earlier than one already delivered are left out, as are words
 * of reserved types and half a word at the end. In `strict` mode each of these is an error, raised after all events
 * before it were delivered. A broken header is an error in both.
 *
 * @throws FormatError from here for the header, from the iteration for words
 * @throws UnsupportedError for big-endian words
 */
export async function openEvt3(source: ByteSource, options: ReaderOptions = {}): Promise<Recording> {
  return openWords(source, options, {
    name: "evt3",
    sensor: DEFAULT_SENSOR,
    decoder: (context) => new Evt3Decoder(context),
  });
}

/** The most events that one word makes. */
const MOST = 12;

class Evt3Decoder implements RecordDecoder {
  readonly recordBytes = 2;
  readonly #context: WordContext;
  readonly #batch = new Batch();
  /** Upper part of the time in units of 4096 µs. */
  readonly #clock: Clock;
  /** Row, or -1 before the first. */
  #row = -1;
  /** Base column of the next vector, off every sensor before the first. */
  #base = MAX_SIDE;
  #baseOn = 0;
  #based = false;
  #time = 0;
  /** Time of the last event. */
  #last = 0;

  constructor(context: WordContext) {
    this.#context = context;
    this.#clock = new Clock(TIME_HIGH_BITS, TIME_HIGH_US, context.faults);
  }

  decode({ words16 }: Piece, start: number, end: number, offset: number): number {
    const { t, x, y, on } = this.#batch.room(MOST * ((end - start) >> 1));
    let count = 0;
    let row = this.#row;
    let base = this.#base;
    let baseOn = this.#baseOn;
    let time = this.#time;
    // An event is good if its column is below this: 0 where no event can be good, for want of a row or time.
    let columns = this.#columns();
    const stop = end >> 1;
    const full = t.length - MOST;
    let i = start >> 1;
    try {
      for (; i < stop && count <= full; i++) {
        const word = words16[i]!;
        switch (word >> 12) {
          case WORD.addressY:
            row = word & 0x7ff;
            this.#row = row;
            columns = this.#columns();
            break;
          case WORD.addressX: {
            const column = word & 0x7ff;
            if (column < columns) {
              t[count] = time;
              x[count] = column;
              y[count] = row;
              on[count] = (word >> 11) & 1;
              count++;
            } else {
              this.#reject(offset + 2 * i, column);
            }
            break;
          }
          case WORD.vectorBase:
            base = word & 0x7ff;
            baseOn = (word >> 11) & 1;
            this.#based = true;
            break;
          case WORD.vector12:
          case WORD.vector8: {
            const long = word >> 12 === WORD.vector12;
            for (let mask = word & (long ? 0xfff : 0xff); mask !== 0; mask &= mask - 1) {
              const column = base + 31 - Math.clz32(mask & -mask);
              if (column < columns) {
                t[count] = time;
                x[count] = column;
                y[count] = row;
                on[count] = baseOn;
                count++;
              } else {
                this.#reject(offset + 2 * i, column);
              }
            }
            base += long ? 12 : 8;
            break;
          }
          case WORD.timeLow:
          case WORD.timeHigh:
            if (count > 0) this.#last = t[count - 1]!;
            this.#setTime(word, offset + 2 * i);
            time = this.#time;
            columns = this.#columns();
            break;
          case WORD.externalTrigger:
            if (this.#clock.value >= 0) {
              this.#context.onTrigger?.(externalTrigger(time, word & 1, (word >> 8) & 15));
            }
            break;
          case WORD.others:
          case WORD.continued4:
          case WORD.continued12:
            break;
          default:
            this.#context.faults.meet(
              offset + 2 * i,
              `expected a word of a known type, got type ${word >> 12}`,
              { bytes: 2 },
            );
        }
      }
    } finally {
      if (count > 0) this.#last = t[count - 1]!;
      this.#batch.count = count;
      this.#base = base;
      this.#baseOn = baseOn;
    }
    return 2 * i;
  }

  take(): Events {
    return this.#batch.take();
  }

  #setTime(word: number, offset: number): void {
    const part = word & 0xfff;
    const before = this.#clock.value;
    if (word >> 12 === WORD.timeLow) {
      if (before >= 0) this.#time = before * TIME_HIGH_US + part;
      return;
    }
    const high = this.#clock.set(part, offset);
    // The low part is unknown until its word comes, except where the high one is merely repeated.
    if (high !== before) this.#time = high * TIME_HIGH_US;
  }

  #columns(): number {
    const { width, height } = this.#context.sensor;
    const placed = this.#clock.value >= 0 && this.#row >= 0 && this.#row < height && this.#time >= this.#last;
    return placed ? width : 0;
  }

  #reject(offset: number, column: number): void {
    const placed = this.#clock.value >= 0 && this.#row >= 0 && (this.#based || column < MAX_SIDE);
    rejectEvent(this.#context, offset, { placed, x: column, y: this.#row, t: this.#time }, this.#last);
  }
}
