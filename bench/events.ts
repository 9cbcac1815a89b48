/**
 * How fast recordings decode from memory on one core, each beside a plain decoder of its format (`plain-decoders.ts`).
 * Every file holds the same events, made here: moving edges; and those of a recording in `SACCADE_DATA`, again and again.
 * The best of `--runs` runs; `SACCADE_BENCH_CLOCK=processor` on a busy machine. Then how fast events are binned.
 *
 *   npm run bench -- events [--events 20] [--formats evt2,dat]
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Random } from "../src/core/index.ts";
import {
  BinaryVoxelGrid,
  emptyEvents,
  encodeAedat4,
  encodeDat,
  encodeEvents,
  encodeEventStream,
  encodeEvt2,
  encodeEvt21,
  encodeEvt3,
  type Events,
  type FilePiece,
  joinEvents,
  openEvents,
  type Patch,
  type SensorSize,
  sliceEvents,
} from "../src/events/index.ts";
import { digits, factor, flags, now, table } from "./harness.ts";
import { plainDat, plainEventStream, plainEvt2, plainEvt21, plainEvt3 } from "./plain-decoders.ts";

const SENSOR = { width: 1280, height: 720 };

/** A format to measure: how it is written, and a plain decoder that counts its events. */
type Case = {
  readonly name: string;
  readonly encode: (sensor: SensorSize, batches: Iterable<Events>) => AsyncIterable<FilePiece>;
  readonly plain?: (bytes: Uint8Array) => number;
};

const CASES: readonly Case[] = [
  { name: "evt3", encode: (sensor, batches) => encodeEvt3(sensor, batches), plain: plainEvt3 },
  {
    name: "evt3-no-vectors",
    encode: (sensor, batches) => encodeEvt3(sensor, batches, { vectors: false }),
    plain: plainEvt3,
  },
  { name: "evt2", encode: encodeEvt2, plain: plainEvt2 },
  { name: "evt21", encode: encodeEvt21, plain: plainEvt21 },
  { name: "dat", encode: encodeDat, plain: plainDat },
  { name: "es", encode: encodeEventStream, plain: plainEventStream },
  { name: "aedat4", encode: (sensor, batches) => encodeAedat4(sensor, batches) },
  { name: "npy", encode: (sensor, batches) => encodeEvents("npy", sensor, batches) },
  { name: "npz", encode: (sensor, batches) => encodeEvents("npz", sensor, batches) },
  { name: "csv", encode: (sensor, batches) => encodeEvents("csv", sensor, batches) },
];

const options = flags({
  events: { type: "string", default: "20" },
  runs: { type: "string", default: "5" },
  formats: { type: "string", default: CASES.map(({ name }) => name).join(",") },
});
const EVENTS = Number(options.events) * 1e6;
const RUNS = Number(options.runs);
/** Plain decoders keep an object an event: 20 million of them are more than a heap holds. */
const PLAIN_EVENTS = Math.min(EVENTS, 4e6);

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

/** The events of a recording, with later times, until there are so many. */
async function repeated(bytes: Uint8Array, count: number): Promise<{ events: Events; sensor: SensorSize }> {
  const recording = await openEvents(bytes);
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

async function ours(bytes: Uint8Array, sensor: SensorSize): Promise<number> {
  let count = 0;
  for await (const { t } of await openEvents(bytes, { sensor })) count += t.length;
  return count;
}

/** Millions of events a second, in the best run. */
async function best(decode: () => number | Promise<number>, expected: number, runs: number): Promise<number> {
  let rate = 0;
  for (let run = 0; run < runs; run++) {
    const start = now();
    const count = await decode();
    rate = Math.max(rate, count / (now() - start) / 1000);
    if (count !== expected) throw new Error(`${expected} events were written, ${count} were read`);
  }
  return rate;
}

async function bytesOf(pieces: AsyncIterable<FilePiece>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const patches: Patch[] = [];
  for await (const piece of pieces) {
    if (piece instanceof Uint8Array) parts.push(piece);
    else patches.push(piece);
  }
  const bytes = new Uint8Array(Buffer.concat(parts));
  for (const { at, bytes: part } of patches) bytes.set(part, at);
  return bytes;
}

const subjects = [{ name: "edges", sensor: SENSOR, events: edges(EVENTS) }];
const sample = join(process.env["SACCADE_DATA"] ?? "", "events", "evt3", "gen41_evt3_sample.raw");
if (process.env["SACCADE_DATA"] !== undefined && existsSync(sample)) {
  subjects.push({ name: "recording", ...(await repeated(new Uint8Array(readFileSync(sample)), EVENTS)) });
}
const wanted = options.formats.split(",");
const rows: string[][] = [];
for (const { name: subject, sensor, events } of subjects) {
  const few = sliceEvents(events, 0, PLAIN_EVENTS);
  for (const { name, encode, plain } of CASES.filter((one) => wanted.includes(one.name))) {
    const bytes = await bytesOf(encode(sensor, [events]));
    const rate = await best(() => ours(bytes, sensor), events.t.length, RUNS);
    const fewBytes = await bytesOf(encode(sensor, [few]));
    const rival = plain === undefined ? NaN : await best(() => plain(fewBytes), few.t.length, RUNS);
    rows.push([name, subject, digits(rate), digits(rival), factor(rate, rival)]);
  }
}
console.log(
  `${EVENTS / 1e6} M events a file (the plain decoder: ${PLAIN_EVENTS / 1e6} M), best of ${RUNS} runs\n`,
);
console.log(table(["format", "events", "M events/s", "plain decoder", "ratio"], rows));

const events = subjects[0]!.events;
const grid = new BinaryVoxelGrid({
  sensor: SENSOR,
  size: { width: 256, height: 256 },
  timeSteps: 8,
  subBins: 2,
  durationUs: events.t[events.t.length - 1]! + 1,
});
const rate = await best(
  () => {
    grid.clear();
    grid.add(events);
    return events.t.length;
  },
  events.t.length,
  RUNS,
);
console.log(`\nbinary voxel grid [${grid.shape.join(", ")}]: ${rate.toFixed(1)} M events/s`);
