/** Reading events as text. */
import type { Events, SensorSize } from "../../columns.ts";
import { Faults } from "../../faults.ts";
import { type ReaderOptions, type Recording, recordingOf } from "../../recording.ts";
import type { ByteSource } from "../../source.ts";
import { measuredSensor } from "../extent.ts";
import { batchOf } from "../table/columns.ts";
import { ANY_SENSOR, EventRows } from "../table/rows.ts";
import { MAX_LINE_BYTES, readHead, type TextHead } from "./head.ts";
import { BATCH_LINES, LineParser } from "./lines.ts";

/** Bytes by which a text of events is recognised: about 200 events. */
export const TEXT_HEAD_BYTES = 4096;

/** Bytes that are looked at where those are all comments, or do not tell the order of the columns. */
const LONG_HEAD_BYTES = 1 << 16;

/** The shortest line of an event: four digits, three blanks, a line feed. */
const LEAST_LINE_BYTES = 8;

/** Whether a text starts like events; see `readHead`. */
export function isEventText(head: Uint8Array): boolean {
  const found = readHead(head, head.length < TEXT_HEAD_BYTES);
  return "fields" in found || found.ambiguous;
}

/**
 * Opens events written as text: a line an event, four numbers in an order that a row of names, the content or
 * `options.layout` tells, between blanks, commas or semicolons. Times with a decimal point are seconds and are rounded to
 * microseconds by their digits; times without are microseconds.
 *
 * In `recover` mode lines that are no event, events outside the sensor and events earlier than the one before are left
 * out. In `strict` mode each of these is an error, raised after all events before it were delivered.
 *
 * @throws FormatError from here for the first lines, from the iteration for those after
 * @throws ArgumentError if an option is out of its range
 */
export async function openText(source: ByteSource, options: ReaderOptions = {}): Promise<Recording> {
  const { mode = "strict", file, layout } = options;
  let head = readHead(...(await start(source, TEXT_HEAD_BYTES)), layout, options.sensor);
  if ("what" in head) head = readHead(...(await start(source, LONG_HEAD_BYTES)), layout, options.sensor);
  if ("what" in head) throw new Faults("text", mode, file).error(head.offset, head.what);
  const found = head;
  const sensor = options.sensor ?? found.sensor;
  const faults = new Faults(found.format, mode, file);
  const measured = await measuredSensor(
    found.format,
    source,
    { ...options, ...(sensor !== undefined && { sensor }) },
    (from) => decodeText(from, found, ANY_SENSOR, new Faults(found.format, "recover", file)),
  );
  return recordingOf(
    found.format,
    measured.sensor,
    faults,
    measured.source,
    decodeText(measured.source, found, measured.sensor, faults),
  );
}

/** The first bytes, and whether they are all. */
async function start(source: ByteSource, length: number): Promise<[Uint8Array, boolean]> {
  const bytes = await source.peek(length);
  return [bytes, bytes.length < length];
}

async function* decodeText(
  source: ByteSource,
  head: TextHead,
  sensor: SensorSize,
  faults: Faults,
): AsyncGenerator<Events> {
  const rows = new EventRows(sensor, faults);
  const parser = new LineParser(head, rows, faults);
  await source.skip(head.start);
  /** The start of a line that a chunk ends within. */
  let rest: Uint8Array = new Uint8Array(0);
  /** Bytes of a line that is too long and passed over. */
  let passed = 0;
  for (;;) {
    const offset = source.offset - rest.length;
    const chunk = await source.readSome();
    if (chunk.length === 0) break;
    const first = chunk.indexOf(0x0a) + 1;
    const part = first === 0 ? chunk.length : first;
    if (passed > 0 || rest.length + part > MAX_LINE_BYTES) {
      if (passed === 0) parser.meetLongLine(offset, rest.length);
      rest = rest.subarray(0, 0);
      passed += part;
      faults.droppedBytes += part;
      if (first === 0) continue;
      parser.skipLine();
      passed = 0;
    } else if (first === 0) {
      rest = joined(rest, chunk);
      continue;
    } else if (rest.length > 0) {
      yield* parsed(joined(rest, chunk.subarray(0, first)), 0, rest.length + first, offset);
      rest = rest.subarray(0, 0);
    } else {
      yield* parsed(chunk, 0, first, source.offset - chunk.length);
    }
    const end = chunk.lastIndexOf(0x0a) + 1;
    yield* parsed(chunk, first, end, source.offset - chunk.length);
    rest = chunk.slice(end);
  }
  // The last line need not end.
  const last = joined(rest, Uint8Array.of(0x0a));
  if (rest.length > 0) yield* parsed(last, 0, last.length, source.offset - rest.length);

  function* parsed(bytes: Uint8Array, from: number, end: number, offset: number): Generator<Events> {
    for (let at = from; at < end;) {
      const most = Math.min(BATCH_LINES, Math.ceil((end - at) / LEAST_LINE_BYTES));
      yield* batchOf(rows, most, () => {
        at = parser.parse(bytes, at, end, offset, most);
      });
    }
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}
