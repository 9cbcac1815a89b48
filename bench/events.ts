/**
 * How fast EVT 3.0 decodes, beside a plain decoder that reads words through a DataView and pushes objects. Decodes a
 * recording made here, and those in `SACCADE_DATA`; the best of five runs. Then how fast events are binned.
 *
 *   node bench/events.ts
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Random } from "../src/core/index.ts";
import { BinaryVoxelGrid, emptyEvents, encodeEvt3, type Events, openEvents } from "../src/events/index.ts";

const SENSOR = { width: 1280, height: 720 };
const RUNS = 5;

/** Moving edges: events in runs along rows, as sensors with vector read-out send them. */
function edges(count: number): Events {
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
  return events;
}

async function ours(bytes: Uint8Array): Promise<number> {
  let count = 0;
  for await (const { t } of await openEvents(bytes)) count += t.length;
  return count;
}

/** What one writes first: a DataView, a case a word, an object an event. No checks. */
function naive(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: { t: number; x: number; y: number; on: boolean }[] = [];
  let [high, low, y, base, on] = [0, 0, 0, 0, false];
  for (let at = headerBytes(bytes); at + 2 <= bytes.length; at += 2) {
    const word = view.getUint16(at, true);
    const type = word >> 12;
    if (type === 0x0) y = word & 0x7ff;
    else if (type === 0x2)
      events.push({ t: high * 4096 + low, x: word & 0x7ff, y, on: (word & 0x800) !== 0 });
    else if (type === 0x3) [base, on] = [word & 0x7ff, (word & 0x800) !== 0];
    else if (type === 0x4 || type === 0x5) {
      const length = type === 0x4 ? 12 : 8;
      for (let i = 0; i < length; i++) {
        if ((word >> i) & 1) events.push({ t: high * 4096 + low, x: base + i, y, on });
      }
      base += length;
    } else if (type === 0x6) low = word & 0xfff;
    else if (type === 0x8) high = word & 0xfff;
  }
  return events.length;
}

function headerBytes(bytes: Uint8Array): number {
  let at = 0;
  while (bytes[at] === 0x25 && bytes[at + 1] === 0x20) at = bytes.indexOf(0x0a, at) + 1;
  return at;
}

async function best(
  decode: (bytes: Uint8Array) => number | Promise<number>,
  bytes: Uint8Array,
  times: number,
) {
  let rate = 0;
  let count = 0;
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    for (let k = 0; k < times; k++) count = await decode(bytes);
    rate = Math.max(rate, (count * times) / (performance.now() - start) / 1000);
  }
  return { rate, count };
}

async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return new Uint8Array(Buffer.concat(parts));
}

const events = edges(4_000_000);
const subjects: [string, Uint8Array, number][] = [
  ["made here, vectors", await bytesOf(encodeEvt3(SENSOR, [events])), 1],
  ["made here, no vectors", await bytesOf(encodeEvt3(SENSOR, [events], { vectors: false })), 1],
];
const folder = join(process.env["SACCADE_DATA"] ?? "", "events", "evt3");
if (process.env["SACCADE_DATA"] !== undefined && existsSync(folder)) {
  for (const name of readdirSync(folder)) {
    subjects.push([name, new Uint8Array(readFileSync(join(folder, name))), 20]);
  }
}
for (const [name, bytes, times] of subjects) {
  const { rate, count } = await best(ours, bytes, times);
  const rival = await best(naive, bytes, times);
  if (rival.count !== count) throw new Error(`${name}: ${count} events, the rival found ${rival.count}`);
  console.log(
    `evt3 ${name}: ${count} events, ${rate.toFixed(1)} M events/s; plain decoder ${rival.rate.toFixed(1)} M events/s`,
  );
}

const grid = new BinaryVoxelGrid({
  sensor: SENSOR,
  size: { width: 256, height: 256 },
  timeSteps: 8,
  subBins: 2,
  durationUs: events.t[events.t.length - 1]! + 1,
});
const { rate } = await best(
  () => {
    grid.clear();
    grid.add(events);
    return events.t.length;
  },
  new Uint8Array(0),
  1,
);
console.log(`binary voxel grid [${grid.shape.join(", ")}]: ${rate.toFixed(1)} M events/s`);
