/** What `saccade events info` does. */
import { FormatError, UnsupportedError } from "../../../../src/core/index.ts";
import { type Fault, isLiveAddress, readGenericEvents } from "../../../../src/events/index.ts";
import { openFile } from "../../../../src/events/node.ts";
import type { Context } from "../../context.ts";
import type { InputOptions } from "../../events-options.ts";
import type { InfoOptions } from "../../events.ts";
import { describe, InputError } from "../../faults.ts";
import { brief } from "../table.ts";
import { openInput } from "./input.ts";
import { grouped, microseconds } from "./units.ts";

/** What a recording holds. */
export type RecordingInfo = {
  readonly file: string;
  readonly format: string;
  /** `"generic"`: events without pixels, which have a time and any bytes; sizes, polarities and sums are 0 then. */
  readonly kind: "pixels" | "generic";
  readonly width: number;
  readonly height: number;
  readonly events: number;
  readonly on: number;
  readonly off: number;
  /** Null in a recording without events. */
  readonly firstUs: number | null;
  readonly lastUs: number | null;
  readonly durationUs: number;
  /** Events a second; null where the recording has no duration. */
  readonly rateHz: number | null;
  /** Sums of all columns and rows: a cheap way to compare two recordings. */
  readonly sumX: number;
  readonly sumY: number;
  readonly frames: number;
  readonly imuSamples: number;
  readonly triggers: number;
  readonly bytes: number;
  /** The first faults. */
  readonly faults: readonly Fault[];
  readonly faultCount: number;
  readonly droppedEvents: number;
  readonly droppedBytes: number;
};

/** Tells what recordings hold, one after the other. Goes on after one that cannot be read, and fails at the end. */
export async function info(
  files: readonly string[],
  options: InputOptions & InfoOptions,
  context: Context,
): Promise<void> {
  let failed: unknown;
  for (const file of files) {
    try {
      const found = await measure(file, options, context).catch(async (error: unknown) => {
        const refused = error instanceof InputError && error.cause instanceof UnsupportedError;
        const generic = refused ? await measureGeneric(file, context) : undefined;
        if (generic === undefined) throw error;
        return generic;
      });
      context.stdout.write(options.json ? `${JSON.stringify(found)}\n` : text(found));
      if (options.strict && found.faultCount > 0) {
        throw new InputError(found.file, `expected no faults, got ${found.faultCount}`);
      }
    } catch (error) {
      context.signal.throwIfAborted();
      if (failed !== undefined) context.stderr.write(`saccade: ${describe(failed, context.env)}\n`);
      failed = error;
    }
  }
  if (failed !== undefined) throw failed;
}

async function measure(path: string, options: InputOptions, context: Context): Promise<RecordingInfo> {
  const others = { frames: 0, imuSamples: 0, triggers: 0 };
  const input = await openInput(path, { ...options, recover: true }, context, {
    onFrame: () => void others.frames++,
    onImu: () => void others.imuSamples++,
    onTrigger: () => void others.triggers++,
  });
  let [events, on, sumX, sumY] = [0, 0, 0, 0];
  let firstUs: number | null = null;
  let lastUs: number | null = null;
  try {
    for await (const batch of input.stream) {
      const count = batch.t.length;
      if (count === 0) continue;
      firstUs ??= batch.t[0]!;
      lastUs = batch.t[count - 1]!;
      events += count;
      for (let i = 0; i < count; i++) {
        on += batch.on[i]!;
        sumX += batch.x[i]!;
        sumY += batch.y[i]!;
      }
    }
  } finally {
    await input.close();
  }
  const { recording, stream, name } = input;
  const durationUs = firstUs === null ? 0 : lastUs! - firstUs;
  return {
    file: name,
    format: recording.format,
    kind: "pixels",
    ...stream.sensor,
    events,
    on,
    off: events - on,
    firstUs,
    lastUs,
    durationUs,
    rateHz: durationUs > 0 ? (events / durationUs) * 1e6 : null,
    sumX,
    sumY,
    ...others,
    bytes: recording.offset,
    faults: recording.report.faults,
    faultCount: recording.report.count,
    droppedEvents: recording.report.droppedEvents,
    droppedBytes: recording.report.droppedBytes,
  };
}

/** A file of generic events; undefined if it is none. */
async function measureGeneric(path: string, { signal }: Context): Promise<RecordingInfo | undefined> {
  if (path === "-" || isLiveAddress(path)) return undefined;
  const source = await openFile(path, { signal });
  let [events, firstUs, lastUs] = [0, 0, 0];
  const faults: Fault[] = [];
  try {
    for await (const { tUs } of readGenericEvents(source, { file: path })) {
      if (events === 0) firstUs = tUs;
      lastUs = tUs;
      events++;
    }
  } catch (error) {
    if (error instanceof UnsupportedError || (error instanceof FormatError && events === 0)) return undefined;
    if (!(error instanceof FormatError)) throw error;
    faults.push({ offset: error.offset, what: error.what });
  }
  const durationUs = lastUs - firstUs;
  return {
    file: path,
    format: "es",
    kind: "generic",
    width: 0,
    height: 0,
    events,
    on: 0,
    off: 0,
    firstUs: events === 0 ? null : firstUs,
    lastUs: events === 0 ? null : lastUs,
    durationUs,
    rateHz: durationUs > 0 ? (events / durationUs) * 1e6 : null,
    sumX: 0,
    sumY: 0,
    frames: 0,
    imuSamples: 0,
    triggers: 0,
    bytes: source.offset,
    faults,
    faultCount: faults.length,
    droppedEvents: 0,
    droppedBytes: 0,
  };
}

/** Faults that are listed for a person. */
const LISTED = 5;

function text(found: RecordingInfo): string {
  const { events, on, firstUs, lastUs, durationUs, rateHz, faultCount } = found;
  const others = [
    [found.frames, "frames"],
    [found.imuSamples, "IMU samples"],
    [found.triggers, "triggers"],
  ].filter(([count]) => count !== 0);
  const rows: [string, string][] = [
    ["format", found.format],
    ...(found.kind === "generic"
      ? [["events", `${grouped(events)} without pixels`] as [string, string]]
      : ([
          ["sensor", `${found.width} x ${found.height} pixels`],
          ["events", events === 0 ? "0" : `${grouped(events)}, ${((100 * on) / events).toFixed(1)} % ON`],
        ] as [string, string][])),
  ];
  if (firstUs !== null) {
    rows.push(["time", `${grouped(firstUs)} to ${grouped(lastUs!)} µs`]);
    rows.push(["duration", microseconds(durationUs)]);
  }
  if (rateHz !== null) rows.push(["rate", `${brief(rateHz)} events/s`]);
  if (others.length > 0)
    rows.push(["also", others.map(([n, unit]) => `${grouped(Number(n))} ${unit}`).join(", ")]);
  const lost = `left out ${grouped(found.droppedEvents)} events, ${grouped(found.droppedBytes)} bytes`;
  rows.push(["faults", faultCount === 0 ? "none" : `${grouped(faultCount)}; ${lost}`]);
  const lines = rows.map(([key, value]) => `  ${key.padEnd(9)} ${value}\n`);
  const faults = found.faults.slice(0, LISTED).map(({ offset, what }) => `    at byte ${offset}: ${what}\n`);
  const more = faultCount > LISTED ? `    and ${grouped(faultCount - LISTED)} more\n` : "";
  return `${found.file}\n${lines.join("")}${faults.join("")}${more}`;
}
