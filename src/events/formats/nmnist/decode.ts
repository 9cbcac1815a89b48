/** Reading N-MNIST, N-Caltech101 and SLAYER's .bs2 (see layout.ts). */
import type { Events, SensorSize } from "../../columns.ts";
import type { Faults } from "../../faults.ts";
import type { ReaderOptions, Recording } from "../../recording.ts";
import type { ByteSource } from "../../source.ts";
import { Batch } from "../batch.ts";
import { openFlat } from "../flat.ts";
import { looksRecorded } from "../recognition.ts";
import type { Piece, RecordDecoder } from "../records.ts";
import { OVERFLOW_ROW, OVERFLOW_US, RECORD_BYTES, TIME_BITS } from "./layout.ts";

/**
 * Opens a file of 5-byte records. Batches hold 65,536 events at most. For the size of the sensor see
 * `ReaderOptions.sensor`: where it has more than 240 rows, row 240 is a row like others and not a mark of time.
 *
 * Events outside the sensor, events earlier than one already delivered and part of a record at the end are errors in
 * `strict` mode, raised after all events before them were delivered; in `recover` mode they are left out.
 *
 * @throws FormatError if there is no event to tell the sensor from; from the iteration, for records
 * @throws ArgumentError if the sensor is to be measured and the file cannot be held
 */
export async function openNmnist(source: ByteSource, options: ReaderOptions = {}): Promise<Recording> {
  const marks = !(options.sensor !== undefined && options.sensor.height > OVERFLOW_ROW);
  return openFlat(source, options, {
    name: "nmnist",
    largest: { width: 256, height: 256 },
    decoder: (sensor, faults) => new NmnistDecoder(sensor, marks, faults),
  });
}

/** Whether a file that starts like this is of 5-byte records; see `looksRecorded`. */
export function looksLikeNmnist(head: Uint8Array): boolean {
  let overflow = 0;
  return looksRecorded(head, {
    bytes: RECORD_BYTES,
    timeBits: TIME_BITS,
    placeBytes: 2,
    constantBits: 0,
    time: (bytes, at) => {
      if (bytes[at + 1] !== OVERFLOW_ROW) return overflow + timeOf(bytes, at);
      overflow += OVERFLOW_US;
      return undefined;
    },
  });
}

function timeOf(bytes: Uint8Array, at: number): number {
  return ((bytes[at + 2]! & 0x7f) << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!;
}

class NmnistDecoder implements RecordDecoder {
  readonly recordBytes = RECORD_BYTES;
  readonly #sensor: SensorSize;
  readonly #markRow: number;
  readonly #faults: Faults;
  readonly #batch = new Batch();
  /** Microseconds that marks have added. */
  #overflow = 0;
  /** Time of the last event. */
  #last = 0;

  constructor(sensor: SensorSize, marks: boolean, faults: Faults) {
    this.#sensor = sensor;
    this.#markRow = marks ? OVERFLOW_ROW : -1;
    this.#faults = faults;
  }

  decode({ bytes }: Piece, start: number, end: number, offset: number): number {
    const { t, x, y, on } = this.#batch.room(Math.floor((end - start) / RECORD_BYTES));
    const { width, height } = this.#sensor;
    const markRow = this.#markRow;
    const full = t.length;
    let count = 0;
    let last = this.#last;
    let at = start;
    try {
      for (; at + RECORD_BYTES <= end && count < full; at += RECORD_BYTES) {
        const column = bytes[at]!;
        const row = bytes[at + 1]!;
        if (row === markRow) {
          this.#overflow += OVERFLOW_US;
          continue;
        }
        const time = this.#overflow + timeOf(bytes, at);
        if (column < width && row < height && time >= last) {
          t[count] = time;
          x[count] = column;
          y[count] = row;
          on[count] = bytes[at + 2]! >> 7;
          count++;
          last = time;
        } else {
          const what =
            column >= width || row >= height
              ? `expected an event within ${width}x${height}, got (${column}, ${row})`
              : `expected a time of ${last} µs or later, got ${time}`;
          this.#faults.meet(offset + at, what, { events: 1 });
        }
      }
    } finally {
      this.#batch.count = count;
      this.#last = last;
    }
    return at;
  }

  take(): Events {
    return this.#batch.take();
  }
}
