/** The kernels for engines that share no memory between threads: the same binary, one byte apart. */
import { FormatError } from "../../core/index.ts";

const IMPORTS = 2;
const FUNCTION = 0;
const MEMORY = 2;
/** Limits of a memory: with a maximum and shared, and with a maximum. */
const SHARED = 3;
const UNSHARED = 1;

/**
 * A copy of a WebAssembly module whose imported memory is not shared. Atomic instructions are valid on such a memory
 * too; only `memory.atomic.wait` traps, and kernels that run on one thread never execute it.
 * @param module - a module that imports functions and one shared memory alone, as kernels/ does
 * @throws FormatError when it is not that
 */
export function withUnsharedMemory(module: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(module);
  bytes[flagOfMemory(bytes)] = UNSHARED;
  return bytes;
}

/** Where the limits of the imported memory say that it is shared. */
function flagOfMemory(bytes: Uint8Array): number {
  const reader = new Reader(bytes);
  reader.expect([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], "the head of a module of version 1");
  for (;;) {
    const section = reader.byte();
    const size = reader.number();
    if (section === IMPORTS) break;
    reader.skip(size);
  }
  for (let left = reader.number(); left > 0; left--) {
    reader.skip(reader.number());
    reader.skip(reader.number());
    const kind = reader.byte();
    if (kind === MEMORY) {
      const { at } = reader;
      reader.expect([SHARED], "a shared memory");
      return at;
    }
    if (kind !== FUNCTION) throw reader.fault(`expected functions and a memory, got kind ${kind}`);
    reader.number();
  }
  throw reader.fault("expected an imported memory, got none");
}

/** Reads a module from its start. */
class Reader {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    const byte = this.#bytes[this.at];
    if (byte === undefined) throw this.fault("expected more bytes, got the end");
    this.at++;
    return byte;
  }

  /** An unsigned LEB128 number of 32 bits at most. */
  number(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 28; factor *= 128) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw this.fault("expected a number of at most five bytes, got more");
  }

  skip(bytes: number): void {
    if (bytes > this.#bytes.length - this.at) {
      throw this.fault(`expected ${bytes} more bytes, got ${this.#bytes.length - this.at}`);
    }
    this.at += bytes;
  }

  expect(bytes: readonly number[], what: string): void {
    for (const byte of bytes) {
      if (this.byte() !== byte) {
        this.at--;
        throw this.fault(`expected ${what}, got byte ${this.#bytes[this.at]}`);
      }
    }
  }

  fault(what: string): FormatError {
    return new FormatError("wasm", this.at, what);
  }
}
