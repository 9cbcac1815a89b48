/** Reading DAT (see layout.ts). */
import { UnsupportedError } from "../../../core/index.ts";
import type { Events, SensorSize } from "../../columns.ts";
import { Faults } from "../../faults.ts";
import { type ReaderOptions, type Recording, recordingOf } from "../../recording.ts";
import type { ByteSource } from "../../source.ts";
import { Batch } from "../batch.ts";
import { measuredSensor } from "../extent.ts";
import { encodingOf, geometryOf, readHeader } from "../prophesee/header.ts";
import { type Piece, readRecords, type RecordDecoder } from "../records.ts";
import {
  CD_TYPES,
  EVENT_BYTES,
  MAX_SIDE,
  OTHER_TYPES,
  type Packing,
  PACKING_1,
  PACKING_2,
} from "./layout.ts";

/**
 * Opens a DAT file, version 1 or 2. Batches hold 65,536 events at most. Where the header does not give the size of the
 * sensor, see `ReaderOptions.sensor`. The 32-bit time is unwrapped: a fall by half its range or more is a wraparound, any
 * other is time going back.
 *
 * In `recover` mode events outside the sensor, events earlier than one already delivered and polarities other than 0 and
 * 1 are left out, as is part of an event at the end. In `strict` mode each of these is an error, raised after all events
 * before it were delivered. A broken header is an error in both.
 *
 * @throws FormatError from here for the header, from the iteration for events
 * @throws UnsupportedError if the file holds other events than changes of contrast, or its version is unknown
 * @throws ArgumentError if the sensor is to be measured and the file cannot be held
 */
export async function openDat(input: ByteSource, options: ReaderOptions = {}): Promise<Recording> {
  const { mode = "strict", file } = options;
  const faults = new Faults("dat", mode, file);
  const { packing, sensor: stated } = await readStart(input, faults, file);
  let [sensor, source] = [stated, input];
  if (sensor === undefined) {
    ({ sensor, source } = await measuredSensor("dat", input, options, (from) => {
      const unbounded = { width: MAX_SIDE, height: MAX_SIDE };
      return measuredEvents(from, unbounded, packing, file);
    }));
  }
  if (!fits(sensor.width) || !fits(sensor.height)) {
    const got = `${sensor.width}x${sensor.height}`;
    throw faults.error(0, `expected a geometry of 1 to ${MAX_SIDE} pixels a side, got ${got}`);
  }
  await skipStart(source, file);
  const decoder = new DatDecoder(sensor, packing, faults);
  return recordingOf("dat", sensor, faults, source, readRecords(source, decoder, faults));
}

async function* measuredEvents(
  source: ByteSource,
  sensor: SensorSize,
  packing: Packing,
  file: string | undefined,
): AsyncGenerator<Events> {
  const faults = new Faults("dat", "recover", file);
  await skipStart(source, file);
  yield* readRecords(source, new DatDecoder(sensor, packing, faults), faults);
}

function fits(side: number): boolean {
  return Number.isInteger(side) && side >= 1 && side <= MAX_SIDE;
}

/** Reads header, type and size without consuming them. */
async function readStart(
  source: ByteSource,
  faults: Faults,
  file: string | undefined,
): Promise<{ readonly packing: Packing; readonly sensor: SensorSize | undefined }> {
  const header = await readHeader(source, "dat", file);
  const encoding = encodingOf(header);
  if (encoding !== "DAT") throw faults.error(0, `expected a header of DAT, got ${JSON.stringify(encoding)}`);
  const version = header.fields.get("version") ?? "1";
  if (version !== "1" && version !== "2") {
    throw new UnsupportedError(`dat: expected version 1 or 2, got ${JSON.stringify(version)}`);
  }
  const [type, size] = (await source.peek(header.bytes + 2)).subarray(header.bytes);
  if (type === undefined || size === undefined) {
    throw faults.error(header.bytes, "expected two bytes for type and size of the events, got the end");
  }
  if (type !== CD_TYPES.event2d && type !== CD_TYPES.eventCd) {
    const name = OTHER_TYPES[type] ?? "another type";
    throw new UnsupportedError(`dat: expected events of type 0 or 12 (contrast), got ${type} (${name})`);
  }
  if (size !== EVENT_BYTES) {
    throw faults.error(header.bytes + 1, `expected events of ${EVENT_BYTES} bytes, got ${size}`);
  }
  return { packing: version === "2" ? PACKING_2 : PACKING_1, sensor: geometryOf(header) };
}

async function skipStart(source: ByteSource, file: string | undefined): Promise<void> {
  const { bytes } = await readHeader(source, "dat", file);
  await source.skip(bytes + 2);
}

/** The range of the 32-bit time, µs. */
const RANGE_US = 2 ** 32;

class DatDecoder implements RecordDecoder {
  readonly recordBytes = EVENT_BYTES;
  readonly #sensor: SensorSize;
  readonly #packing: Packing;
  readonly #faults: Faults;
  readonly #batch = new Batch();
  /** What the counter of time has gone round so far, µs. */
  #turns = 0;
  /** Time of the last event. */
  #last = 0;

  constructor(sensor: SensorSize, packing: Packing, faults: Faults) {
    this.#sensor = sensor;
    this.#packing = packing;
    this.#faults = faults;
  }

  decode({ words32 }: Piece, start: number, end: number, offset: number): number {
    const { t, x, y, on } = this.#batch.room((end - start) >> 3);
    const { width, height } = this.#sensor;
    const { yShift, onShift, xMask, yMask, onMask } = this.#packing;
    const stop = Math.min(end >> 3, (start >> 3) + t.length);
    let count = 0;
    let last = this.#last;
    let turns = this.#turns;
    let i = start >> 3;
    try {
      for (; i < stop; i++) {
        const reading = words32[2 * i]!;
        const word = words32[2 * i + 1]!;
        const column = word & xMask;
        const row = (word >>> yShift) & yMask;
        const polarity = (word >>> onShift) & onMask;
        let time = turns + reading;
        if (last - time >= RANGE_US / 2) {
          turns += RANGE_US;
          time += RANGE_US;
          if (time >= 2 ** 53)
            throw this.#faults.error(offset + 8 * i, "expected times below 2^53 µs, got more");
        }
        if (column < width && row < height && polarity <= 1 && time >= last) {
          t[count] = time;
          x[count] = column;
          y[count] = row;
          on[count] = polarity;
          count++;
          last = time;
        } else {
          this.#reject(offset + 8 * i, column, row, polarity, time, last);
        }
      }
    } finally {
      this.#batch.count = count;
      this.#last = last;
      this.#turns = turns;
    }
    return 8 * i;
  }

  take(): Events {
    return this.#batch.take();
  }

  #reject(offset: number, x: number, y: number, polarity: number, time: number, last: number): void {
    const { width, height } = this.#sensor;
    const what =
      x >= width || y >= height
        ? `expected an event within ${width}x${height}, got (${x}, ${y})`
        : polarity > 1
          ? `expected a polarity of 0 or 1, got ${polarity}`
          : `expected a time of ${last} µs or later, got ${time}`;
    this.#faults.meet(offset, what, { events: 1 });
  }
}
