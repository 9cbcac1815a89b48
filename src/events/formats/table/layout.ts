/**
 * What the formats without a definition of their own have in common: events as a table of four columns, in files of
 * NumPy, MATLAB and text. Here are the names that columns go by, the unit of their times, and their order where they
 * have no names.
 */
import { ArgumentError } from "../../../core/index.ts";
import type { SensorSize } from "../../columns.ts";

/** A column: time, place, polarity. */
export type Column = "t" | "x" | "y" | "p";

/** The columns in the order in which this library has them. */
export const COLUMNS: readonly Column[] = ["t", "x", "y", "p"];

/**
 * Unit of times. Where nothing says it, whole numbers are microseconds and floating-point numbers are seconds, as the
 * Robotics and Perception Group of Zurich writes its `events.txt`; in text a decimal point makes the difference.
 */
export type TimeUnit = "s" | "us";

/** How to read a table that does not say it. */
export type TableLayout = {
  /** Order of the columns, for example `"xytp"`: told by content where it can be. */
  readonly columns?: string;
  /** Unit of the times; by default floating-point numbers are seconds and whole numbers microseconds. */
  readonly timeUnit?: TimeUnit;
};

/** Names of the columns, lower case; the first is the one that is written. */
const NAMES: Readonly<Record<Column, readonly string[]>> = {
  t: ["t", "ts", "time", "times", "timestamp", "timestamps"],
  x: ["x"],
  y: ["y"],
  p: ["p", "pol", "polarity", "polarities", "on"],
};

/** A name, and the unit of a time behind it: `t_us`, `t[s]`, `timestamp (us)`. */
const NAME = /^([a-z]+)(?:[ _]*[ _[(](s|sec|seconds|us|µs|usec|microseconds)[\])]?)?$/;

/** What a name says: its column, and the unit of its times if the name has one. */
export function columnOf(name: string): { readonly column: Column; readonly unit?: TimeUnit } | undefined {
  const [, word = "", suffix] = NAME.exec(name.trim().toLowerCase()) ?? [];
  const column = COLUMNS.find((key) => NAMES[key].includes(word));
  if (column === undefined || (suffix !== undefined && column !== "t")) return undefined;
  if (suffix === undefined) return { column };
  return { column, unit: suffix.startsWith("s") ? "s" : "us" };
}

/** Which of some names are the four columns; `undefined` unless all are there. Of two names for one the first counts. */
export function columnsAmong(
  names: readonly string[],
): { readonly at: Readonly<Record<Column, number>>; readonly unit: TimeUnit | undefined } | undefined {
  const found = names.map(columnOf);
  const index = (column: Column) => found.findIndex((name) => name?.column === column);
  const at = { t: index("t"), x: index("x"), y: index("y"), p: index("p") };
  return Object.values(at).includes(-1) ? undefined : { at, unit: found[at.t]!.unit };
}

/** The order of columns that the options name. */
export function givenOrder({ columns, timeUnit }: TableLayout = {}): readonly Column[] | undefined {
  if (timeUnit !== undefined && timeUnit !== "s" && timeUnit !== "us") {
    throw new ArgumentError(
      `openEvents: expected layout.timeUnit "s" or "us", got ${JSON.stringify(timeUnit)}`,
    );
  }
  if (columns === undefined) return undefined;
  const order = [...columns] as Column[];
  if (order.length === 4 && COLUMNS.every((column) => order.includes(column))) return order;
  throw new ArgumentError(
    `openEvents: expected layout.columns of the letters t, x, y and p, got ${JSON.stringify(columns)}`,
  );
}

/** Orders that are told by content: of rpg, of e2vid's and other arrays, and of Metavision's CSV. */
const ORDERS: readonly (readonly Column[])[] = ["txyp", "xytp", "xypt"].map(
  (order) => [...order] as Column[],
);

/**
 * The orders of columns that rows allow: those with whole coordinates on the sensor, polarities of -1, 0 or 1, and times
 * that never fall, for as many rows from the first on as any order has. One row that is broken does not hide the order of
 * those before it, but the first two must be whole.
 *
 * @param rows - the first rows, four numbers each
 * @param sensor - its size, if known; else coordinates are below 32768
 */
export function ordersOf(
  rows: readonly (readonly number[])[],
  sensor: SensorSize = { width: 32768, height: 32768 },
): readonly (readonly Column[])[] {
  const fits = ORDERS.map((order) => {
    const [t, x, y, p] = COLUMNS.map((column) => order.indexOf(column)) as [number, number, number, number];
    const broken = rows.findIndex(
      (row, i) =>
        !(
          row[t]! >= (rows[i - 1]?.[t] ?? 0) &&
          isBelow(row[x]!, sensor.width) &&
          isBelow(row[y]!, sensor.height) &&
          isPolarity(row[p]!)
        ),
    );
    return broken < 0 ? rows.length : broken;
  });
  const most = Math.max(...fits);
  return most < Math.min(2, rows.length) ? [] : ORDERS.filter((_, i) => fits[i] === most);
}

/** What a message says of orders that rows allow: none or several. */
export function orderFault(orders: readonly (readonly Column[])[], rows: number): string {
  if (orders.length === 0) {
    return `expected columns t x y p, x y t p or x y p t in the first ${rows} rows, got other values`;
  }
  const several = orders.map((order) => order.join(" ")).join(" or ");
  return `expected rows that show the order of their columns, or the option layout.columns, got ${rows} that may be ${several}`;
}

function isBelow(value: number, side: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < side;
}

function isPolarity(value: number): boolean {
  return value === 0 || value === 1 || value === -1;
}
