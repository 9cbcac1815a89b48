/** A compiled module with its memory and threads: writes arguments, starts kernels. */
import { ArgumentError, WorkerError } from "../../core/index.ts";
import { Allocator } from "./allocator.ts";

/** Bytes of scratch that each thread owns. */
const SCRATCH = 1 << 20;
/** First byte of the scratch of thread 0; below lie the control block and nothing else. */
const SCRATCH_BASE = 65536;
/** Where kernels find their arguments: integers, then 192 bytes on the reals. See kernels/thread.ts. */
const ARGS = 320;
const REALS = ARGS + 192;
/** What memory can grow to where threads can share it; elsewhere it has its size from the start. */
const SHARED_BYTES = 2 ** 32;
const UNSHARED_BYTES = 512 << 20;
/** Buffers of memories that are not shared. */
const unshared = new WeakSet<ArrayBuffer>();
/** Where a worker that fails says why: a length, then UTF-16. */
const FAULT = 1024;
const FAULT_LENGTH = 500;

type Exports = {
  parallel(kernel: number, tasks: number, workers: number, patienceMs: number): Outcome;
  serial(kernel: number, tasks: number): void;
  stop(workers: number): void;
  workerLoop(): void;
  setScratch(address: number): void;
};

/** How `parallel` of kernels/thread.ts ended: all is done, a worker failed, or no task ended for too long. */
type Outcome = 0 | 1 | 2;

/** What a worker needs to join. */
export type WorkerStart = {
  /** From 1: the thread that starts jobs is 0. */
  readonly index: number;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly scratch: number;
};

/** Options of a {@link Device}. */
export type DeviceOptions = {
  /** Threads that will run jobs, this one included. */
  readonly threads: number;
  /** Estimated nanoseconds from which a job is worth waking another thread. */
  readonly wakeAboveNs: number;
  /** Milliseconds without any task ending after which a job is given up. */
  readonly patienceMs: number;
  /** Whether the module's memory is shared: one that is not serves one thread alone. */
  readonly shared?: boolean;
};

/**
 * Program of a worker, once `start` holds a {@link WorkerStart}: the same text in Node and browsers. The host waits
 * inside WebAssembly, where it hears no event; so a worker that fails writes into memory why, and wakes it.
 */
export const workerProgram = `
  const { exports } = new WebAssembly.Instance(start.module, { env: { memory: start.memory } });
  exports.setScratch(start.scratch);
  ready();
  try {
    exports.workerLoop();
  } catch (error) {
    const text = ("worker " + start.index + ": " + error).slice(0, ${FAULT_LENGTH});
    const words = new Uint16Array(start.memory.buffer, ${FAULT}, 1 + text.length);
    words[0] = text.length;
    for (let i = 0; i < text.length; i++) words[1 + i] = text.charCodeAt(i);
    exports.fail();
  }
`;

/** Runs kernels. A job is cut into tasks by its shape alone, so its result does not depend on the threads. */
export class Device {
  readonly allocator: Allocator;
  readonly threads: number;
  readonly module: WebAssembly.Module;
  readonly #wakeAboveNs: number;
  readonly #patienceMs: number;
  readonly #exports: Exports;
  readonly #ints: Int32Array;
  readonly #reals: Float64Array;
  /** What broke it. */
  #fault: WorkerError | null = null;

  /**
   * @param module - a build of kernels/
   * @throws ArgumentError unless `threads` is an integer in [1, 256] and `patienceMs` positive and finite
   */
  constructor(
    module: WebAssembly.Module,
    { threads, wakeAboveNs, patienceMs, shared = true }: DeviceOptions,
  ) {
    checkThreads(threads);
    if (!(patienceMs > 0 && patienceMs < Infinity)) {
      throw new ArgumentError(`patienceMs: expected milliseconds, more than 0, got ${patienceMs}`);
    }
    const base = SCRATCH_BASE + threads * SCRATCH;
    const limit = shared ? SHARED_BYTES : UNSHARED_BYTES;
    const initial = (shared ? base : limit) / 65536;
    const memory = new WebAssembly.Memory({ initial, maximum: limit / 65536, shared });
    if (!shared) unshared.add(memory.buffer);
    this.module = module;
    this.threads = threads;
    this.#wakeAboveNs = wakeAboveNs;
    this.#patienceMs = patienceMs;
    this.allocator = new Allocator(memory, base, limit);
    this.#exports = new WebAssembly.Instance(module, { env: { memory } }).exports as Exports;
    this.#exports.setScratch(SCRATCH_BASE);
    this.#ints = new Int32Array(memory.buffer, ARGS, 48);
    this.#reals = new Float64Array(memory.buffer, REALS, 16);
  }

  /** What worker `index` (from 1) starts with. */
  workerStart(index: number): WorkerStart {
    return {
      index,
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
   * @throws WorkerError when a kernel traps while several threads run it, or when no task ends for `patienceMs`: half
   * of the job may be done. The device is broken then: each later launch throws the same
   */
  launch(
    kernel: number,
    tasks: number,
    nanoseconds: number,
    ints: readonly number[],
    reals: readonly number[] = [],
  ): void {
    if (this.#fault !== null) throw this.#fault;
    for (let i = 0; i < ints.length; i++) this.#ints[i] = ints[i]!;
    for (let i = 0; i < reals.length; i++) this.#reals[i] = reals[i]!;
    if (this.threads > 1 && tasks > 1 && nanoseconds > this.#wakeAboveNs) {
      this.#parallel(kernel, tasks);
    } else {
      this.#exports.serial(kernel, tasks);
    }
  }

  #parallel(kernel: number, tasks: number): void {
    let outcome: Outcome;
    try {
      outcome = this.#exports.parallel(kernel, tasks, this.threads - 1, this.#patienceMs);
    } catch (cause) {
      // Others may still draw tasks of this job, so that no second one can be given out.
      throw this.#break(`every task to end, got ${String(cause)}`, { cause });
    }
    if (outcome === 0) return;
    if (outcome === 1) throw this.#break(`every task to end, got ${this.#saidFault()}`);
    throw this.#break(`a task to end within ${this.#patienceMs} ms, got none: a worker died or was stopped`);
  }

  #break(expected: string, options?: ErrorOptions): WorkerError {
    this.#fault = new WorkerError(`launch: expected ${expected}; this backend is of no further use`, options);
    return this.#fault;
  }

  #saidFault(): string {
    const words = new Uint16Array(this.allocator.memory.buffer, FAULT, 1 + FAULT_LENGTH);
    return String.fromCharCode(...words.subarray(1, 1 + words[0]!));
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

/** @throws ArgumentError unless it is a number of threads that a device can have */
export function checkThreads(threads: number): void {
  if (!Number.isInteger(threads) || threads < 1 || threads > 256) {
    throw new ArgumentError(`threads: expected an integer in [1, 256], got ${threads}`);
  }
}

/**
 * Address of numbers that lie in the memory of a device; null is 0.
 * @throws ArgumentError for numbers elsewhere, which kernels could not see
 */
export function address(block: ArrayBufferView | null): number {
  if (block === null) return 0;
  if (block.buffer instanceof ArrayBuffer && !unshared.has(block.buffer)) {
    throw new ArgumentError("WasmBackend: expected numbers from alloc(), got an array of its own");
  }
  return block.byteOffset;
}
