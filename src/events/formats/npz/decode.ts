/** Reading the .npz format of NumPy: a zip archive of .npy files. */
import { UnsupportedError } from "../../../core/index.ts";
import { readZipFile, type ZipMember } from "../../../io/index.ts";
import type { ByteFile } from "../../byte-file.ts";
import type { Events, SensorSize } from "../../columns.ts";
import { Faults } from "../../faults.ts";
import { type ReaderOptions, type Recording, recordingOf } from "../../recording.ts";
import { ByteSource } from "../../source.ts";
import { measuredSensor } from "../extent.ts";
import { type EventArray, eventArrayOf, type OpenArray, peekNpyHeader } from "../npy/array.ts";
import { decodeArray } from "../npy/decode.ts";
import { type ColumnStream, decodeColumns } from "../table/columns.ts";
import { type Damage, untilDamage } from "../table/damage.ts";
import { type Column, columnsAmong, givenOrder, type TimeUnit } from "../table/layout.ts";
import { isColumnType, toMicroseconds, unitOf } from "../table/numbers.ts";
import { watched } from "../table/progress.ts";
import { ANY_SENSOR, EventRows } from "../table/rows.ts";

/** Decodes all events of an archive. */
type Decode = (sensor: SensorSize, faults: Faults) => AsyncGenerator<Events>;

/**
 * Opens an archive with columns t, x, y and p, as SpikingJelly has them, or with one array of events (see `openNpy`). All
 * columns are inflated at once, piece by piece, so that memory does not grow with the file; a pipe must fit into
 * `options.maxSpoolBytes`.
 *
 * Modes are those of `openNpy`; a column that is damaged, or fails its checksum, is a fault after all rows before it.
 *
 * @throws FormatError from here for the directory and the headers, from the iteration for events
 * @throws UnsupportedError for arrays of kinds that are not read
 */
export async function openNpz(source: ByteSource, options: ReaderOptions = {}): Promise<Recording> {
  const { mode = "strict", file } = options;
  const faults = new Faults("npz", mode, file);
  const bytes = watched(await source.asFile(options.maxSpoolBytes));
  const decode = await decoderOf(bytes.file, options, faults);
  const { sensor } = await measuredSensor("npz", source, options, () =>
    decode(ANY_SENSOR, new Faults("npz", "recover", file)),
  );
  bytes.restart();
  return recordingOf("npz", sensor, faults, bytes, decode(sensor, faults));
}

async function decoderOf(bytes: ByteFile, options: ReaderOptions, faults: Faults): Promise<Decode> {
  const members = [...(await readZipFile(bytes, options.file)).values()].filter(({ name }) =>
    name.endsWith(".npy"),
  );
  const names = members.map(({ name }) => name.slice(0, -4));
  const found = columnsAmong(names);
  if (found !== undefined) {
    const column = (key: Column) => members[found.at[key]]!;
    const columns = { t: column("t"), x: column("x"), y: column("y"), p: column("p") };
    return columnDecoder(columns, found.unit, options, faults);
  }
  const named = members.filter((_, i) => names[i] === "events" || names[i] === "arr_0");
  const member = named[0] ?? (members.length === 1 ? members[0] : undefined);
  if (member !== undefined) return arrayDecoder(member, options, faults);
  const got = names.length === 0 ? "no array" : names.slice(0, 20).join(", ");
  throw faults.error(0, `expected arrays t, x, y and p, or one array events, got ${got}`);
}

/** An archive of one array. */
async function arrayDecoder(member: ZipMember, options: ReaderOptions, faults: Faults): Promise<Decode> {
  const opened = (damage: Damage): OpenArray => {
    return () => new ByteSource(untilDamage(member.chunks(), damage));
  };
  const damage: Damage = {};
  const file = memberFile(member, options.file);
  const head = opened(damage)();
  const header = await peekNpyHeader(head, file).catch((error: unknown) => {
    throw damage.error ?? error;
  });
  await head.close();
  const array: EventArray = await eventArrayOf(header, opened({}), options, faults);
  return (sensor, met) => {
    const state: Damage = {};
    return decodeArray(array, opened(state), sensor, met, state);
  };
}

/** An archive of columns. */
async function columnDecoder(
  members: Readonly<Record<Column, ZipMember>>,
  namedUnit: TimeUnit | undefined,
  { file, layout }: ReaderOptions,
  faults: Faults,
): Promise<Decode> {
  // There is no order to name here, but a wrong option is wrong everywhere.
  givenOrder(layout);
  const open = async (member: ZipMember) => {
    const damage: Damage = {};
    const source = new ByteSource(untilDamage(member.chunks(), damage));
    const header = await peekNpyHeader(source, memberFile(member, file)).catch((error: unknown) => {
      throw damage.error ?? error;
    });
    const { dtype, shape, dataOffset, descriptor } = header;
    if (dtype === undefined || !isColumnType(dtype)) {
      throw new UnsupportedError(`npz: expected numbers in ${member.name}, got dtype ${descriptor}`);
    }
    // A column may stand as a matrix of one column or row.
    const long = shape.filter((axis) => axis !== 1);
    if (shape.length === 0 || long.length > 1) {
      throw faults.error(
        member.offset,
        `expected ${member.name} to be a column, got shape [${shape.join(", ")}]`,
      );
    }
    await source.skip(dataOffset);
    return { source, dtype, damage, count: long[0] ?? 1 };
  };
  const openAll = async () => ({
    t: await open(members.t),
    x: await open(members.x),
    y: await open(members.y),
    p: await open(members.p),
  });
  const { t, x, y, p } = await openAll();
  const counts = [t, x, y, p].map(({ count }) => count);
  if (new Set(counts).size > 1) {
    throw faults.error(
      members.t.offset,
      `expected columns t, x, y, p of one length, got ${counts.join(", ")}`,
    );
  }
  const unit = layout?.timeUnit ?? namedUnit ?? unitOf(t.dtype);
  return async function* decode(sensor, met) {
    const streams: Record<Column, ColumnStream> = await openAll();
    const table = {
      streams,
      count: t.count,
      offset: members.t.offset,
      prepare: (rows: { readonly t: Float64Array }, n: number) => toMicroseconds(rows.t, n, unit),
      exact: true,
    };
    yield* decodeColumns(table, new EventRows(sensor, met), met);
  };
}

function memberFile({ name }: ZipMember, file: string | undefined): string {
  return file === undefined ? name : `${file}/${name}`;
}
