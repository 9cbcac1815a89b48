/** A compiled module with its memory and threads: writes arguments, starts kernels. */
import { ArgumentError } from "../../core/index.ts";
import { Allocator } from "./allocator.ts";

/** Bytes of scratch that each thread owns. */
const SCRATCH = 1 << 20;
/** First byte of the scratch of thread 0; below lie the control block and nothing else. */
const SCRATCH_BASE = 65536;
/** Where kernels find their arguments: integers, then 192 bytes on the reals. See kernels/thread.ts. */
const ARGS = 320;
const REALS = ARGS + 192;
type Exports = {
  parallel(kernel: number, tasks: number, workers: number): void;
  serial(kernel: number, tasks: number): void;
  stop(workers: number): void;
  workerLoop(): void;
  setScratch(address: number): void;
};

/** What a worker needs to join. */
export type WorkerStart = {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly scratch: number;
};

/** Program of a worker, once `start` holds a {@link WorkerStart}: the same text in Node and browsers. */
export const workerProgram = `
  const { exports } = new WebAssembly.Instance(start.module, { env: { memory: start.memory } });
  exports.setScratch(start.scratch);
  ready();
  exports.workerLoop();
`;

/** Runs kernels. A job is cut into tasks by its shape alone, so its result does not depend on the threads. */
export class Device {
  readonly allocator: Allocator;
  readonly threads: number;
  readonly module: WebAssembly.Module;
  readonly #wakeAboveNs: number;
  readonly #exports: Exports;
  readonly #ints: Int32Array;
  readonly #reals: Float64Array;

  /**
   * @param module - a build of kernels/
   * @param threads - threads that will run jobs, this one included
   * @param wakeAboveNs - estimated nanoseconds from which a job is worth waking another thread
   */
  constructor(module: WebAssembly.Module, threads: number, wakeAboveNs: number) {
    if (!Number.isInteger(threads) || threads < 1 || threads > 256) {
      throw new ArgumentError(`threads: expected an integer in [1, 256], got ${threads}`);
    }
    const base = SCRATCH_BASE + threads * SCRATCH;
    const memory = new WebAssembly.Memory({ initial: base / 65536, maximum: 65536, shared: true });
    this.module = module;
    this.threads = threads;
    this.#wakeAboveNs = wakeAboveNs;
    this.allocator = new Allocator(memory, base);
    this.#exports = new WebAssembly.Instance(module, { env: { memory } }).exports as Exports;
    this.#exports.setScratch(SCRATCH_BASE);
    this.#ints = new Int32Array(memory.buffer, ARGS, 48);
    this.#reals = new Float64Array(memory.buffer, REALS, 16);
  }

  /** What worker `index` (from 1) starts with. */
  workerStart(index: number): WorkerStart {
    return {
      module: this.module,
      memory: this.allocator.memory,
      scratch: SCRATCH_BASE + index * SCRATCH,
    };
  }

  /**
   * Runs `tasks` tasks of a kernel and returns when all are done.
   * @param nanoseconds - rough estimate of the whole job on one thread
   * @param ints - integers and addresses
   * @param reals - float64 arguments
   */
  launch(
    kernel: number,
    tasks: number,
    nanoseconds: number,
    ints: readonly number[],
    reals: readonly number[] = [],
  ): void {
    for (let i = 0; i < ints.length; i++) this.#ints[i] = ints[i]!;
    for (let i = 0; i < reals.length; i++) this.#reals[i] = reals[i]!;
    if (this.threads > 1 && tasks > 1 && nanoseconds > this.#wakeAboveNs) {
      this.#exports.parallel(kernel, tasks, this.threads - 1);
    } else {
      this.#exports.serial(kernel, tasks);
    }
  }

  /** Calls `use` with temporary numbers, and takes them back after. */
  borrow(length: number, use: (block: Float32Array<ArrayBuffer>) => void): void {
    this.#lend(this.allocator.floats(length), use);
  }

  /** {@link Device.borrow} for 32-bit integers. */
  borrowWords(length: number, use: (block: Uint32Array<ArrayBuffer>) => void): void {
    this.#lend(this.allocator.words(length), use);
  }

  /** {@link Device.borrow} for 16-bit integers. */
  borrowHalves(length: number, use: (block: Uint16Array<ArrayBuffer>) => void): void {
    this.#lend(this.allocator.halves(length), use);
  }

  #lend<T extends Float32Array | Uint32Array | Uint16Array>(block: T, use: (block: T) => void): void {
    try {
      use(block);
    } finally {
      this.allocator.give(block);
    }
  }

  /** Lets the workers end. */
  stop(): void {
    this.#exports.stop(this.threads - 1);
  }
}

/**
 * Address of numbers that lie in the memory of a device; null is 0.
 * @throws ArgumentError for numbers elsewhere, which kernels could not see
 */
export function address(block: ArrayBufferView | null): number {
  if (block === null) return 0;
  if (block.buffer instanceof ArrayBuffer) {
    throw new ArgumentError("WasmBackend: expected numbers from alloc(), got an array of its own");
  }
  return block.byteOffset;
}
