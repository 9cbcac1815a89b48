/** The WebAssembly backend in Node. */
import { availableParallelism } from "node:os";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { compileKernels, WAKE_ABOVE_NS, type WasmOptions } from "./build.ts";
import { Device, workerProgram } from "./device.ts";
import { WasmBackend } from "./wasm.ts";

const program = `
  const { workerData: start, parentPort } = require("node:worker_threads");
  const ready = () => parentPort.postMessage("ready");
  ${workerProgram}
`;

/**
 * Starts the WebAssembly backend. Its workers never keep a process alive.
 * @param options - `threads` (as many as the machine runs at once, 256 at most), `build`, `wakeAboveNs` (10 000)
 * @throws ArgumentError unless `threads` is an integer in [1, 256]
 * @throws UnsupportedError where the engine lacks what the build needs
 */
export async function createWasmBackend({
  threads = Math.min(256, availableParallelism()),
  build,
  wakeAboveNs = WAKE_ABOVE_NS,
}: WasmOptions = {}): Promise<WasmBackend> {
  // The baseline compiler is 3 to 4 times slower, and a kernel stays in it until the call ends.
  setFlagsFromString("--no-liftoff");
  const device = new Device(compileKernels(build), threads, wakeAboveNs);
  const workers = Array.from({ length: threads - 1 }, (_, i) => {
    return new Worker(program, { eval: true, execArgv: [], workerData: device.workerStart(i + 1) });
  });
  const release = (): void => {
    for (const worker of workers) void worker.terminate();
  };
  const started = workers.map(async (worker) => {
    await new Promise((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
    worker.unref();
  });
  try {
    await Promise.all(started);
  } catch (error) {
    release();
    throw error;
  }
  return new WasmBackend(device, release);
}
