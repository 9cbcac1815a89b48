/** Columns that lie apart, read side by side. */
import type { NumpyDtype } from "../../../io/index.ts";
import type { Events } from "../../columns.ts";
import type { Faults } from "../../faults.ts";
import type { ByteSource } from "../../source.ts";
import { type Damage, meetEnd } from "./damage.ts";
import { type Column, COLUMNS } from "./layout.ts";
import { readNumbers } from "./numbers.ts";
import { emptyRows, type EventRows, type Rows } from "./rows.ts";

/** A column: its values one after another, from the next byte of a source on, which ends at its damage. */
export type ColumnStream = {
  readonly source: ByteSource;
  readonly dtype: NumpyDtype;
  readonly damage: Damage;
};

/** What is read. */
export type ColumnTable = {
  readonly streams: Readonly<Record<Column, ColumnStream>>;
  readonly count: number;
  /** Offset that faults name. */
  readonly offset: number;
  /** Turns numbers as they stand into `Rows`, in place. */
  readonly prepare: (rows: Rows, count: number) => void;
  /** Whether the sources must end with the columns. */
  readonly exact: boolean;
};

/** Rows that are read at once. */
const BATCH = 1 << 14;

/** Decodes columns, {@link BATCH} rows at once. A column that ends early or is damaged ends all. */
export async function* decodeColumns(
  { streams, count, offset, prepare, exact }: ColumnTable,
  rows: EventRows,
  faults: Faults,
): AsyncGenerator<Events> {
  const numbers = emptyRows(Math.min(BATCH, count));
  const columns = COLUMNS.map((column) => ({ ...streams[column], to: numbers[column] }));
  for (let row = 0; row < count;) {
    const wanted = Math.min(BATCH, count - row);
    let got = wanted;
    let damage: Damage = {};
    for (const column of columns) {
      const { itemBytes } = column.dtype;
      const bytes = await column.source.read(wanted * itemBytes);
      const whole = Math.floor(bytes.length / itemBytes);
      readNumbers(viewOf(bytes), column.dtype, 0, itemBytes, whole, column.to);
      if (whole < got) [got, damage] = [whole, column.damage];
    }
    prepare(numbers, got);
    const first = row;
    yield* batchOf(rows, got, () => rows.add(numbers, got, (i) => ({ offset, name: `row ${first + i}` })));
    row += got;
    if (got < wanted) {
      return meetEnd(faults, damage, offset, `expected columns of ${count} rows, got the end after ${row}`);
    }
  }
  if (!exact) return;
  for (const { source, damage } of columns) {
    const more = (await source.peek(1)).length > 0;
    if (more || damage.error !== undefined) {
      meetEnd(faults, damage, offset, `expected a column of ${count} rows, got a longer one`);
    }
  }
}

/** One batch of at most `capacity` events that `add` collects: what came before a fault, then the fault. */
export function* batchOf(rows: EventRows, capacity: number, add: () => void): Generator<Events> {
  rows.begin(capacity);
  let fault: unknown;
  try {
    add();
  } catch (error) {
    fault = error;
  }
  const events = rows.take();
  if (events.t.length > 0) yield events;
  if (fault !== undefined) throw fault;
}

/** A view of bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
