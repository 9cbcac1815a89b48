/** The WebAssembly backend in browsers. */
import { compileKernels, PATIENCE_MS, WAKE_ABOVE_NS, type WasmOptions } from "./build.ts";
import { Device, workerProgram, type WorkerStart } from "./device.ts";
import { WasmBackend } from "./wasm.ts";
import { allStarted, notStarted } from "./workers.ts";

const program = `onmessage = ({ data: start }) => {
  const ready = () => postMessage("ready");
  ${workerProgram}
};`;

/**
 * Starts the WebAssembly backend. The page must be cross-origin isolated. With more than one thread call it inside a
 * worker: the main thread of a page is not allowed to wait.
 * @param options - `threads` (1), `build`, `wakeAboveNs` (10 000), `patienceMs` (10 000)
 * @throws ArgumentError unless `threads` is an integer in [1, 256] and `patienceMs` positive and finite
 * @throws UnsupportedError where the engine lacks what the build needs
 * @throws WorkerError when a worker does not start
 */
export async function createWasmBackend({
  threads = 1,
  build,
  wakeAboveNs = WAKE_ABOVE_NS,
  patienceMs = PATIENCE_MS,
}: WasmOptions = {}): Promise<WasmBackend> {
  const device = new Device(compileKernels(build), { threads, wakeAboveNs, patienceMs });
  const url = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
  const workers: Worker[] = [];
  const release = (): void => {
    for (const worker of workers) worker.terminate();
  };
  try {
    for (let i = 1; i < threads; i++) workers.push(new Worker(url));
    const starts = workers.map((worker, i) => started(worker, device.workerStart(i + 1)));
    await allStarted(starts, patienceMs);
  } catch (error) {
    release();
    throw error;
  } finally {
    URL.revokeObjectURL(url);
  }
  return new WasmBackend(device, release);
}

function started(worker: Worker, start: WorkerStart): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = ({ message }) => reject(notStarted(message));
    worker.postMessage(start);
  });
}
