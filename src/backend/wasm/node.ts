/** The WebAssembly backend in Node. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { compileKernels, PATIENCE_MS, WAKE_ABOVE_NS, type WasmOptions } from "./build.ts";
import { Device, workerProgram } from "./device.ts";
import { compileRevectorized, preferOptimisingCompiler } from "./engine-node.ts";
import { WasmBackend } from "./wasm.ts";
import { allStarted, notStarted } from "./workers.ts";

const program = `
  const { workerData: start, parentPort } = require("node:worker_threads");
  const ready = () => parentPort.postMessage("ready");
  ${workerProgram}
`;

/**
 * Starts the WebAssembly backend. Its workers never keep a process alive.
 * @param options - `threads` (as many as the machine runs at once, 256 at most), `build`, `wakeAboveNs` (10 000),
 * `patienceMs` (10 000), `revectorize` (false)
 * @throws ArgumentError unless `threads` is an integer in [1, 256] and `patienceMs` positive and finite
 * @throws UnsupportedError where the engine lacks what the build needs
 * @throws WorkerError when a worker does not start
 */
export async function createWasmBackend({
  threads = Math.min(256, availableParallelism()),
  build,
  wakeAboveNs = WAKE_ABOVE_NS,
  patienceMs = PATIENCE_MS,
  revectorize = false,
}: WasmOptions = {}): Promise<WasmBackend> {
  preferOptimisingCompiler();
  const plain = compileKernels(build);
  const revectorized = revectorize ? compileRevectorized(build, plain) : null;
  const device = new Device(revectorized ?? plain, { threads, wakeAboveNs, patienceMs });
  const workers: Worker[] = [];
  const release = (): void => {
    for (const worker of workers) void worker.terminate();
  };
  try {
    for (let i = 1; i < threads; i++) {
      workers.push(new Worker(program, { eval: true, execArgv: [], workerData: device.workerStart(i) }));
    }
    await allStarted(workers.map(started), patienceMs);
  } catch (error) {
    release();
    throw error;
  }
  for (const worker of workers) worker.unref();
  return new WasmBackend(device, release, { revectorized: revectorized !== null });
}

function started(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once("message", () => resolve());
    worker.once("error", (error) => reject(notStarted(error)));
    worker.once("exit", (code) => reject(notStarted(`exit code ${code}`)));
  });
}
