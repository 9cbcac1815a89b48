/** Reading Event Stream 2 (see layout.ts). */
import { UnsupportedError } from "../../../core/index.ts";
import type { Events, SensorSize } from "../../columns.ts";
import { Faults } from "../../faults.ts";
import { type ReaderOptions, type Recording, recordingOf } from "../../recording.ts";
import type { ByteSource } from "../../source.ts";
import { Batch } from "../batch.ts";
import { type Piece, readRecords, type RecordDecoder } from "../records.ts";
import { EVENT_BYTES, OTHER_TYPES, OVERFLOW, OVERFLOW_US, RESET, TYPE } from "./layout.ts";
import { readType } from "./start.ts";

/**
 * Opens an Event Stream file of DVS or ATIS events. Of an ATIS the changes of contrast are delivered; its exposure
 * measurements are left out, and not counted as dropped. Rows are as stored. Batches hold 65,536 events at most.
 *
 * Events outside the sensor and part of an event at the end are errors in `strict` mode, raised after all events before
 * them were delivered; in `recover` mode they are left out. A broken header is an error in both.
 *
 * @throws FormatError from here for the header, from the iteration for events
 * @throws UnsupportedError if the stream is of another version or type; generic events are no pixels': see
 *   `readGenericEvents`
 */
export async function openEventStream(source: ByteSource, options: ReaderOptions = {}): Promise<Recording> {
  const { mode = "strict", file } = options;
  const faults = new Faults("es", mode, file);
  const type = await readType(source, file);
  if (type !== TYPE.dvs && type !== TYPE.atis) {
    const hint = ", which readGenericEvents reads";
    const got = type === TYPE.generic ? `generic${hint}` : (OTHER_TYPES[type] ?? `type ${type}`);
    throw new UnsupportedError(`${file ?? "es"}: expected events of pixels (dvs or atis), got ${got}`);
  }
  const at = source.offset;
  const size = await source.read(4);
  if (size.length < 4) throw faults.error(at, `expected 4 bytes of width and height, got ${size.length}`);
  const sensor = { width: size[0]! | (size[1]! << 8), height: size[2]! | (size[3]! << 8) };
  if (sensor.width === 0 || sensor.height === 0) {
    throw faults.error(at, `expected a sensor of 1x1 pixels or more, got ${sensor.width}x${sensor.height}`);
  }
  const decoder = new EventStreamDecoder(sensor, type === TYPE.atis, faults);
  return recordingOf("es", sensor, faults, source, readRecords(source, decoder, faults));
}

class EventStreamDecoder implements RecordDecoder {
  readonly recordBytes = EVENT_BYTES;
  readonly #sensor: SensorSize;
  readonly #atis: boolean;
  readonly #faults: Faults;
  readonly #batch = new Batch();
  #time = 0;

  constructor(sensor: SensorSize, atis: boolean, faults: Faults) {
    this.#sensor = sensor;
    this.#atis = atis;
    this.#faults = faults;
  }

  decode({ bytes }: Piece, start: number, end: number, offset: number): number {
    const { t, x, y, on } = this.#batch.room(Math.ceil((end - start) / EVENT_BYTES));
    const { width, height } = this.#sensor;
    const atis = this.#atis;
    const full = t.length;
    let count = 0;
    let time = this.#time;
    let at = start;
    try {
      while (at < end && count < full) {
        const first = bytes[at]!;
        // An ATIS has two bits of overflow (none of them: reset) where a DVS has a byte of either.
        if (first >= (atis ? 0xfc : RESET)) {
          if (atis) time += 63 * (first & 3);
          else if (first === OVERFLOW) time += OVERFLOW_US;
          at++;
          continue;
        }
        if (at + EVENT_BYTES > end) break;
        time += atis ? first >> 2 : first >> 1;
        const column = bytes[at + 1]! | (bytes[at + 2]! << 8);
        const row = bytes[at + 3]! | (bytes[at + 4]! << 8);
        at += EVENT_BYTES;
        if (column < width && row < height) {
          t[count] = time;
          x[count] = column;
          y[count] = row;
          on[count] = atis ? (first >> 1) & 1 : first & 1;
          // An exposure measurement is overwritten by the event after it.
          count += atis ? 1 - (first & 1) : 1;
        } else {
          const what = `expected an event within ${width}x${height}, got (${column}, ${row})`;
          this.#faults.meet(offset + at - EVENT_BYTES, what, { events: 1 });
        }
      }
    } finally {
      this.#batch.count = count;
      this.#time = time;
    }
    return at;
  }

  take(): Events {
    return this.#batch.take();
  }
}
