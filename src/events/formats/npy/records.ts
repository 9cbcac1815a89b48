/** The usual records of events, decoded without a detour: whole numbers, little-endian, polarity in one byte. */
import type { NumpyDtype } from "../../../io/index.ts";
import type { Events, SensorSize } from "../../columns.ts";
import type { Column } from "../table/layout.ts";

/** Where a column lies within a record, and its type. */
export type RecordColumn = { readonly offset: number; readonly dtype: NumpyDtype };

/** The columns of a record and its size in bytes. */
export type RecordLayout = {
  readonly itemBytes: number;
  readonly columns: Readonly<Record<Column, RecordColumn>>;
};

/**
 * Decodes records from `view` as long as they are good.
 *
 * @returns how many records were decoded; the next one is bad, or there is none
 */
export type RecordReader = (
  view: DataView,
  start: number,
  count: number,
  sensor: SensorSize,
  to: Events,
  at: number,
  last: number,
) => number;

/** The reader of a layout, or `undefined` if it is not among the usual ones. */
export function recordReaderOf({ itemBytes, columns }: RecordLayout): RecordReader | undefined {
  const is = ({ dtype }: RecordColumn, widths: readonly number[]) =>
    dtype.kind !== "f" && !dtype.bigEndian && widths.includes(dtype.itemBytes);
  const { t, x, y, p } = columns;
  if (!is(t, [4, 8]) || !is(x, [2]) || !is(y, [2]) || !is(p, [1])) return undefined;
  const { sensorEnd, latest, bias } = {
    // What a sign takes from the range: a negative number, read without its sign, then lies outside.
    sensorEnd: {
      width: x.dtype.kind === "i" ? 2 ** 15 : 2 ** 16,
      height: y.dtype.kind === "i" ? 2 ** 15 : 2 ** 16,
    },
    latest: t.dtype.itemBytes === 4 && t.dtype.kind === "i" ? 2 ** 31 - 1 : Number.MAX_SAFE_INTEGER,
    // Polarities -1, 0 and 1 become 0, 1 and 2: a comparison and a shift, as a branch by polarity could not be foreseen.
    bias: p.dtype.kind === "i" ? 1 : 0,
  };
  return (view, start, count, sensor, to, at, last) => {
    const width = Math.min(sensor.width, sensorEnd.width);
    const height = Math.min(sensor.height, sensorEnd.height);
    const { t: times, x: xs, y: ys, on } = to;
    const [tAt, highAt, xAt, yAt, pAt] = [t.offset, t.offset + 4, x.offset, y.offset, p.offset];
    const wide = t.dtype.itemBytes === 8;
    let before = last;
    for (let i = 0, item = start; i < count; i++, item += itemBytes) {
      const high = wide ? view.getInt32(item + highAt, true) * 4294967296 : 0;
      const time = high + view.getUint32(item + tAt, true);
      const column = view.getUint16(item + xAt, true);
      const row = view.getUint16(item + yAt, true);
      const polarity = (view.getUint8(item + pAt) + bias) & 0xff;
      const good = time >= before && time <= latest && column < width && row < height;
      if (!(good && polarity <= 1 + bias)) return i;
      before = time;
      times[at + i] = time;
      xs[at + i] = column;
      ys[at + i] = row;
      on[at + i] = polarity >> bias;
    }
    return count;
  };
}
