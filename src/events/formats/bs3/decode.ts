/** Reading SLAYER's .bs3 (see layout.ts). */
import type { Events, SensorSize } from "../../columns.ts";
import type { Faults } from "../../faults.ts";
import type { ReaderOptions, Recording } from "../../recording.ts";
import type { ByteSource } from "../../source.ts";
import { Batch } from "../batch.ts";
import { openFlat } from "../flat.ts";
import { looksRecorded } from "../recognition.ts";
import type { Piece, RecordDecoder } from "../records.ts";
import { MAX_SIDE, RECORD_BYTES, TIME_BITS } from "./layout.ts";

/**
 * Opens a file of 7-byte records. Batches hold 65,536 events at most. For the size of the sensor see
 * `ReaderOptions.sensor`.
 *
 * Events outside the sensor, events earlier than one already delivered, channels other than 0 and 1 and part of a record
 * at the end are errors in `strict` mode, raised after all events before them were delivered; in `recover` mode they are
 * left out.
 *
 * @throws FormatError if there is no event to tell the sensor from; from the iteration, for records
 * @throws ArgumentError if the sensor is to be measured and the file cannot be held
 */
export async function openBs3(source: ByteSource, options: ReaderOptions = {}): Promise<Recording> {
  return openFlat(source, options, {
    name: "bs3",
    largest: { width: MAX_SIDE, height: MAX_SIDE },
    decoder: (sensor, faults) => new Bs3Decoder(sensor, faults),
  });
}

/** Whether a file that starts like this is of 7-byte records; see `looksRecorded`. */
export function looksLikeBs3(head: Uint8Array): boolean {
  return looksRecorded(head, {
    bytes: RECORD_BYTES,
    timeBits: TIME_BITS,
    placeBytes: 3,
    constantBits: 7,
    time: (bytes, at) => (bytes[at + 3]! <= 1 ? timeOf(bytes, at) : "never"),
  });
}

function timeOf(bytes: Uint8Array, at: number): number {
  return (bytes[at + 4]! << 16) | (bytes[at + 5]! << 8) | bytes[at + 6]!;
}

class Bs3Decoder implements RecordDecoder {
  readonly recordBytes = RECORD_BYTES;
  readonly #sensor: SensorSize;
  readonly #faults: Faults;
  readonly #batch = new Batch();
  /** Time of the last event. */
  #last = 0;

  constructor(sensor: SensorSize, faults: Faults) {
    this.#sensor = sensor;
    this.#faults = faults;
  }

  decode({ bytes }: Piece, start: number, end: number, offset: number): number {
    const { t, x, y, on } = this.#batch.room(Math.floor((end - start) / RECORD_BYTES));
    const { width, height } = this.#sensor;
    const full = t.length;
    let count = 0;
    let last = this.#last;
    let at = start;
    try {
      for (; at + RECORD_BYTES <= end && count < full; at += RECORD_BYTES) {
        const column = (bytes[at]! << 4) | (bytes[at + 1]! >> 4);
        const row = ((bytes[at + 1]! & 15) << 8) | bytes[at + 2]!;
        const channel = bytes[at + 3]!;
        const time = timeOf(bytes, at);
        if (column < width && row < height && channel <= 1 && time >= last) {
          t[count] = time;
          x[count] = column;
          y[count] = row;
          on[count] = channel;
          count++;
          last = time;
        } else {
          const what =
            column >= width || row >= height
              ? `expected an event within ${width}x${height}, got (${column}, ${row})`
              : channel > 1
                ? `expected a channel of 0 or 1, got ${channel}`
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
