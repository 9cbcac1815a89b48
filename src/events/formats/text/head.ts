/** The first lines of a text: how its events are written, told before any is read. */
import { latin1 } from "../../../core/index.ts";
import type { SensorSize } from "../../columns.ts";
import {
  type Column,
  columnsAmong,
  COLUMNS,
  givenOrder,
  orderFault,
  ordersOf,
  type TableLayout,
  type TimeUnit,
} from "../table/layout.ts";
import { decimal } from "./decimal.ts";

/** What the first lines say. */
export type TextHead = {
  readonly format: "csv" | "txt";
  /** What each field of a line is; undefined for one that is passed over. */
  readonly fields: readonly (Column | undefined)[];
  readonly unit: TimeUnit;
  /** Size of the sensor, where a line before the events gives it. */
  readonly sensor: SensorSize | undefined;
  /** Offset of the first line of events, or the end of what was read, and the number of that line, from 1. */
  readonly start: number;
  readonly line: number;
};

/** Why a text is no text of events. */
export type HeadFault = {
  readonly offset: number;
  readonly what: string;
  /** Whether it may be one, but does not say how. */
  readonly ambiguous: boolean;
};

/** Bytes that a line may have. */
export const MAX_LINE_BYTES = 4096;

/** Lines of events by which the order of columns is told. */
const SAMPLE_LINES = 1000;

/** Bytes that a text does not hold. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/**
 * Reads the first lines. Before the events there may be comments (`#`, `%` or `//`), of which one may name the columns, a
 * row of names, and a line with width and height of the sensor.
 *
 * @param bytes - the first bytes, whole lines of which are read
 * @param whole - whether they are all there are: then the last line need not end
 */
export function readHead(
  bytes: Uint8Array,
  whole: boolean,
  layout: TableLayout = {},
  given?: SensorSize,
): TextHead | HeadFault {
  const order = givenOrder(layout);
  const text = latin1(bytes);
  let names: readonly string[] | undefined;
  let titled = false;
  let sensor: SensorSize | undefined;
  let start: number | undefined;
  let line = 0;
  let number = 0;
  let comma = false;
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const rows: string[][] = [];
  const fault = (what: string, ambiguous = false): HeadFault => ({ offset: at, what, ambiguous });
  for (let next = at; at < text.length && rows.length < SAMPLE_LINES; at = next) {
    const end = text.indexOf("\n", at);
    if (end < 0 && !whole) break;
    next = end < 0 ? text.length : end + 1;
    number++;
    const content = text.slice(at, next).trim();
    const shown = JSON.stringify(content.slice(0, 40));
    if (CONTROL.test(content)) return fault(`expected a line of text, got ${shown}`);
    const comment = commentOf(content);
    const tokens = fieldsOf(comment ?? content);
    if (comment !== undefined) {
      if (start === undefined && !titled && columnsAmong(tokens) !== undefined) names = tokens;
    } else if (tokens.length > 0) {
      const numeric = tokens.every((token) => decimal(token) !== undefined);
      if (start === undefined && !titled && !numeric) {
        if (columnsAmong(tokens) === undefined) {
          return fault(`expected events or names of columns for t, x, y and p, got ${shown}`);
        }
        names = tokens;
        titled = true;
        comma = /[,;]/.test(content);
      } else if (start === undefined && sensor === undefined && tokens.length === 2 && numeric) {
        const [width, height] = tokens.map(Number) as [number, number];
        if (!isSide(width) || !isSide(height)) return fault(`expected the size of a sensor, got ${shown}`);
        sensor = { width, height };
      } else {
        // A comment of as many words as there are numbers names them; any other is just a comment.
        if (start === undefined && !titled && names?.length !== tokens.length) names = undefined;
        const count = names?.length ?? 4;
        if (!numeric || tokens.length !== count) {
          // A broken line is a fault of a text that is known to be one of events.
          if (titled || rows.length >= 2) break;
          return fault(`expected ${count} numbers, got ${shown}`);
        }
        if (start === undefined) [start, line, comma] = [at, number, /[,;]/.test(content)];
        rows.push(tokens);
      }
    }
  }
  if (start === undefined && !titled) {
    return fault(`expected events as text, got ${at === 0 ? "no line" : "none in the first lines"}`);
  }
  const named = names === undefined ? undefined : columnsAmong(names)!;
  let fields: readonly (Column | undefined)[] | undefined = named && namesToFields(named.at, names!.length);
  if (order !== undefined && (names?.length ?? 4) === 4) fields = order;
  // Where one column alone has decimal points, they are those of times in seconds.
  const points = [0, 1, 2, 3].filter((i) => rows.some((row) => row[i]!.includes(".")));
  if (fields === undefined) {
    const numbers = rows.map((row) => row.map(Number));
    const allowed = ordersOf(numbers, given ?? sensor);
    const orders = points.length === 1 ? allowed.filter((order) => order[points[0]!] === "t") : allowed;
    if (orders.length !== 1) {
      return { offset: start ?? 0, what: orderFault(orders, rows.length), ambiguous: orders.length > 1 };
    }
    fields = orders[0]!;
  }
  const times = fields.indexOf("t");
  const pointed = rows.some((row) => row[times]!.includes("."));
  return {
    format: comma ? "csv" : "txt",
    fields,
    unit: layout.timeUnit ?? named?.unit ?? (pointed ? "s" : "us"),
    sensor,
    start: start ?? at,
    line: start === undefined ? number + 1 : line,
  };
}

/** The fields of a line: between blanks, or one comma or semicolon; quotes around them are taken off. */
export function fieldsOf(line: string): string[] {
  if (line === "") return [];
  const plain = line.replace(/\s+/g, " ");
  return plain.split(/ ?[,;] ?| /).map((field) => field.replace(/^(["'])(.*)\1$/, "$2"));
}

/** The content of a comment, or `undefined` if the line is none. */
export function commentOf(line: string): string | undefined {
  return /^(?:#|%|\/\/)\s*(.*)$/.exec(line)?.[1];
}

function namesToFields(at: Readonly<Record<Column, number>>, count: number): (Column | undefined)[] {
  return Array.from({ length: count }, (_, i) => COLUMNS.find((column) => at[column] === i));
}

function isSide(side: number): boolean {
  return Number.isInteger(side) && side >= 1 && side <= 65536;
}
