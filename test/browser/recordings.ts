/** Recordings that Node and browsers both write and read: what comes out is the same. */
import { Random } from "../../src/core/index.ts";
import {
  emptyEvents,
  encodeEvents,
  type Events,
  openEvents,
  type WriteFormat,
  writeFormats,
} from "../../src/events/index.ts";
import { bs3Of, nmnistOf } from "../events/flat-files.ts";

const SENSOR = { width: 64, height: 48 };

function made(count: number): Events {
  const random = new Random("both");
  const events = emptyEvents(count);
  let t = 0;
  for (let i = 0; i < count; i++) {
    events.t[i] = t += random.integer(0, 300);
    events.x[i] = random.integer(0, SENSOR.width);
    events.y[i] = random.integer(0, SENSOR.height);
    events.on[i] = random.integer(0, 2);
  }
  return events;
}

/** FNV-1a hash (32 bit) of numbers below 2^53. */
function hashed(numbers: Iterable<number>, start = 0x811c9dc5): number {
  let hash = start;
  for (const number of numbers) {
    hash = Math.imul(hash ^ (number % 2 ** 32), 0x01000193) ^ Math.floor(number / 2 ** 32);
  }
  return hash >>> 0;
}

async function written(format: WriteFormat, events: Events): Promise<Uint8Array> {
  const bytes: number[] = [];
  for await (const piece of encodeEvents(format, SENSOR, [events])) {
    const { at, bytes: part } = piece instanceof Uint8Array ? { at: bytes.length, bytes: piece } : piece;
    part.forEach((byte, i) => (bytes[at + i] = byte));
  }
  return Uint8Array.from(bytes);
}

/** Hashes of each format's file and of its events, read from a blob, by name. */
export async function digests(): Promise<Record<string, readonly number[]>> {
  const events = made(3000);
  const files: [string, Uint8Array][] = [
    ["nmnist", nmnistOf(events)],
    ["bs3", bs3Of(events)],
  ];
  for (const format of writeFormats) files.push([format, await written(format, events)]);
  const all: Record<string, readonly number[]> = {};
  for (const [name, bytes] of files) {
    const recording = await openEvents(new Blob([bytes as Uint8Array<ArrayBuffer>]));
    let [count, hash] = [0, 0];
    for await (const { t, x, y, on } of recording) {
      for (let i = 0; i < t.length; i++) hash = hashed([t[i]!, x[i]!, y[i]!, on[i]!], hash);
      count += t.length;
    }
    all[name] = [hashed(bytes), hash, count];
  }
  return all;
}
