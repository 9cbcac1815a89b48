/** Rows of events, read from the datasets that hold them. */
import { type Hdf5Dataset, type Numbers, numbersOf } from "../../../io/index.ts";
import type { Column, EventLayout, FieldName } from "./layout.ts";

/** Fields of some rows; those that were not asked for are empty. */
export type Rows = Readonly<Record<FieldName, Numbers>>;

const ALL = ["x", "y", "t", "p"] as const;

/**
 * Fields of rows `start` to `start + count - 1`. A dataset that holds several fields is read once.
 *
 * @throws FormatError if the file is broken there
 */
export async function readRows(
  { columns }: EventLayout,
  start: number,
  count: number,
  fields: readonly FieldName[] = ALL,
): Promise<Rows> {
  const blocks = new Map<Hdf5Dataset, Uint8Array>();
  const rows: Record<FieldName, Numbers> = { x: NONE, y: NONE, t: NONE, p: NONE };
  for (const field of fields) {
    const { dataset, axis, type, offset } = columns[field];
    let bytes = blocks.get(dataset);
    if (bytes === undefined) {
      const along = (at: number, other: (size: number) => number) =>
        dataset.shape.map((size, i) => (i === axis ? at : other(size)));
      bytes = await dataset.readBytes(
        along(start, () => 0),
        along(count, (size) => size),
        // Events that a recorder never came to write are not events of zeros.
        { written: true },
      );
      blocks.set(dataset, bytes);
    }
    rows[field] = numbersOf(type, bytes, { count, stride: bytes.length / count, offset });
  }
  return rows;
}

const NONE = new Uint8Array(0);

/** The row before which the first piece of the file ends that holds row `row`, among some fields. */
export function pieceEnd({ columns }: EventLayout, row: number, fields: readonly FieldName[] = ALL): number {
  return Math.min(
    ...fields.map((field) => {
      const { dataset, axis }: Column = columns[field];
      return dataset.pieceEnd(axis, row);
    }),
  );
}
