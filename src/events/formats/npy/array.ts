/** Where the events lie in an array of NumPy: records, N rows of four numbers, or four rows of N. */
import { UnsupportedError } from "../../../core/index.ts";
import { type NpyHeader, NPY_PREFIX_BYTES, npyHeaderEnd, parseNpyHeader } from "../../../io/index.ts";
import type { Faults } from "../../faults.ts";
import type { ReaderOptions } from "../../recording.ts";
import type { ByteSource } from "../../source.ts";
import { viewOf } from "../table/columns.ts";
import {
  type Column,
  COLUMNS,
  columnsAmong,
  givenOrder,
  orderFault,
  ordersOf,
  type TimeUnit,
} from "../table/layout.ts";
import { isColumnType, readNumbers, unitOf } from "../table/numbers.ts";
import type { RecordColumn, RecordLayout } from "./records.ts";

/** The events of an array. */
export type EventArray = {
  /** Number of events. */
  readonly count: number;
  /** Offset of the first value. */
  readonly dataOffset: number;
  readonly unit: TimeUnit;
  /** One event after another, or one column after another: then offsets are those of whole columns. */
  readonly layout: RecordLayout;
  readonly byColumn: boolean;
};

/** Makes the source of an array: at its first byte, at each call anew. */
export type OpenArray = () => ByteSource;

/** Bytes that one record may have. */
const MAX_RECORD_BYTES = 1 << 16;

/** Rows by which the order of columns is told. */
const SAMPLE_ROWS = 1024;

/** Reads the header of an array without consuming it. */
export async function peekNpyHeader(source: ByteSource, file: string | undefined): Promise<NpyHeader> {
  const end = npyHeaderEnd(await source.peek(NPY_PREFIX_BYTES), file);
  return parseNpyHeader(await source.peek(end), file);
}

/**
 * Finds the events of an array.
 *
 * @param open - opens the array, where values must be looked at
 * @throws FormatError if it holds no events; UnsupportedError if it may, but in a way that is not read
 */
export async function eventArrayOf(
  header: NpyHeader,
  open: OpenArray,
  { sensor, layout }: ReaderOptions,
  faults: Faults,
): Promise<EventArray> {
  const order = givenOrder(layout);
  const { dtype, shape, dataOffset, descriptor } = header;
  const refuse = (what: string) => faults.error(dataOffset, what);
  if (header.fields.length > 0) {
    const columns = recordColumns(header, refuse);
    if (shape.length !== 1) throw refuse(`expected records along one axis, got shape [${shape.join(", ")}]`);
    return {
      count: shape[0]!,
      dataOffset,
      unit: layout?.timeUnit ?? unitOf(columns.t.dtype),
      layout: { itemBytes: header.itemBytes, columns },
      byColumn: false,
    };
  }
  if (dtype === undefined || !isColumnType(dtype)) {
    throw new UnsupportedError(`npy: expected records or an array of numbers, got dtype ${descriptor}`);
  }
  const [rows, columns] = shape;
  if (shape.length !== 2 || (rows !== 4 && columns !== 4)) {
    throw refuse(`expected records, N rows of 4 numbers or 4 of N, got shape [${shape.join(", ")}]`);
  }
  const count = columns === 4 ? rows! : columns!;
  const byColumn = (columns === 4) === header.fortran;
  const step = byColumn ? count * dtype.itemBytes : dtype.itemBytes;
  const itemBytes = byColumn ? dtype.itemBytes : 4 * dtype.itemBytes;
  const layoutOf = (names: readonly Column[]): RecordLayout => {
    const place = (column: Column) => ({ offset: names.indexOf(column) * step, dtype });
    return { itemBytes, columns: { t: place("t"), x: place("x"), y: place("y"), p: place("p") } };
  };
  const array = (names: readonly Column[]): EventArray => ({
    count,
    dataOffset,
    unit: layout?.timeUnit ?? unitOf(dtype),
    layout: layoutOf(names),
    byColumn,
  });
  if (order !== undefined || count === 0) return array(order ?? COLUMNS);
  const sample = await firstRows(array(COLUMNS), open);
  const orders = ordersOf(sample, sensor);
  if (orders.length !== 1) throw refuse(orderFault(orders, sample.length));
  return array(orders[0]!);
}

/** The columns among the fields of a record. */
function recordColumns(
  { fields, itemBytes }: NpyHeader,
  refuse: (what: string) => Error,
): Readonly<Record<Column, RecordColumn>> {
  const names = fields.map(({ name }) => name);
  const found = columnsAmong(names);
  if (found === undefined) {
    throw refuse(`expected fields for t, x, y and p, got ${names.slice(0, 20).join(", ")}`);
  }
  if (itemBytes > MAX_RECORD_BYTES) {
    throw refuse(`expected records of at most ${MAX_RECORD_BYTES} bytes, got ${itemBytes}`);
  }
  const place = (column: Column): RecordColumn => {
    const { name, offset, dtype } = fields[found.at[column]]!;
    if (dtype !== undefined && isColumnType(dtype)) return { offset, dtype };
    throw refuse(`expected numbers in the field ${name}, got dtype ${dtype?.kind ?? "unknown"}`);
  };
  return { t: place("t"), x: place("x"), y: place("y"), p: place("p") };
}

/** The first rows, four numbers each in the order of the array. */
async function firstRows({ count, dataOffset, layout, byColumn }: EventArray, open: OpenArray) {
  const wanted = Math.min(count, SAMPLE_ROWS);
  const { dtype } = layout.columns.t;
  const columns: Float64Array[] = [];
  for (const { offset } of COLUMNS.map((column) => layout.columns[column])) {
    const source = open();
    const start = dataOffset + (byColumn ? offset : 0);
    const skipped = byColumn ? await source.skip(start) : 0;
    const bytes = (await source.peek(start - skipped + wanted * layout.itemBytes)).subarray(start - skipped);
    const got = Math.floor(bytes.length / layout.itemBytes);
    const numbers = new Float64Array(got);
    readNumbers(viewOf(bytes), dtype, byColumn ? 0 : offset, layout.itemBytes, got, numbers);
    columns.push(numbers);
  }
  const got = Math.min(...columns.map((numbers) => numbers.length));
  return Array.from({ length: got }, (_, i) => columns.map((numbers) => numbers[i]!));
}
