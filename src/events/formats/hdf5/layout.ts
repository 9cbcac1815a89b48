/**
 * Where events are in an HDF5 file. Which layout a file has is told by its datasets:
 *
 * - columns in one group, at the root or anywhere: DSEC (`events/{x,y,t,p}`, `t_offset`), M3ED (`prophesee/left/…`), e2vid
 *   of rpg (`events/{xs,ys,ts,ps}`), structs of MATLAB 7.3 (`TD/{x,y,p,ts}`)
 * - one dataset of a compound with such fields: Prophesee (`CD/events`), arrays of NumPy with named fields
 * - MVSEC: `davis/left/events`, or else `davis/right/events`, an array of N rows x, y, t (s), p
 *
 * Groups are searched breadth first, names in alphabetical order, so that `left` comes before `right`. The first find counts.
 */
import { FormatError, UnsupportedError } from "../../../core/index.ts";
import {
  type AttributeValue,
  type Datatype,
  Hdf5Dataset,
  type Hdf5File,
  type Hdf5Group,
} from "../../../io/index.ts";
import type { SensorSize } from "../../columns.ts";

/** One field of the events: in a dataset, along an axis of it, at an offset in bytes within a row. */
export type Column = {
  readonly dataset: Hdf5Dataset;
  readonly axis: number;
  readonly type: Datatype;
  readonly offset: number;
};

/** The fields of events. */
export type FieldName = "x" | "y" | "t" | "p";

/** Where events are. */
export type EventLayout = {
  readonly columns: Readonly<Record<FieldName, Column>>;
  readonly count: number;
  /** Unit of time, where the layout says. */
  readonly seconds: boolean | undefined;
  /** To be added to integer times, µs. */
  readonly timeOffset: number;
  readonly sensor: SensorSize | undefined;
};

/** Names of the fields, in lower case. */
const NAMES: Readonly<Record<FieldName, readonly string[]>> = {
  x: ["x", "xs"],
  y: ["y", "ys"],
  t: ["t", "ts", "time", "times", "timestamp", "timestamps"],
  p: ["p", "ps", "pol", "polarity", "polarities", "on"],
};
const FIELDS = ["x", "y", "t", "p"] as const;
/** Objects that are looked at, and how deep. */
const MAX_OBJECTS = 2000;
const MAX_DEPTH = 8;
const MAX_SIDE = 65536;
/** A record of a compound, bytes: batches of them are held. */
const MAX_RECORD_BYTES = 1024;

type Place = { readonly group: Hdf5Group; readonly path: string; readonly parents: readonly Hdf5Group[] };

/**
 * Finds the events of a file.
 *
 * @throws FormatError if the file is broken where they are sought, or columns differ in length
 * @throws UnsupportedError if there are none in a layout that is known
 */
export async function findEvents(hdf5: Hdf5File, file: string | undefined): Promise<EventLayout> {
  const queue: Place[] = [{ group: hdf5.root, path: "/", parents: [] }];
  const seen = new Set<number>([hdf5.root.address]);
  // What could not be opened matters only if nothing is found.
  let refusal: unknown;
  let objects = 0;
  for (const place of queue) {
    const names = await place.group.names();
    const found = (await eventColumns(place, names, file)) ?? (await mvsec(place, names));
    if (found !== undefined) return complete(found, place, file);
    if (names.includes("pos") && names.includes("time")) {
      throw unsupported(file, `expected one recording, got a set of many (${place.path} holds one of them)`);
    }
    for (const name of names) {
      if (++objects > MAX_OBJECTS) break;
      let member: Hdf5Group | Hdf5Dataset | undefined;
      try {
        member = await place.group.get(name);
      } catch (error) {
        if (name === "events" || !(error instanceof FormatError || error instanceof UnsupportedError))
          throw error;
        refusal ??= error;
        continue;
      }
      if (member instanceof Hdf5Dataset) {
        const inRows = compoundColumns(member);
        if (inRows !== undefined)
          return complete({ columns: inRows, seconds: undefined }, place, file, member);
      } else if (member !== undefined && !seen.has(member.address) && place.parents.length < MAX_DEPTH) {
        seen.add(member.address);
        queue.push({
          group: member,
          path: `${place.path}${name}/`,
          parents: [place.group, ...place.parents],
        });
      }
    }
  }
  if (refusal !== undefined) throw refusal;
  throw unsupported(file, "expected datasets of events (x, y, t, p), got none in a layout that is known");
}

function unsupported(file: string | undefined, what: string): UnsupportedError {
  return new UnsupportedError(`${file === undefined ? "" : `${file}: `}hdf5: ${what}`);
}

type Found = Pick<EventLayout, "columns" | "seconds">;

