/**
 * Reads malformed recordings until it has read enough of each format: `npm run fuzz -- --help`. A file that breaks the
 * contract of SECURITY.md is kept, and the command ends with 1.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { damaged } from "./damage.ts";
import { seedFiles } from "./seeds.ts";
import type { Message, Task } from "./worker.ts";

const USAGE = `usage: npm run fuzz -- [options]

  --format NAME     only recordings whose name starts so; may be given again
  --iterations N    malformed files of each recording (200000)
  --first N         number of the first of them (0)
  --seconds N       at most so long for each recording
  --seed TEXT       which files (1)
  --out DIR         where files that break the contract are kept (out/fuzz)
  --keep DIR        write one file for every different error, with outcomes.json: the corpus of the tests
`;

/** A file that is not read within this time is taken for endless. */
const HANG_MS = 10_000;

const { values } = parseArgs({
  options: {
    format: { type: "string", multiple: true, default: [""] },
    iterations: { type: "string", default: "200000" },
    first: { type: "string", default: "0" },
    seconds: { type: "string", default: "Infinity" },
    seed: { type: "string", default: "1" },
    out: { type: "string", default: "out/fuzz" },
    keep: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const seeds = await seedFiles();
const names = [...seeds.keys()].filter((name) => values.format.some((start) => name.startsWith(start)));
if (names.length === 0) {
  process.stderr.write(`fuzz: expected a format of ${[...seeds.keys()].join(", ")}, got ${values.format}\n`);
  process.exit(2);
}
if (values.keep !== undefined) {
  const { keepCorpus } = await import("./corpus.ts");
  process.stdout.write(`${await keepCorpus(values.keep, names, Number(values.iterations), values.seed)}\n`);
  process.exit(0);
}

let failures = 0;
for (const name of names) await fuzz(name, Number(values.first));
process.exit(failures > 0 ? 1 : 0);

/** Runs a thread over one recording; goes on behind a file that hangs. */
async function fuzz(name: string, first: number): Promise<void> {
  const iterations = Number(values.iterations) - (first - Number(values.first));
  const seconds = Number(values.seconds);
  const pulse = new SharedArrayBuffer(4);
  const task: Task = { seed: values.seed, names: [name], iterations, first, seconds, pulse };
  const started = performance.now();
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  });
  const beat = new Int32Array(pulse);
  let seen = -1;
  let hung: number | undefined;
  const watch = setInterval(() => {
    const now = Atomics.load(beat, 0);
    if (now === seen) {
      hung = now;
      void worker.terminate();
    }
    seen = now;
  }, HANG_MS);
  await new Promise<void>((resolve, reject) => {
    worker.on("message", (message: Message) => {
      if (message.kind === "failure") fail(message.name, message.iteration, message.reason);
      if (message.kind === "end") {
        const rate = message.files / ((performance.now() - started) / 1000);
        const text = `${message.files} files, ${message.errors} refused, ${rate.toFixed(0)} files/s`;
        process.stdout.write(`${name}: ${text}\n`);
        seen = -1;
      }
    });
    worker.on("error", reject);
    worker.on("exit", () => resolve());
  }).catch((error: unknown) => fail(name, Atomics.load(beat, 0), String(error)));
  clearInterval(watch);
  if (hung !== undefined) {
    fail(name, hung, `not read within ${HANG_MS / 1000} s`);
    await fuzz(name, hung + 1);
  }
}

function fail(name: string, iteration: number, reason: string): void {
  failures++;
  mkdirSync(values.out, { recursive: true });
  const path = join(values.out, `${name}-${values.seed}-${iteration}.bin`);
  const { bytes, mode, chunk } = damaged(seeds.get(name)!, values.seed, name, iteration);
  writeFileSync(path, bytes);
  process.stdout.write(`${path} (${mode}, chunks of ${chunk}): ${reason}\n`);
}
