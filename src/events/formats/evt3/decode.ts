/** Reading EVT 3.0 (see layout.ts). */
import { UnsupportedError } from "../../../core/index.ts";
import type { Events, SensorSize } from "../../columns.ts";
import { Faults } from "../../faults.ts";
import { type ReaderOptions, type Recording, recordingOf } from "../../recording.ts";
import type { ByteSource } from "../../source.ts";
import { encodingOf, geometryOf, MAX_HEADER_BYTES, parseHeader } from "../prophesee/header.ts";
import { DEFAULT_SENSOR, MAX_SIDE, WORD } from "./layout.ts";

/**
 * Opens an EVT 3.0 recording. Batches hold 65,536 events at most. A header without a geometry means 1280x720.
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
 */
export async function openEvt3(source: ByteSource, options: ReaderOptions = {}): Promise<Recording> {
  const { mode = "strict", file } = options;
  const faults = new Faults("evt3", mode, file);
  const header = parseHeader(await source.peek(MAX_HEADER_BYTES));
  if ("endless" in header) throw faults.error(header.endless, "expected a header line that ends, got none");
  const encoding = encodingOf(header);
  if (encoding !== "EVT3")
    throw faults.error(0, `expected a header of EVT3, got ${JSON.stringify(encoding)}`);
  if (/endianness=big/.test(header.fields.get("format") ?? "")) {
    throw new UnsupportedError("evt3: expected little-endian words, got big-endian ones");
  }
  const sensor = geometryOf(header) ?? DEFAULT_SENSOR;
  if (!fits(sensor.width) || !fits(sensor.height)) {
    throw faults.error(
      0,
      `expected a geometry of 1 to ${MAX_SIDE} pixels a side, got ${sensor.width}x${sensor.height}`,
    );
  }
  await source.skip(header.bytes);
  return recordingOf(
    "evt3",
    sensor,
    faults,
    source,
    readWords(source, new Evt3Decoder(sensor, faults), faults),
  );
}

function fits(side: number): boolean {
  return Number.isInteger(side) && side >= 1 && side <= MAX_SIDE;
}

async function* readWords(source: ByteSource, decoder: Evt3Decoder, faults: Faults): AsyncGenerator<Events> {
  for (;;) {
    const offset = source.offset;
    let bytes = await source.readSome();
    if (bytes.length === 0) return;
    if (bytes.length % 2 !== 0) {
      // Chunks may be cut within a word: fetch its other half.
      const half = await source.read(1);
      const whole = new Uint8Array(bytes.length + half.length);
      whole.set(bytes);
      whole.set(half, bytes.length);
      bytes = whole;
    }
    const even = bytes.length & ~1;
    for (let at = 0; at < even;) {
      let fault: unknown;
      try {
        at = decoder.decode(bytes, at, even, offset);
      } catch (error) {
        fault = error;
      }
      const events = decoder.take();
      if (events.t.length > 0) yield events;
      if (fault !== undefined) throw fault;
    }
    if (even < bytes.length) {
      return faults.meet(offset + even, "expected 2 bytes of a word, got 1", { bytes: 1 });
    }
  }
}

const BATCH = 1 << 16;
/** The most events that one word makes. */
const MOST = 12;

/** The state of an EVT 3.0 stream. Reads words from arrays of bytes and keeps the events of one batch. */
export class Evt3Decoder {
  readonly #sensor: SensorSize;
  readonly #faults: Faults;
  readonly #t = new Float64Array(BATCH);
  readonly #x = new Uint16Array(BATCH);
  readonly #y = new Uint16Array(BATCH);
  readonly #on = new Uint8Array(BATCH);
  #count = 0;
  /** Row, or -1 before the first. */
  #row = -1;
  /** Base column of the next vector, off every sensor before the first. */
  #base = MAX_SIDE;
  #baseOn = 0;
  #based = false;
  /** Upper part of the time in units of 4096 µs, unwrapped, or -1 before the first. */
  #high = -1;
  #time = 0;
  /** Time of the last event. */
  #last = 0;

