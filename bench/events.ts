/**
 * How fast recordings are read and written on one core. Every file holds the same events, made here: moving edges; and
 * those of a recording in `SACCADE_DATA`, again and again. Reading from memory stands beside a plain decoder
 * (`plain-decoders.ts`), reading from disk beside reading the bytes alone, h5wasm and, where `SACCADE_BENCH_PYTHON` names
 * a Python with NumPy, vectorised NumPy, h5py and SciPy (`plain-decoders.py`). Then how fast events are binned. With
 * `--memory` instead: what memory reading takes, by length of the file (Linux).
 *
 *   npm run bench -- events [--events=20] [--formats=evt2,dat] [--out=docs/benchmarks]
 *   npm run bench -- events --memory [--formats=evt2,dat] [--out=docs/benchmarks]
 *
 * The fastest of `--runs` runs, or as many as fit into 10 s; `SACCADE_BENCH_CLOCK=processor` on a busy machine.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BinaryVoxelGrid, type Events, openEvents, sliceEvents } from "../src/events/index.ts";
import { openRecording, writeRecording } from "../src/events/node.ts";
import { CASES, encoded, type EventCase, fitted, type Subject } from "./event-cases.ts";
import { batchesOf, edges, recorded, writePieces } from "./event-files.ts";
import { EVENTS as MEMORY_EVENTS, memoryTable } from "./event-memory.ts";
import { H5WASM_VERSION, pythonRate, pythonVersions, readByH5wasm } from "./event-rivals.ts";
import { digits, factor, flags, now, processorTime, table } from "./harness.ts";
import { pageFlags, publish } from "./publish.ts";

const options = flags({
  events: { type: "string", default: "20" },
  runs: { type: "string", default: "5" },
  formats: { type: "string", default: CASES.map(({ format }) => format).join(",") },
  memory: { type: "boolean", default: false },
  ...pageFlags,
});
const EVENTS = Number(options.events) * 1e6;
const EFFORT = { runs: Number(options.runs), seconds: 10 };
/** Plain decoders keep an object an event: 20 million of them are more than a heap holds. */
const PLAIN_EVENTS = Math.min(EVENTS, 4e6);

/** Millions of events a second, in the fastest run. */
async function fastest(run: () => number | Promise<number>, expected: number): Promise<number> {
  let rate = 0;
  const end = performance.now() + EFFORT.seconds * 1000;
  for (let k = 0; k < EFFORT.runs && (k === 0 || performance.now() < end); k++) {
    const start = now();
    const count = await run();
    rate = Math.max(rate, count / (now() - start) / 1000);
    if (count !== expected) throw new Error(`expected ${expected} events, got ${count}`);
  }
  return rate;
}

async function counted(recording: AsyncIterable<Events>): Promise<number> {
  let count = 0;
  for await (const { t } of recording) count += t.length;
  return count;
}

/** A file of a case: the events in it, where it lies and what its bytes are. */
type Measured = {
  readonly one: EventCase;
  /** Name of the events. */
  readonly name: string;
  readonly subject: Subject;
  readonly path: string;
  readonly whole: Uint8Array;
  readonly count: number;
};

async function fileOf(one: EventCase, name: string, given: Subject, path: string): Promise<Measured> {
  const subject = fitted(given, one);
  await writePieces(path, encoded(one, subject.sensor, batchesOf(subject.events)));
  const whole = new Uint8Array(await readFile(path));
  return { one, name, subject, path, whole, count: subject.events.t.length };
}

/** Megabytes a second. */
function megabytes(rate: number, { whole, count }: Measured): string {
  return digits((rate * whole.length) / count);
}

async function readFromMemory(measured: Measured): Promise<string[]> {
  const { one, name, subject, whole, count, path } = measured;
  const open = { sensor: subject.sensor, format: one.format };
  const rate = await fastest(async () => counted(await openEvents(whole, open)), count);
  const { plain } = one;
  let rival = NaN;
  if (plain !== undefined) {
    const events = sliceEvents(subject.events, 0, PLAIN_EVENTS);
    const few = await fileOf(one, name, { ...subject, events }, `${path}.few`);
    rival = await fastest(() => plain(few.whole), PLAIN_EVENTS);
  }
  const cells = [digits(whole.length / count), digits(rate), megabytes(rate, measured)];
  return [one.name, name, ...cells, digits(rival), factor(rate, rival)];
}

async function readFromDisk(measured: Measured): Promise<string[]> {
  const { one, name, subject, count, path } = measured;
  const open = { sensor: subject.sensor, format: one.format };
  const rate = await fastest(async () => counted(await openRecording(path, open)), count);
  const alone = await fastest(() => readFile(path).then(() => count), count);
  const { python } = one;
  const rival = python === undefined ? NaN : pythonRate(one.format, path, count, EFFORT);
  const h5wasm = python === "h5py" ? await fastest(() => readByH5wasm(path), count) : NaN;
  const cells = [digits(rate), megabytes(rate, measured), megabytes(alone, measured)];
  const rivals = [
    Number.isFinite(rival) ? `${python} ${digits(rival)}` : "–",
    factor(rate, rival),
    digits(h5wasm),
    factor(rate, h5wasm),
  ];
  return [one.name, name, ...cells, ...rivals];
}

/** Undefined for formats that are not written. */
async function write(measured: Measured): Promise<string[] | undefined> {
  const { one, name, subject, whole, count, path } = measured;
  const { writer } = one;
  if (typeof writer === "function") return undefined;
  const { sensor } = subject;
  const batches = batchesOf(subject.events);
  const encode = async () => {
    for await (const piece of encoded(one, sensor, batches)) void piece;
    return count;
  };
  const save = () => writeRecording(path, writer.format, sensor, batches, writer.options).then(() => count);
  const rates = [await fastest(encode, count), await fastest(save, count)];
  const alone = await fastest(() => writeFile(path, whole, { flush: true }).then(() => count), count);
  const cells = rates.flatMap((rate) => [digits(rate), megabytes(rate, measured)]);
  return [one.name, name, ...cells, megabytes(alone, measured)];
}

