/** Memory of a module: blocks in size classes with free lists, so that taking and giving back are O(1). */
import { ArgumentError } from "../../core/index.ts";

const PAGE = 65536;
/** Kernels may read (never write) this far past the end of a block. */
const SLACK = 64;
/** Bytes at the end of memory that no block reaches into, for longer reads past an end. */
const GUARD = 65536;
/** Pages that memory grows by at least. */
const GROWTH = 256;

type Live = { readonly block: object; readonly sizeClass: number };

/**
 * Hands out blocks of a WebAssembly memory, which must be shared if it is to grow: growing one that is not detaches the
 * numbers that were handed out. Block sizes are 2^e·{4, 5, 6, 7}/4 bytes, so at most a fifth of a
 * block lies idle; a block that was given back waits in the list of its class for the next of its size.
 */
export class Allocator {
  readonly memory: WebAssembly.Memory;
  /** Bytes that memory may grow to. */
  readonly limit: number;
  readonly #free: number[][] = [];
  readonly #live = new Map<number, Live>();
  #buffer: ArrayBuffer;
  #top: number;
  #end: number;

  /**
   * @param memory - that of a module
   * @param base - first byte that may be handed out
   * @param limit - bytes that memory may grow to
   */
  constructor(memory: WebAssembly.Memory, base: number, limit: number) {
    this.memory = memory;
    this.limit = limit;
    this.#top = base;
    // The types of TypeScript tell shared buffers from others; numbers in them are used alike.
    this.#buffer = memory.buffer;
    this.#end = this.#buffer.byteLength;
  }

  /** Bytes that memory has grown to. */
  get capacity(): number {
    return this.#end;
  }

  /** Blocks in use. */
  get blocks(): number {
    return this.#live.size;
  }

  /**
   * Takes uninitialised float32 numbers, 64-byte aligned.
   * @throws RangeError when memory is exhausted
   */
  floats(length: number): Float32Array<ArrayBuffer> {
    return this.#take(length * 4, (buffer, at) => new Float32Array(buffer, at, length));
  }

  /** Takes uninitialised 32-bit integers. */
  words(length: number): Uint32Array<ArrayBuffer> {
    return this.#take(length * 4, (buffer, at) => new Uint32Array(buffer, at, length));
  }

  /** Takes uninitialised 16-bit integers. */
  halves(length: number): Uint16Array<ArrayBuffer> {
    return this.#take(length * 2, (buffer, at) => new Uint16Array(buffer, at, length));
  }

  /** Takes uninitialised 16-bit signed integers. */
  shorts(length: number): Int16Array<ArrayBuffer> {
    return this.#take(length * 2, (buffer, at) => new Int16Array(buffer, at, length));
  }

  /** Takes uninitialised bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    return this.#take(length, (buffer, at) => new Uint8Array(buffer, at, length));
  }

  /** Bytes of the largest block that can still be taken. */
  get available(): number {
    const room = this.limit - GUARD - this.#top;
    let largest = room < sizeOfClass(0) ? -1 : classOf(room);
    if (largest >= 0 && sizeOfClass(largest) > room) largest--;
    this.#free.forEach((blocks, sizeClass) => {
      if (blocks.length > 0) largest = Math.max(largest, sizeClass);
    });
    return largest < 0 ? 0 : sizeOfClass(largest) - SLACK;
  }

  #take<T extends ArrayBufferView>(bytes: number, view: (buffer: ArrayBuffer, at: number) => T): T {
    const sizeClass = classOf(bytes + SLACK);
    const at = this.#free[sizeClass]?.pop() ?? this.#extend(sizeClass);
    const block = view(this.#buffer, at);
    this.#live.set(at, { block, sizeClass });
    return block;
  }

  #extend(sizeClass: number): number {
    const size = sizeOfClass(sizeClass);
    const at = this.#top;
    const missing = at + size + GUARD - this.#end;
    if (missing > 0) {
      const least = Math.ceil(missing / PAGE);
      const room = (this.limit - this.#end) / PAGE;
      if (least > room) {
        throw new RangeError(`alloc: expected at most ${this.limit} bytes in use, got ${at + size}`);
      }
      this.memory.grow(Math.min(Math.max(least, GROWTH), room));
      this.#buffer = this.memory.buffer;
      this.#end = this.#buffer.byteLength;
    }
    this.#top = at + size;
    return at;
  }

  /**
   * Gives a block back.
   * @throws ArgumentError unless `block` is what was handed out, and still in use
   */
  give(block: ArrayBufferView): void {
    const live = this.#live.get(block.byteOffset);
    if (live?.block !== block) {
      throw new ArgumentError("free: expected a block of this backend that is in use, got another");
    }
    this.#live.delete(block.byteOffset);
    (this.#free[live.sizeClass] ??= []).push(block.byteOffset);
  }
}

/** The smallest class of blocks of at least `bytes` bytes; class 0 has 128. */
function classOf(bytes: number): number {
  if (bytes <= 128) return 0;
  const exponent = 31 - Math.clz32((bytes - 1) >>> 2) + 2;
  const step = 2 ** (exponent - 2);
  return (exponent - 7) * 4 + Math.ceil(bytes / step) - 4;
}

function sizeOfClass(sizeClass: number): number {
  const bytes = 2 ** (5 + (sizeClass >> 2)) * (4 + (sizeClass & 3));
  return Math.ceil(bytes / 64) * 64;
}
