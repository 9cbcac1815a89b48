/**
 * Memory of reading recordings of growing length: the peak of the resident memory of a process that does nothing else. As
 * a program it is such a process: `node bench/event-memory.ts [PATH]` reads a file and prints events and bytes.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Events, sliceEvents } from "../src/events/index.ts";
import { openRecording } from "../src/events/node.ts";
import { encoded, type EventCase, fitted, type Subject } from "./event-cases.ts";
import { batchesOf, writePieces } from "./event-files.ts";
import { digits, table } from "./harness.ts";

/** How many times longer than the first file each is. */
const LENGTHS = [1, 4, 16];

/** Events of the first file. */
export const EVENTS = 4e6;

if (process.argv[1] === import.meta.filename) {
  const path = process.argv[2];
  let count = 0;
  // No sensor is given: files that do not say theirs are read twice.
  if (path !== undefined) for await (const { t } of await openRecording(path)) count += t.length;
  // Linux alone says it: `getrusage` takes the memory of the process that started this one for its own.
  const peak = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"));
  console.log(count, Number(peak?.[1]) * 1024);
}

/** A table of formats and lengths, in Markdown. */
export async function memoryTable(
  subject: Subject,
  cases: readonly EventCase[],
  folder: string,
): Promise<string> {
  const nothing = peakOf(undefined, 0);
  const rows: string[][] = [];
  for (const one of cases) {
    const { events, sensor } = fitted({ ...subject, events: sliceEvents(subject.events, 0, EVENTS) }, one);
    const path = join(folder, one.name);
    let bytes = 0;
    const peaks: number[] = [];
    for (const times of LENGTHS) {
      bytes = await writePieces(path, encoded(one, sensor, repeated(events, times)));
      peaks.push(peakOf(path, times * EVENTS));
      rmSync(path);
    }
    const [first, last] = [peaks[0]!, peaks.at(-1)!];
    rows.push([
      one.name,
      `${digits(bytes / 1e6)} MB`,
      ...peaks.map((peak) => `${(peak / 1e6).toFixed(0)} MB`),
      `${last >= first ? "+" : ""}${((last - first) / 1e6).toFixed(0)} MB`,
    ]);
  }
  const head = ["format", "longest file", ...LENGTHS.map((n) => `${(n * EVENTS) / 1e6} M events`), "growth"];
  return `A process that reads nothing: ${(nothing / 1e6).toFixed(0)} MB.\n\n${table(head, rows)}`;
}

/** The peak of the resident memory of a process that reads a file, in bytes. */
function peakOf(path: string | undefined, expected: number): number {
  const args = [import.meta.filename, ...(path === undefined ? [] : [path])];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  const [count, bytes] = stdout.split(" ").map(Number);
  if (count !== expected)
    throw new Error(`${path}: ${expected} events were written, ${stdout}${stderr} were read`);
  return bytes!;
}

/**
 * The events so many times one after the other, in batches as a reader has them. Times are halved: those of N-MNIST end
 * after 8 s.
 */
function repeated(events: Events, times: number): Iterable<Events> {
  const duration = events.t[events.t.length - 1]! + 1;
  return {
    *[Symbol.iterator]() {
      for (let k = 0; k < times; k++) {
        for (const batch of batchesOf(events))
          yield { ...batch, t: batch.t.map((t) => Math.floor((t + k * duration) / 2)) };
      }
    },
  };
}
