/** Reading MAT-files of MATLAB, level 5 (see layout.ts). */
import type { FormatError } from "../../../core/index.ts";
import type { Events, SensorSize } from "../../columns.ts";
import { Faults } from "../../faults.ts";
import { type ReaderOptions, type Recording, recordingOf } from "../../recording.ts";
import { ByteSource } from "../../source.ts";
import { checkedSensor } from "../extent.ts";
import { type ColumnStream, type ColumnTable, decodeColumns, viewOf } from "../table/columns.ts";
import { untilDamage } from "../table/damage.ts";
import { type Column, columnsAmong, givenOrder, type TimeUnit } from "../table/layout.ts";
import { readNumbers, toMicroseconds } from "../table/numbers.ts";
import { watched } from "../table/progress.ts";
import { EventRows, type Rows } from "../table/rows.ts";
import { listVariables, type MatColumn, type MatVariable } from "./variables.ts";

/**
 * Opens a MAT-file with a struct of columns for t, x, y and p, such as `TD` of the N-MNIST toolbox, or with four variables
 * of such names. Of several structs the one called TD is read, else the first. The columns are read side by side, piece
 * by piece, so that memory does not grow with the file; a pipe must fit into `options.maxSpoolBytes`.
 *
 * MATLAB holds most numbers as doubles, so their meaning is told by all of them, for which the columns are read once
 * before: coordinates count from 1 unless a 0 is among them; polarities are 1 and 2 if a 2 is among them, else 0 or -1
 * and 1; times are seconds if one has a fraction, else microseconds.
 *
 * Modes are those of `openNpy`; a column that is damaged or cut off is a fault after all rows before it.
 *
 * @throws FormatError if there are no such columns: it lists the variables that there are
 */
export async function openMat(source: ByteSource, options: ReaderOptions = {}): Promise<Recording> {
  const { mode = "strict", file, layout, maxSpoolBytes } = options;
  // There is no order to name here, but a wrong option is wrong everywhere.
  givenOrder(layout);
  const faults = new Faults("mat", mode, file);
  const bytes = watched(await source.asFile(maxSpoolBytes));
  const { variables, damage } = await listVariables(bytes.file, file);
  const columns = columnsOf(variables);
  if (columns === undefined) {
    if (damage !== undefined) throw damage;
    throw faults.error(128, `expected a struct with x, y, p and t or ts, got ${describe(variables)}`);
  }
  const counts = [columns.t, columns.x, columns.y, columns.p].map(({ count }) => count);
  const count = counts[0]!;
  if (counts.some((other) => other !== count)) {
    throw faults.error(columns.t.offset, `expected columns of one length, got ${counts.join(", ")}`);
  }
  const measures = await measure(columns);
  const sensor = options.sensor === undefined ? measures.sensor : checkedSensor(options.sensor);
  if (sensor === undefined) {
    throw faults.error(columns.x.offset, "expected an event or the option `sensor`, got neither");
  }
  bytes.restart();
  const prepare = preparation(measures, layout?.timeUnit);
  return recordingOf(
    "mat",
    sensor,
    faults,
    bytes,
    decode({ columns, count, prepare }, sensor, faults, damage),
  );
}

type Columns = Readonly<Record<Column, MatColumn>>;

async function* decode(
  { columns, count, prepare }: { columns: Columns; count: number; prepare: ColumnTable["prepare"] },
  sensor: SensorSize,
  faults: Faults,
  damage: FormatError | undefined,
): AsyncGenerator<Events> {
  const streams = {
    t: await openColumn(columns.t),
    x: await openColumn(columns.x),
    y: await openColumn(columns.y),
    p: await openColumn(columns.p),
  };
  const rows = new EventRows(sensor, faults);
  const before = faults.count;
  const { offset } = columns.t;
  yield* decodeColumns({ streams, count, offset, prepare, exact: false }, rows, faults);
  // What is broken behind the columns is no less a fault; what is broken in them has been met.
  if (damage !== undefined && faults.count === before) faults.meet(damage.offset, damage.what);
}

