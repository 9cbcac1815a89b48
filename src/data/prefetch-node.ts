/** Samples made in threads, ahead of their use. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { ArgumentError, FormatError, ShapeError, UnsupportedError, WorkerError } from "../core/index.ts";

/** Options of {@link prefetch}. */
export type PrefetchOptions = {
  /** Module that each thread loads, for example `new URL("./digits.js", import.meta.url)`. */
  readonly module: URL;
  /** Name of its export that makes the data set: a function of `options` whose result, or promise, is a `Dataset`. */
  readonly exported: string;
  /** Argument of that function; it is copied to the threads. */
  readonly options?: unknown;
  /** Indices of the samples, in the order of their delivery. */
  readonly order: ArrayLike<number>;
  /** Number of threads; the number of cores by default. */
  readonly threads?: number;
  /** Samples that may wait to be taken, for each thread; 2 by default. */
  readonly ahead?: number;
  readonly signal?: AbortSignal;
};

/** What a thread answers. */
type Answer = { readonly at: number; readonly sample?: unknown; readonly fault?: Fault };

/** An error's fields: copied between threads, errors of our own types would lose theirs. */
type Fault = Partial<FormatError> & { readonly name: string; readonly message: string };

/** What a thread runs: plain JavaScript, so that it needs no file of its own. Arrays are handed over, not copied. */
const THREAD = `
const { parentPort, workerData } = require("node:worker_threads");
const { module, exported, options } = workerData;
function buffers(value, found = new Set()) {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) found.add(value.buffer);
  } else if (value instanceof Map) for (const item of value.values()) buffers(item, found);
  else if (value !== null && typeof value === "object") for (const item of Object.values(value)) buffers(item, found);
  return found;
}
const dataset = import(module).then((loaded) => loaded[exported](options));
parentPort.on("message", async ({ at, index }) => {
  try {
    const sample = await (await dataset).get(index);
    parentPort.postMessage({ at, sample }, [...buffers(sample)]);
  } catch (error) {
    parentPort.postMessage({ at, fault: { name: error?.name, message: String(error?.message ?? error), ...error } });
  }
});
`;

/**
 * The samples of a data set in a given order, made by threads that keep ahead of the caller. Leaving the loop, an error
 * or the signal ends the threads. Equal orders give equal samples, whatever the number of threads.
 *
 * Samples are handed over between threads: they must be made of numbers, text, typed arrays, maps and plain objects, and
 * their arrays must not be parts of what the data set keeps.
 *
 * @throws ArgumentError if an option is out of its range
 * @throws WorkerError if a thread ends by itself, or cannot load the module
 * @throws what the data set throws for a sample, in its turn
 */
export async function* prefetch<Sample>({
  module,
  exported,
  options,
  order,
  threads = availableParallelism(),
  ahead = 2,
  signal,
}: PrefetchOptions): AsyncGenerator<Sample> {
  for (const [name, value] of Object.entries({ threads, ahead })) {
    if (!(Number.isInteger(value) && value >= 1 && value <= 256)) {
      throw new ArgumentError(`prefetch: expected ${name} of 1 to 256, got ${value}`);
    }
  }
  signal?.throwIfAborted();
  const ready = new Map<number, Answer>();
  let fault: Error | undefined;
  let wake: () => void = () => undefined;
  const stop = (error: Error) => {
    fault ??= error;
    wake();
  };
  const onAbort = () => stop(signal!.reason as Error);
  signal?.addEventListener("abort", onAbort, { once: true });
  const count = Math.min(threads, Math.max(1, order.length));
  const workers = Array.from({ length: count }, () => {
    const worker = new Worker(THREAD, { eval: true, workerData: { module: module.href, exported, options } });
    worker.on("message", (answer: Answer) => {
      ready.set(answer.at, answer);
      wake();
    });
    worker.on("error", (error) => stop(new WorkerError(`prefetch: ${error.message}`, { cause: error })));
    worker.on("exit", (code) =>
      stop(new WorkerError(`prefetch: expected threads that last, got exit code ${code}`)),
    );
    return worker;
  });
  try {
    let asked = 0;
    for (let next = 0; next < order.length; next++) {
      for (; asked < Math.min(order.length, next + count * ahead); asked++) {
        workers[asked % count]!.postMessage({ at: asked, index: order[asked]! });
      }
      while (!ready.has(next) && fault === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const answer = ready.get(next);
      if (answer === undefined) throw fault!;
      ready.delete(next);
      if (answer.fault !== undefined) throw errorOf(answer.fault);
      yield answer.sample as Sample;
    }
  } finally {
    signal?.removeEventListener("abort", onAbort);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** The error that a thread met. */
function errorOf({ name, message, ...fields }: Fault): Error {
  if (name === "FormatError")
    return new FormatError(fields.format!, fields.offset!, fields.what!, fields.file);
  const type = [ArgumentError, ShapeError, UnsupportedError].find((known) => known.name === name) ?? Error;
  return Object.assign(new type(message), fields);
}
