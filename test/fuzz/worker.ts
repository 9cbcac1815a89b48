/** The thread that reads malformed files; `run.ts` watches it. */
import { parentPort, workerData } from "node:worker_threads";
import { boundAllocations } from "./allocation.ts";

/** What the thread is told. */
export type Task = {
  readonly seed: string;
  readonly names: readonly string[];
  /** Files to read of each name. */
  readonly iterations: number;
  /** Number of the first of them: a run can go on where another stopped. */
  readonly first: number;
  /** Seconds after which a name is left; infinite for none. */
  readonly seconds: number;
  /** One word, the number of the file that is being read: what the watcher looks at. */
  readonly pulse: SharedArrayBuffer;
};

/** What the thread tells. */
export type Message =
  | { readonly kind: "start"; readonly name: string }
  | { readonly kind: "failure"; readonly name: string; readonly iteration: number; readonly reason: string }
  | { readonly kind: "end"; readonly name: string; readonly files: number; readonly errors: number };

/** No array of a reader is larger than this, whatever a file of a few kilobytes says. */
const MAX_ALLOCATION = 1 << 25;

boundAllocations(MAX_ALLOCATION);
// The library takes the bounded constructors only if it is loaded now.
const { damaged } = await import("./damage.ts");
const { seedFiles } = await import("./seeds.ts");
const { probe, chunked } = await import("./probe.ts");

const { seed, names, iterations, first, seconds, pulse } = workerData as Task;
const beat = new Int32Array(pulse);
const seeds = await seedFiles();
const post = (message: Message) => parentPort!.postMessage(message);

for (const name of names) {
  post({ kind: "start", name });
  const until = performance.now() + 1000 * seconds;
  let files = 0;
  let errors = 0;
  for (let iteration = first; iteration < first + iterations && performance.now() < until; iteration++) {
    Atomics.store(beat, 0, iteration);
    const { bytes, mode, chunk } = damaged(seeds.get(name)!, seed, name, iteration);
    try {
      const input = chunk === 0 ? bytes : chunked(bytes, chunk);
      if ((await probe(input, bytes.length, mode)).error !== undefined) errors++;
    } catch (fault) {
      const reason = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
      post({ kind: "failure", name, iteration, reason });
    }
    files++;
  }
  post({ kind: "end", name, files, errors });
}
