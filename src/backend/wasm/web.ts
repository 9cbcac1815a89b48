/** The WebAssembly backend in browsers. */
import { compileKernels, PATIENCE_MS, sharesMemory, WAKE_ABOVE_NS, type WasmOptions } from "./build.ts";
import { checkThreads, Device, workerProgram, type WorkerStart } from "./device.ts";
import { WasmBackend } from "./wasm.ts";
import { allStarted, notStarted } from "./workers.ts";

const program = `onmessage = ({ data: start }) => {
  const ready = () => postMessage("ready");
  ${workerProgram}
};`;

/**
 * Starts the WebAssembly backend. One thread serves everywhere. More need a page that is cross-origin isolated, and a
 * worker that calls this, since the main thread of a page is not allowed to wait: elsewhere the backend has one thread
 * whatever was asked for, as its `threads` says. Where the engine shares no memory at all, the backend has 512 MiB from
 * the start instead of up to 4 GiB as it needs them, and an allocation beyond is a RangeError.
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
  checkThreads(threads);
  const shared = sharesMemory();
  const device = new Device(compileKernels(build, { shared }), {
    threads: shared && mayWait() ? threads : 1,
    wakeAboveNs,
    patienceMs,
    shared,
  });
  const url = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
  const workers: Worker[] = [];
  const release = (): void => {
    for (const worker of workers) worker.terminate();
  };
  try {
    for (let i = 1; i < device.threads; i++) workers.push(new Worker(url));
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

/** Whether memory can be sent to workers, and this thread may wait for them. */
function mayWait(): boolean {
  if (globalThis.crossOriginIsolated === false || typeof SharedArrayBuffer === "undefined") return false;
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
    return true;
  } catch {
    return false;
  }
}

function started(worker: Worker, start: WorkerStart): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = ({ message }) => reject(notStarted(message));
    worker.postMessage(start);
  });
}
