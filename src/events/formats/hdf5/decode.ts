/** Reading events from HDF5 (see layout.ts). */
import { FormatError } from "../../../core/index.ts";
import { Hdf5File } from "../../../io/index.ts";
import type { ByteFile } from "../../byte-file.ts";
import type { Events, SensorSize } from "../../columns.ts";
import { Faults } from "../../faults.ts";
import { emptyEvents, sliceEvents } from "../../join.ts";
import { type ReaderOptions, type Recording, recordingOf } from "../../recording.ts";
import type { ByteSource } from "../../source.ts";
import { measuredSensor } from "../extent.ts";
import { startsWith } from "../format.ts";
import { type Conventions, conventionsOf } from "./conventions.ts";
import { type EventLayout, type FieldName, findEvents } from "./layout.ts";
import { pieceEnd, readRows, type Rows } from "./rows.ts";
import { MATLAB_TEXT } from "./signature.ts";
import { type TriggerFeed, triggerFeed } from "./triggers.ts";

/** Rows that are read at once. */
const BATCH = 1 << 16;

/**
 * Opens a recording in HDF5, whose layout is told by its datasets; see `layout.ts` for those that are known and
 * `conventions.ts` for what their numbers mean. A pipe is held in memory. Batches hold 65,536 events at most; of a file,
 * no more than a batch and a few chunks are held.
 *
 * Triggers of Prophesee (`EXT_TRIGGER/events`) are handed on after the batch within or before which they fall.
 *
 * Events outside the sensor, of a time that is none or before that of an event already delivered, or of another polarity,
 * are faults, as is a piece of the file that cannot be read (a chunk that does not decompress), and a file that is shorter
 * than it says. `recover` mode leaves those events out; `strict` mode raises an error after all events before them. What is
 * broken before the first event, in groups, names and shapes, is an error in both.
 *
 * @throws FormatError from here for what describes the data, from the iteration for the data
 * @throws UnsupportedError if the layout or a filter is not known, or data are in another file
 */
export async function openHdf5(source: ByteSource, options: ReaderOptions = {}): Promise<Recording> {
  const { mode = "strict", file } = options;
  const faults = new Faults("hdf5", mode, file);
  const bytes = await source.asFile(options.maxSpoolBytes);
  const opened = await open(bytes, file);
  const { layout } = opened;
  const sensor =
    layout.sensor ??
    (await measuredSensor("hdf5", source, options, (again) => coordinates(again, options))).sensor;
  let row = 0;
  const progress = {
    get offset() {
      return layout.count === 0 ? bytes.size : Math.floor((bytes.size * row) / layout.count);
    },
    close: () => source.close(),
  };
  const triggers = await triggerFeed(opened.hdf5, options.onTrigger, faults);
  const batches = readEvents(opened, sensor, faults, triggers, (done) => (row = done));
  return recordingOf("hdf5", sensor, faults, progress, batches);
}

type Opened = {
  readonly bytes: ByteFile;
  readonly hdf5: Hdf5File;
  readonly layout: EventLayout;
  readonly conventions: Conventions;
};

async function open(bytes: ByteFile, file: string | undefined): Promise<Opened> {
  const hdf5 = await Hdf5File.open(bytes, { name: file });
  const layout = await findEvents(hdf5, file);
  const matlab = startsWith(await bytes.read(0, MATLAB_TEXT.length), MATLAB_TEXT);
  return { bytes, hdf5, layout, conventions: await conventionsOf(layout, matlab) };
}

/** The coordinates of all events, for the size of a sensor that the file does not state; what is broken is left out. */
async function* coordinates(
  source: ByteSource,
  { file }: ReaderOptions,
): AsyncGenerator<Pick<Events, "x" | "y">> {
  const opened = await open(await source.asFile(), file);
  const faults = new Faults("hdf5", "recover", undefined);
  const { origin } = opened.conventions;
  for await (const { rows, count } of readable(opened.layout, faults, ["x", "y"])) {
    const x = new Uint16Array(count);
    const y = new Uint16Array(count);
    for (let i = 0; i < count; i++) {
      const [column, row] = [rows.x[i]! - origin, rows.y[i]! - origin];
      if (!isCoordinate(column) || !isCoordinate(row)) continue;
      x[i] = column;
      y[i] = row;
    }
    yield { x, y };
  }
}

