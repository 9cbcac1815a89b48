/** Events for `bench/events.ts`, and files of them. */
import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Random } from "../src/core/index.ts";
import {
  emptyEvents,
  type Events,
  type FilePiece,
  joinEvents,
  openEvents,
  sliceEvents,
} from "../src/events/index.ts";
import type { Subject } from "./event-cases.ts";

const SENSOR = { width: 1280, height: 720 };

/** Events of a batch, as readers hand them out. */
const BATCH = 1 << 16;

/** Moving edges: events in runs along rows, as sensors with vector read-out send them. */
export function edges(count: number): Subject {
  const random = new Random("bench");
  const events = emptyEvents(count);
  let t = 0;
  for (let i = 0; i < count;) {
    t += random.integer(0, 3);
    const run = Math.min(random.integer(1, 9), count - i);
    const x = random.integer(0, SENSOR.width - 2 * run);
    const y = random.integer(0, SENSOR.height);
    const on = random.integer(0, 2);
    for (let k = 0, column = x; k < run; k++, i++) {
      events.t[i] = t;
      events.x[i] = column;
      events.y[i] = y;
      events.on[i] = on;
      column += random.integer(1, 3);
    }
  }
  return { events, sensor: SENSOR };
}

/** The events of a recording of `SACCADE_DATA`, with later times, until there are so many; undefined without one. */
export async function recorded(count: number): Promise<Subject | undefined> {
  const path = join(process.env["SACCADE_DATA"] ?? "", "events", "evt3", "gen41_evt3_sample.raw");
  if (process.env["SACCADE_DATA"] === undefined || !existsSync(path)) return undefined;
  const recording = await openEvents(new Uint8Array(readFileSync(path)));
  const batches: Events[] = [];
  for await (const batch of recording) batches.push(batch);
  const once = joinEvents(batches);
  const first = once.t[0]!;
  const duration = once.t[once.t.length - 1]! - first + 1;
  const rounds = Array.from({ length: Math.ceil(count / once.t.length) }, (_, k) => ({
    ...once,
    t: once.t.map((t) => t - first + k * duration),
  }));
  return { events: sliceEvents(joinEvents(rounds), 0, count), sensor: recording.sensor };
}

/** Events in batches as readers hand them out. */
export function batchesOf(events: Events): Events[] {
  return Array.from({ length: Math.ceil(events.t.length / BATCH) }, (_, k) =>
    sliceEvents(events, k * BATCH, (k + 1) * BATCH),
  );
}

/** Writes a file piece by piece; returns how many bytes it has. */
export async function writePieces(
  path: string,
  pieces: AsyncIterable<FilePiece> | Iterable<FilePiece>,
): Promise<number> {
  const file = openSync(path, "w");
  try {
    let end = 0;
    for await (const piece of pieces) {
      const { at, bytes } = piece instanceof Uint8Array ? { at: end, bytes: piece } : piece;
      for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, undefined, at + done);
      end = Math.max(end, at + bytes.length);
    }
    return end;
  } finally {
    closeSync(file);
  }
}