/** Four datasets of a group. */
async function eventColumns(
  { group, path }: Place,
  names: readonly string[],
  file: string | undefined,
): Promise<Found | undefined> {
  const wanted = FIELDS.map((field) => names.find((name) => NAMES[field].includes(name.toLowerCase())));
  if (wanted.includes(undefined)) return undefined;
  const columns: Partial<Record<FieldName, Column>> = {};
  for (const [i, field] of FIELDS.entries()) {
    const dataset = await group.get(wanted[i]!);
    if (!(dataset instanceof Hdf5Dataset)) return undefined;
    const axis = axisOf(dataset);
    if (axis === undefined || (dataset.type.kind !== "integer" && dataset.type.kind !== "float")) {
      const shape = dataset.shape.join("x") || "one value";
      throw unsupported(
        file,
        `expected a column of numbers in ${path}${wanted[i]}, got ${dataset.type.kind} ${shape}`,
      );
    }
    columns[field] = { dataset, axis, type: dataset.type, offset: 0 };
  }
  return { columns: columns as Record<FieldName, Column>, seconds: undefined };
}

/** The axis of a column: MATLAB writes columns and rows as matrices. */
function axisOf({ shape }: Hdf5Dataset): number | undefined {
  if (shape.length === 1) return 0;
  if (shape.length !== 2) return undefined;
  if (shape[1] === 1) return 0;
  return shape[0] === 1 ? 1 : undefined;
}

/** The fields of a compound. */
function compoundColumns(dataset: Hdf5Dataset): EventLayout["columns"] | undefined {
  const { type, shape } = dataset;
  if (type.kind !== "compound" || shape.length !== 1) return undefined;
  const columns = FIELDS.map((name): [FieldName, Column] | undefined => {
    const field = type.fields.find((candidate) => NAMES[name].includes(candidate.name.toLowerCase()));
    if (field === undefined || (field.type.kind !== "integer" && field.type.kind !== "float"))
      return undefined;
    return [name, { dataset, axis: 0, type: field.type, offset: field.offset }];
  });
  if (columns.includes(undefined)) return undefined;
  return Object.fromEntries(columns as [FieldName, Column][]) as Record<FieldName, Column>;
}

/** An array of rows x, y, t, p, of which the place in the file says that it is one. */
async function mvsec({ group, path }: Place, names: readonly string[]): Promise<Found | undefined> {
  if (!/\/davis\/(left|right)\/$/.test(path) || !names.includes("events")) return undefined;
  const dataset = await group.get("events");
  if (!(dataset instanceof Hdf5Dataset) || dataset.shape.length !== 2 || dataset.shape[1] !== 4)
    return undefined;
  const { type } = dataset;
  if (type.kind !== "float") return undefined;
  const column = (k: number): Column => ({ dataset, axis: 0, type, offset: k * type.size });
  return { columns: { x: column(0), y: column(1), t: column(2), p: column(3) }, seconds: true };
}

/** Adds what the groups around the events say. */
async function complete(
  { columns, seconds }: Found,
  { group, path, parents }: Place,
  file: string | undefined,
  dataset?: Hdf5Dataset,
): Promise<EventLayout> {
  const lengths = FIELDS.map((field) => columns[field].dataset.shape[columns[field].axis]!);
  const count = lengths[0]!;
  if (lengths.some((length) => length !== count)) {
    throw new FormatError(
      "hdf5",
      columns.x.dataset.offset,
      `expected columns x, y, t, p of one length in ${path}, got ${lengths.join(", ")}`,
      file,
    );
  }
  const recordBytes = columns.x.dataset.type.size;
  if (recordBytes > MAX_RECORD_BYTES) {
    throw new FormatError(
      "hdf5",
      columns.x.dataset.offset,
      `expected records of at most ${MAX_RECORD_BYTES} bytes in ${path}, got ${recordBytes}`,
      file,
    );
  }
  let sensor: SensorSize | undefined;
  for (const place of [...(dataset === undefined ? [] : [dataset]), group, ...parents]) {
    sensor ??= sensorOf(await place.attributes());
  }
  let timeOffset: number | undefined;
  for (const place of [group, ...parents]) timeOffset ??= await numberIn(place, "t_offset");
  return { columns, count, seconds, timeOffset: timeOffset ?? 0, sensor };
}

/** The size of the sensor: `width` and `height`, or `geometry` as `1280x720`. */
function sensorOf(attributes: ReadonlyMap<string, AttributeValue>): SensorSize | undefined {
  const side = (value: AttributeValue) => (Array.isArray(value) ? Number(value[0]) : Number(value));
  const geometry = attributes.get("geometry");
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(String(Array.isArray(geometry) ? geometry[0] : geometry));
  const width = match === null ? side(attributes.get("width")) : Number(match[1]);
  const height = match === null ? side(attributes.get("height")) : Number(match[2]);
  const fits = (n: number) => Number.isInteger(n) && n >= 1 && n <= MAX_SIDE;
  return fits(width) && fits(height) ? { width, height } : undefined;
}

/** A dataset of one number in a group. */
async function numberIn(group: Hdf5Group, name: string): Promise<number | undefined> {
  if (!(await group.names()).includes(name)) return undefined;
  const dataset = await group.get(name);
  if (!(dataset instanceof Hdf5Dataset) || dataset.shape.some((n) => n !== 1)) return undefined;
  return dataset.type.kind === "integer" ? (await dataset.read(0, 1))[0] : undefined;
}
