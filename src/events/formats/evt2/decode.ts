/** Reading EVT 2.0 (see layout.ts). */
import type { Events } from "../../columns.ts";
import type { ReaderOptions, Recording } from "../../recording.ts";
import type { ByteSource } from "../../source.ts";
import { Batch } from "../batch.ts";
import { Clock } from "../clock.ts";
import { openWords, passWord, rejectEvent, type WordContext } from "../prophesee/words.ts";
import type { Piece, RecordDecoder } from "../records.ts";
import { DEFAULT_SENSOR, TIME_HIGH_BITS, TIME_HIGH_US, WORD } from "./layout.ts";

/**
 * Opens an EVT 2.0 recording. Batches hold 65,536 events at most. A header without a geometry means 640x480. External
 * triggers go to `onTrigger`. The 34-bit time is unwrapped, and faults are met, as in EVT 3.0: see `openEvt3`.
 *
 * @throws FormatError from here for the header, from the iteration for words
 * @throws UnsupportedError for big-endian words
 */
export async function openEvt2(source: ByteSource, options: ReaderOptions = {}): Promise<Recording> {
  return openWords(source, options, {
    name: "evt2",
    sensor: DEFAULT_SENSOR,
    decoder: (context) => new Evt2Decoder(context),
  });
}

class Evt2Decoder implements RecordDecoder {
  readonly recordBytes = 4;
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
    const { t, x, y, on } = this.#batch.room((end - start) >> 2);
    const { width, height } = this.#context.sensor;
    const stop = Math.min(end >> 2, (start >> 2) + t.length);
    let count = 0;
    let base = this.#base;
    let last = this.#last;
    let i = start >> 2;
    try {
      for (; i < stop; i++) {
        const word = words32[i]!;
        const type = word >>> 28;
        if (type <= WORD.on) {
          const time = base + ((word >>> 22) & 63);
          const column = (word >>> 11) & 0x7ff;
          const row = word & 0x7ff;
          if (column < width && row < height && time >= last) {
            t[count] = time;
            x[count] = column;
            y[count] = row;
            on[count] = type;
            count++;
            last = time;
          } else {
            const event = { placed: base >= 0, x: column, y: row, t: time };
            rejectEvent(this.#context, offset + 4 * i, event, last);
          }
        } else if (type === WORD.timeHigh) {
          base = TIME_HIGH_US * this.#clock.set(word & 0xfffffff, offset + 4 * i);
        } else {
          passWord(this.#context, word, base, { offset: offset + 4 * i, bytes: 4 });
        }
      }
    } finally {
      this.#batch.count = count;
      this.#base = base;
      this.#last = last;
    }
    return 4 * i;
  }

  take(): Events {
    return this.#batch.take();
  }
}