/** What the disk itself reads, past the memory of the system, as `dd` says; undefined where it cannot. */
function diskRate(path: string): string | undefined {
  const args = [`if=${path}`, "of=/dev/null", "bs=1M", "iflag=direct"];
  const env = { ...process.env, LC_ALL: "C" };
  const { status, stderr } = spawnSync("dd", args, { encoding: "utf8", env });
  return status === 0 ? /[\d.]+ [kMG]?B\/s/.exec(stderr)?.[0] : undefined;
}

async function binning(events: Events): Promise<string> {
  const grid = new BinaryVoxelGrid({
    sensor: { width: 1280, height: 720 },
    size: { width: 256, height: 256 },
    timeSteps: 8,
    subBins: 2,
    durationUs: events.t[events.t.length - 1]! + 1,
  });
  const add = () => {
    grid.clear();
    grid.add(events);
    return events.t.length;
  };
  const rate = await fastest(add, events.t.length);
  return `Binary voxel grid [${grid.shape.join(", ")}] of the edges: ${digits(rate)} M events/s.`;
}

async function publishSpeed(cases: readonly EventCase[], folder: string): Promise<void> {
  const made = edges(EVENTS);
  const recording = await recorded(EVENTS);
  const rows = { memory: [] as string[][], disk: [] as string[][], writing: [] as string[][] };
  const path = join(folder, "recording");
  for (const one of cases) {
    for (const [name, subject] of [["edges", made] as const, ["recording", recording] as const]) {
      if (subject === undefined) continue;
      const measured = await fileOf(one, name, subject, path);
      rows.memory.push(await readFromMemory(measured));
      rows.disk.push(await readFromDisk(measured));
      const written = await write(measured);
      if (written !== undefined) rows.writing.push(written);
    }
  }
  const python = pythonVersions();
  const about = [
    `${EVENTS / 1e6} M events a file (the plain decoder: ${PLAIN_EVENTS / 1e6} M): moving edges made by a seed,`,
    "and those of a recording of a Gen4.1 sensor, again and again; 1280×720, for AEDAT 2 and 3 and N-MNIST divided to",
    `fit. The fastest of ${EFFORT.runs} runs, or of as many as fit into ${EFFORT.seconds} s. Formats that do not say`,
    "the size of their sensor are told it.",
    python === undefined ? "" : `Rivals: ${python}, h5wasm ${H5WASM_VERSION}.`,
  ];
  const disk = diskRate(path);
  const fromDisk = [
    'Files are in the memory of the system. "Bytes alone" is `readFile`.',
    disk === undefined
      ? ""
      : `Past that memory the disk itself reads ${disk} (\`dd iflag=direct\`, time that passes).`,
    "NumPy, h5py and SciPy read whole files to the same columns, vectorised and without checks; text by `loadtxt`.",
    "h5wasm reads the four columns and leaves times as they are. Neither Debian nor npm has a reader of EVT3 or AEDAT4",
    "to stand beside, and Event Stream's records of two lengths cannot be vectorised.",
  ];
  const fromWriting = [
    "Batches of 65,536 events; into a file as `writeRecording` does it, which waits for the disk.",
    '"Bytes alone" is `writeFile`, which waits too.',
    ...(processorTime ? ["Processor time has none of the waiting."] : []),
  ];
  const subjects = ["format", "events"];
  const [rate, bytes] = ["M events/s", "MB/s"];
  const body = [
    "## Reading from memory",
    "The plain decoder is what one writes first: a DataView, an object an event, no checks.",
    table([...subjects, "bytes an event", rate, bytes, `plain decoder, ${rate}`, "ratio"], rows.memory),
    "## Reading from disk",
    fromDisk.join(" "),
    table(
      [
        ...subjects,
        rate,
        bytes,
        `bytes alone, ${bytes}`,
        `Python, ${rate}`,
        "ratio",
        `h5wasm, ${rate}`,
        "ratio",
      ],
      rows.disk,
    ),
    "## Writing",
    fromWriting.join(" "),
    table(
      [...subjects, `encoded, ${rate}`, bytes, `into a file, ${rate}`, bytes, `bytes alone, ${bytes}`],
      rows.writing,
    ),
    "## Binning",
    await binning(made.events),
  ];
  const page = { name: "events", title: "Speed of event formats", threads: "1", charts: new Map() };
  await publish({ ...page, about: about.join(" "), body }, options);
}

async function publishMemory(cases: readonly EventCase[], folder: string): Promise<void> {
  const about = [
    "The peak of the resident memory (`VmHWM`) of a process that opens a file on disk without any option and counts its",
    "events: moving edges, 1280×720, for AEDAT 2 and 3 and N-MNIST divided to fit. Formats that do not say the size of",
    "the sensor are read twice. The heap of Node grows for some seconds before it settles.",
  ].join(" ");
  const body = [await memoryTable(edges(MEMORY_EVENTS), cases, folder)];
  const page = { name: "events", file: "event-memory", title: "Memory of event formats", threads: "1" };
  await publish({ ...page, about, body, charts: new Map() }, options);
}

const folder = mkdtempSync(join(tmpdir(), "saccade-bench-"));
try {
  const wanted = options.formats.split(",");
  const cases = CASES.filter(({ format }) => wanted.includes(format));
  await (options.memory ? publishMemory(cases, folder) : publishSpeed(cases, folder));
} finally {
  rmSync(folder, { recursive: true });
}
