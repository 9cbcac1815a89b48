/** Reading the .npy format of NumPy (NEP 1). */
import type { Events, SensorSize } from "../../columns.ts";
import { unclosed } from "../../byte-file.ts";
import { Faults } from "../../faults.ts";
import { type ReaderOptions, type Recording, recordingOf } from "../../recording.ts";
import { ByteSource } from "../../source.ts";
import { measuredSensor } from "../extent.ts";
import { batchOf, type ColumnStream, decodeColumns, viewOf } from "../table/columns.ts";
import { type Damage, meetEnd } from "../table/damage.ts";
import { COLUMNS } from "../table/layout.ts";
import { readNumbers, toMicroseconds } from "../table/numbers.ts";
import { ANY_SENSOR, emptyRows, EventRows } from "../table/rows.ts";
import { type EventArray, eventArrayOf, type OpenArray, peekNpyHeader } from "./array.ts";
import { recordReaderOf } from "./records.ts";

/**
 * Opens an array of events: records with fields for t, x, y and p, in any order, of any whole or floating-point type of
 * 8 to 64 bits, padded or not; or N rows of four numbers (or four rows of N), whose order is told by content or by
 * `options.layout`. Arrays whose columns lie apart need a file, or a pipe that fits into `options.maxSpoolBytes`.
 *
 * In `recover` mode events outside the sensor, of no polarity, or earlier than the one before are left out. In `strict`
 * mode each of these is an error, raised after all events before it were delivered. A broken header is an error in both.
 *
 * @throws FormatError from here for the header, from the iteration for events
 * @throws UnsupportedError for arrays of objects, of text and of complex or half-precision numbers
 */
export async function openNpy(source: ByteSource, options: ReaderOptions = {}): Promise<Recording> {
  const { mode = "strict", file, maxSpoolBytes } = options;
  const faults = new Faults("npy", mode, file);
  const header = await peekNpyHeader(source, file);
  const byColumn = header.shape.length === 2 && (header.shape[1] === 4) === header.fortran;
  const bytes = byColumn ? unclosed(await source.asFile(maxSpoolBytes)) : undefined;
  const openOf = (from: ByteSource): OpenArray =>
    bytes === undefined ? () => from : () => new ByteSource(bytes);
  const array = await eventArrayOf(header, openOf(source), options, faults);
  const measured = await measuredSensor("npy", source, options, (from) =>
    decodeArray(array, openOf(from), ANY_SENSOR, new Faults("npy", "recover", file)),
  );
  return recordingOf(
    "npy",
    measured.sensor,
    faults,
    measured.source,
    decodeArray(array, openOf(measured.source), measured.sensor, faults),
  );
}

/**
 * The events of an array.
 *
 * @param damage - where a source notes that it ended at damage
 */
export async function* decodeArray(
  array: EventArray,
  open: OpenArray,
  sensor: SensorSize,
  faults: Faults,
  damage: Damage = {},
): AsyncGenerator<Events> {
  const rows = new EventRows(sensor, faults);
  if (!array.byColumn) return yield* decodeRecords(array, open(), sensor, rows, faults, damage);
  const { count, dataOffset, layout, unit } = array;
  const streamOf = async (column: keyof typeof layout.columns): Promise<ColumnStream> => {
    const { offset, dtype } = layout.columns[column];
    const source = open();
    await source.skip(dataOffset + offset);
    return { source, dtype, damage };
  };
  const streams = {
    t: await streamOf("t"),
    x: await streamOf("x"),
    y: await streamOf("y"),
    p: await streamOf("p"),
  };
  yield* decodeColumns(
    {
      streams,
      count,
      offset: dataOffset,
      prepare: ({ t }, n) => toMicroseconds(t, n, unit),
      exact: false,
    },
    rows,
    faults,
  );
}

/** Records that are decoded at once. */
const BATCH = 1 << 15;

async function* decodeRecords(
  { count, dataOffset, layout, unit }: EventArray,
  source: ByteSource,
  sensor: SensorSize,
  rows: EventRows,
  faults: Faults,
  damage: Damage,
): AsyncGenerator<Events> {
  const { itemBytes, columns } = layout;
  const direct = unit === "us" ? recordReaderOf(layout) : undefined;
  const numbers = emptyRows(Math.min(BATCH, count));
  /** Adds `n` records of a view, the first of which is number `first` of the array. */
  const add = (view: DataView, start: number, first: number, n: number): void => {
    for (let done = 0; done < n;) {
      const at = start + done * itemBytes;
      if (direct !== undefined) {
        const added = rows.addDirect((to, index, last) =>
          direct(view, at, n - done, sensor, to, index, last),
        );
        done += added;
        if (added > 0) continue;
      }
      // A bad record alone goes the slow way, which knows what is wrong with it.
      const slow = direct === undefined ? n - done : 1;
      for (const column of COLUMNS) {
        const { offset, dtype } = columns[column];
        readNumbers(view, dtype, at + offset, itemBytes, slow, numbers[column]);
      }
      toMicroseconds(numbers.t, slow, unit);
      const from = first + done;
      rows.add(numbers, slow, (i) => ({
        offset: dataOffset + (from + i) * itemBytes,
        name: `row ${from + i}`,
      }));
      done += slow;
    }
  };
  await source.skip(dataOffset);
  let row = 0;
  while (row < count) {
    const bytes = await source.readSome();
    const whole = Math.min(Math.floor(bytes.length / itemBytes), count - row);
    const view = viewOf(bytes);
    for (let at = 0; at < whole; at += BATCH) {
      const n = Math.min(BATCH, whole - at);
      const first = row + at;
      yield* batchOf(rows, n, () => add(view, at * itemBytes, first, n));
    }
    row += whole;
    const rest = bytes.subarray(whole * itemBytes);
    if (row === count) {
      if (rest.length > 0) return meetMore(rest.length);
      break;
    }
    if (bytes.length > 0 && rest.length === 0) continue;
    // Chunks may be cut within a record: fetch what is missing of it.
    const missing = bytes.length === 0 ? bytes : await source.read(itemBytes - rest.length);
    if (rest.length + missing.length < itemBytes) {
      const what = `expected ${count} records of ${itemBytes} bytes, got the end of the file in record ${row}`;
      return meetEnd(faults, damage, dataOffset + row * itemBytes, what, rest.length + missing.length);
    }
    const record = new Uint8Array(itemBytes);
    record.set(rest);
    record.set(missing, rest.length);
    const number = row;
    yield* batchOf(rows, 1, () => add(viewOf(record), 0, number, 1));
    row++;
  }
  const more = (await source.peek(1)).length;
  if (more > 0 || damage.error !== undefined) meetMore(more);

  function meetMore(bytes: number): void {
    const end = dataOffset + count * itemBytes;
    meetEnd(faults, damage, end, `expected the end of the array after ${count} records, got more`, bytes);
  }
}
