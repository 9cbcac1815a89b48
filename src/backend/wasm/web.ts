/** The WebAssembly backend in browsers. */
import { compileKernels, WAKE_ABOVE_NS, type WasmOptions } from "./build.ts";
import { Device, workerProgram } from "./device.ts";
import { WasmBackend } from "./wasm.ts";

const program = `onmessage = ({ data: start }) => {
  const ready = () => postMessage("ready");
  ${workerProgram}
};`;

/**
 * Starts the WebAssembly backend. The page must be cross-origin isolated. With more than one thread call it inside a
 * worker: the main thread of a page is not allowed to wait.
 * @param options - `threads` (1), `build`, `wakeAboveNs` (10 000)
 * @throws ArgumentError unless `threads` is an integer in [1, 256]
 * @throws UnsupportedError where the engine lacks what the build needs
 */
export async function createWasmBackend({
  threads = 1,
  build,
  wakeAboveNs = WAKE_ABOVE_NS,
}: WasmOptions = {}): Promise<WasmBackend> {
  const device = new Device(compileKernels(build), threads, wakeAboveNs);
  const url = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
  const workers = Array.from({ length: threads - 1 }, () => new Worker(url));
  const release = (): void => {
    for (const worker of workers) worker.terminate();
  };
  const started = workers.map((worker, i) => {
    return new Promise((resolve, reject) => {
      worker.onmessage = resolve;
      worker.onerror = reject;
      worker.postMessage(device.workerStart(i + 1));
    });
  });
  try {
    await Promise.all(started);
  } catch (error) {
    release();
    throw error;
  } finally {
    URL.revokeObjectURL(url);
  }
  return new WasmBackend(device, release);
}