async function openColumn({ chunks, skip, dtype }: MatColumn): Promise<ColumnStream> {
  const damage = {};
  const source = new ByteSource(untilDamage(chunks(), damage));
  await source.skip(skip);
  return { source, dtype, damage };
}

/** The columns of the struct, or of the whole file, that has all four. */
function columnsOf(variables: readonly MatVariable[]): Columns | undefined {
  const groups = new Map<string, MatVariable[]>();
  for (const variable of variables) {
    const owner = JSON.stringify(variable.path.slice(0, -1));
    const members = groups.get(owner);
    if (members === undefined) groups.set(owner, [variable]);
    else members.push(variable);
  }
  const found = [...groups.values()].flatMap((members) => {
    const columns = members.filter(({ column }) => column !== undefined);
    const named = columnsAmong(columns.map(({ path }) => path.at(-1)!));
    if (named === undefined) return [];
    const column = (key: Column) => columns[named.at[key]]!.column!;
    const isTd = members[0]!.path.at(-2)?.toLowerCase() === "td";
    return [{ isTd, columns: { t: column("t"), x: column("x"), y: column("y"), p: column("p") } }];
  });
  return (found.find(({ isTd }) => isTd) ?? found[0])?.columns;
}

function describe(variables: readonly MatVariable[]): string {
  if (variables.length === 0) return "no variable";
  const names = variables.slice(0, 20).map(({ path, kind }) => `${path.join(".")} (${kind})`);
  return names.join(", ") + (variables.length > 20 ? ` and ${variables.length - 20} more` : "");
}

/** What all numbers of the columns tell together. */
type Measures = {
  /** What coordinates count from. */
  readonly base: 0 | 1;
  readonly twos: boolean;
  readonly unit: TimeUnit;
  /** The smallest sensor that holds all events; undefined without events. */
  readonly sensor: SensorSize | undefined;
};

async function measure({ t, x, y, p }: Columns): Promise<Measures> {
  const columns = await extent(x);
  const rows = await extent(y);
  const polarities = await extent(p);
  const times = await extent(t);
  const base = Math.min(columns.least, rows.least) >= 1 ? 1 : 0;
  const [width, height] = [columns.most + 1 - base, rows.most + 1 - base];
  return {
    base,
    twos: polarities.most === 2,
    unit: times.fractions ? "s" : "us",
    sensor: width >= 1 && height >= 1 ? { width, height } : undefined,
  };
}

/** Bytes of a column that are looked at at once: a multiple of the size of any number. */
const CHUNK_BYTES = 1 << 17;

/** The least and the most whole number that may be a coordinate, and whether any number has a fraction. */
async function extent(column: MatColumn) {
  const { source, dtype } = await openColumn(column);
  const numbers = new Float64Array(CHUNK_BYTES / dtype.itemBytes);
  let [least, most, fractions] = [Number.POSITIVE_INFINITY, -1, false];
  for (let left = column.count; left > 0;) {
    const bytes = await source.read(Math.min(left, numbers.length) * dtype.itemBytes);
    const got = Math.floor(bytes.length / dtype.itemBytes);
    if (got === 0) break;
    readNumbers(viewOf(bytes), dtype, 0, dtype.itemBytes, got, numbers);
    for (let i = 0; i < got; i++) {
      const value = numbers[i]!;
      if (!Number.isInteger(value)) fractions ||= Number.isFinite(value);
      else if (value >= 0 && value <= 65536) {
        if (value < least) least = value;
        if (value > most) most = value;
      }
    }
    left -= got;
  }
  await source.close();
  return { least, most: Math.min(most, 65535 + (least >= 1 ? 1 : 0)), fractions };
}

/** Turns numbers as MATLAB has them into rows. */
function preparation({ base, twos, unit }: Measures, given: TimeUnit | undefined): ColumnTable["prepare"] {
  return ({ t, x, y, p }: Rows, count: number) => {
    toMicroseconds(t, count, given ?? unit);
    for (let i = 0; i < count; i++) {
      x[i]! -= base;
      y[i]! -= base;
      if (twos) p[i]! -= 1;
    }
  };
}