  constructor(sensor: SensorSize, faults: Faults) {
    this.#sensor = sensor;
    this.#faults = faults;
  }

  /**
   * Decodes words from `bytes[start…end)`, an even number of bytes, until they end or the batch is full.
   *
   * @param offset - offset of `bytes` in the file, for faults
   * @returns index of the first byte that was not read
   * @throws FormatError in strict mode; the events before the fault are kept
   */
  decode(bytes: Uint8Array, start: number, end: number, offset: number): number {
    const t = this.#t;
    const x = this.#x;
    const y = this.#y;
    const on = this.#on;
    let count = this.#count;
    let row = this.#row;
    let base = this.#base;
    let baseOn = this.#baseOn;
    let time = this.#time;
    // An event is good if its column is below this: 0 where no event can be good, for want of a row or time.
    let columns = this.#columns();
    let at = start;
    try {
      for (; at < end && count <= BATCH - MOST; at += 2) {
        const word = bytes[at]! | (bytes[at + 1]! << 8);
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
              this.#reject(offset + at, column);
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
            for (let mask = word & (long ? 0xfff : 0xff), column = base; mask !== 0; mask >>= 1, column++) {
              if ((mask & 1) === 0) continue;
              if (column < columns) {
                t[count] = time;
                x[count] = column;
                y[count] = row;
                on[count] = baseOn;
                count++;
              } else {
                this.#reject(offset + at, column);
              }
            }
            base += long ? 12 : 8;
            break;
          }
          case WORD.timeLow:
          case WORD.timeHigh:
            if (count > 0) this.#last = Math.max(this.#last, t[count - 1]!);
            this.#setTime(word);
            time = this.#time;
            columns = this.#columns();
            break;
          case WORD.externalTrigger:
          case WORD.others:
          case WORD.continued4:
          case WORD.continued12:
            break;
          default:
            this.#faults.meet(offset + at, `expected a word of a known type, got type ${word >> 12}`, {
              bytes: 2,
            });
        }
      }
    } finally {
      if (count > 0) this.#last = Math.max(this.#last, t[count - 1]!);
      this.#count = count;
      this.#row = row;
      this.#base = base;
      this.#baseOn = baseOn;
    }
    return at;
  }

  /** The events decoded since the last call. */
  take(): Events {
    const n = this.#count;
    this.#count = 0;
    return {
      t: this.#t.slice(0, n),
      x: this.#x.slice(0, n),
      y: this.#y.slice(0, n),
      on: this.#on.slice(0, n),
    };
  }

  #setTime(word: number): void {
    const part = word & 0xfff;
    if (word >> 12 === WORD.timeLow) {
      if (this.#high >= 0) this.#time = this.#high * 4096 + part;
      return;
    }
    if (this.#high < 0) {
      this.#high = part;
      this.#time = part * 4096;
      return;
    }
    const fall = (this.#high % 4096) - part;
    // The low part is unknown until its word comes, except where the high one is merely repeated.
    if (fall === 0) return;
    this.#high += fall >= 2048 ? 4096 - fall : -fall;
    this.#time = this.#high * 4096;
  }

  #columns(): number {
    const placed =
      this.#high >= 0 && this.#row >= 0 && this.#row < this.#sensor.height && this.#time >= this.#last;
    return placed ? this.#sensor.width : 0;
  }

  #reject(offset: number, column: number): void {
    const { width, height } = this.#sensor;
    if (this.#high < 0 || this.#row < 0 || (!this.#based && column >= MAX_SIDE)) {
      this.#faults.droppedEvents++;
    } else if (column >= width || this.#row >= height) {
      const what = `expected an event within ${width}x${height}, got (${column}, ${this.#row})`;
      this.#faults.meet(offset, what, { events: 1 });
    } else {
      this.#faults.meet(offset, `expected a time of ${this.#last} µs or later, got ${this.#time}`, {
        events: 1,
      });
    }
  }
}