function isCoordinate(n: number): boolean {
  return Number.isInteger(n) && n >= 0 && n < 65536;
}

/** Rows that can be read, in order. */
async function* readable(
  layout: EventLayout,
  faults: Faults,
  fields: readonly FieldName[],
): AsyncGenerator<{ rows: Rows; start: number; count: number }> {
  for (let row = 0; row < layout.count;) {
    const batchEnd = Math.min(row + BATCH, layout.count);
    // After a fault the batch is read again piece by piece, so that no more is lost than what is broken.
    let inPieces = false;
    while (row < batchEnd) {
      const broken = inPieces ? pieceEnd(layout, row, fields) : batchEnd;
      const end = Math.min(batchEnd, broken);
      let rows: Rows;
      try {
        rows = await readRows(layout, row, end - row, fields);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        if (inPieces) {
          faults.meet(error.offset, error.what, { events: broken - row });
          row = broken;
        }
        inPieces = true;
        continue;
      }
      yield { rows, start: row, count: end - row };
      row = end;
    }
  }
}

async function* readEvents(
  { bytes, hdf5, layout, conventions }: Opened,
  sensor: SensorSize,
  faults: Faults,
  triggers: TriggerFeed,
  onRow: (row: number) => void,
): AsyncGenerator<Events> {
  const { offset } = layout.columns.t.dataset;
  let last = 0;
  for await (const { rows, start, count } of readable(layout, faults, ["x", "y", "t", "p"])) {
    const batch = eventsOf(rows, count, sensor, conventions, last, (i, what) =>
      faults.meet(offset, `${what} (event ${start + i})`, { events: 1 }),
    );
    onRow(start + count);
    if (batch.events.t.length > 0) {
      yield batch.events;
      await triggers.until(batch.last + 1);
    }
    if (batch.fault !== undefined) throw batch.fault;
    last = batch.last;
  }
  await triggers.until(Number.POSITIVE_INFINITY);
  if (bytes.size < hdf5.end) {
    faults.meet(bytes.size, `expected a file of ${hdf5.end} bytes, got ${bytes.size}`);
  }
}

/** Turns rows into events; a fault that `reject` throws is kept until the events before it are delivered. */
function eventsOf(
  { x, y, t, p }: Rows,
  count: number,
  { width, height }: SensorSize,
  { timeScale, timeOffset, origin, on, off }: Conventions,
  before: number,
  reject: (i: number, what: string) => void,
): { events: Events; last: number; fault?: unknown } {
  const events = emptyEvents(count);
  const { t: times, x: columns, y: rows, on: polarities } = events;
  // Polarities are whole numbers in a row, which takes no branch that cannot be foreseen: half of all events are dark.
  const darkest = Math.min(...off);
  let last = before;
  let n = 0;
  for (let i = 0; i < count; i++) {
    const time = Math.round(t[i]! * timeScale) + timeOffset;
    const column = x[i]! - origin;
    const row = y[i]! - origin;
    const polarity = p[i]!;
    if (
      time >= last &&
      time <= Number.MAX_SAFE_INTEGER &&
      column >= 0 &&
      column < width &&
      row >= 0 &&
      row < height &&
      polarity >= darkest &&
      polarity <= on &&
      (polarity | 0) === polarity &&
      (column | 0) === column &&
      (row | 0) === row
    ) {
      times[n] = time;
      columns[n] = column;
      rows[n] = row;
      polarities[n] = polarity === on ? 1 : 0;
      last = time;
      n++;
      continue;
    }
    try {
      if (!(time >= last && Number.isSafeInteger(time))) {
        reject(i, `expected a time of ${last} µs or later, got ${time}`);
      } else if (polarity !== on && !off.includes(polarity)) {
        reject(i, `expected a polarity of ${[...off, on].join(", ")}, got ${polarity}`);
      } else {
        reject(i, `expected an event within ${width}x${height}, got (${column}, ${row})`);
      }
    } catch (fault) {
      return { events: sliceEvents(events, 0, n), last, fault };
    }
  }
  return { events: sliceEvents(events, 0, n), last };
}
