/** Reading EVT 2.1 (see layout.ts). */
import type { Events } from "../../columns.ts";
import type { ReaderOptions, Recording } from "../../recording.ts";
import type { ByteSource } from "../../source.ts";
import { Batch } from "../batch.ts";
import { Clock } from "../clock.ts";
import { TIME_HIGH_BITS, TIME_HIGH_US, WORD } from "../evt2/layout.ts";
import { openWords, passWord, rejectEvent, type WordContext } from "../prophesee/words.ts";
import type { Piece, RecordDecoder } from "../records.ts";
import { DEFAULT_SENSOR, VECTOR } from "./layout.ts";

/**
 * Opens an EVT 2.1 recording, of either order of the halves of its words. Batches hold 65,536 events at most. A header
 * without a geometry means 1280x720. External triggers go to `onTrigger`. The 34-bit time is unwrapped, and faults are
 * met, as in EVT 3.0: see `openEvt3`.
 *
 * @throws FormatError from here for the header, from the iteration for words
 * @throws UnsupportedError for big-endian words
 */
export async function openEvt21(source: ByteSource, options: ReaderOptions = {}): Promise<Recording> {
  return openWords(source, options, {
    name: "evt21",
    sensor: DEFAULT_SENSOR,
    decoder: (context) => new Evt21Decoder(context),
  });
}

class Evt21Decoder implements RecordDecoder {
  readonly recordBytes = 8;
  readonly #context: WordContext;
  readonly #batch = new Batch();
  readonly #clock: Clock;
  /** Upper part of the time in µs; before the first, one that no event can have. */
  #base = -TIME_HIGH_US;
  /** Time of the last event. */
  #last = 0;

  constructor(context: WordContext) {
    this.#context = context;
    this.#clock = new Clock(TIME_HIGH_BITS, TIME_HIGH_US, context.faults);
  }

  decode({ words32 }: Piece, start: number, end: number, offset: number): number {
    const { t, x, y, on } = this.#batch.room(VECTOR * ((end - start) >> 3));
    const { swapped, sensor } = this.#context;
    const { width, height } = sensor;
    const upper = swapped ? 0 : 1;
    const stop = end >>> 3;
    const full = t.length - VECTOR;
    let count = 0;
    let base = this.#base;
    let last = this.#last;
    let i = start >>> 3;
    try {
      for (; i < stop && count <= full; i++) {
        const word = words32[2 * i + upper]!;
        const type = word >>> 28;
        if (type <= WORD.on) {
          const time = base + ((word >>> 22) & 63);
          const column = (word >>> 11) & 0x7ff;
          const row = word & 0x7ff;
          let mask = words32[2 * i + 1 - upper]!;
          if (mask === 0) continue;
          const inside = column + 31 - Math.clz32(mask) < width && row < height && time >= last;
          for (; mask !== 0; mask &= mask - 1) {
            const pixel = column + 31 - Math.clz32(mask & -mask);
            if (inside || (pixel < width && row < height && time >= last)) {
              t[count] = time;
              x[count] = pixel;
              y[count] = row;
              on[count] = type;
              count++;
              last = time;
            } else {
              rejectEvent(
                this.#context,
                offset + 8 * i,
                { placed: base >= 0, x: pixel, y: row, t: time },
                last,
              );
            }
          }
        } else if (type === WORD.timeHigh) {
          base = TIME_HIGH_US * this.#clock.set(word & 0xfffffff, offset + 8 * i);
        } else {
          passWord(this.#context, word, base, { offset: offset + 8 * i, bytes: 8 });
        }
      }
    } finally {
      this.#batch.count = count;
      this.#base = base;
      this.#last = last;
    }
    return 8 * i;
  }

  take(): Events {
    return this.#batch.take();
  }
}
