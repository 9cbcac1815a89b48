/** Bytes on demand: one pull-based, bounded view of a byte array, a browser stream or an async iterable of chunks. */

import { ArgumentError } from "../core/index.ts";
import { blobFile, type ByteFile, fileChunks, isByteFile, memoryFile } from "./byte-file.ts";

/** What bytes can be read from. */
export type ByteInput = Uint8Array | Blob | ByteFile | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** Bytes of a stream that {@link ByteSource.asFile} holds at most, unless the caller says otherwise: 1 GiB. */
export const MAX_SPOOL_BYTES = 2 ** 30;

/**
 * Pulls bytes from an input and knows its offset. Nothing is pulled before it is asked for, and no more is held than
 * the largest `peek` or `read` asked for plus one chunk of the input, so a length taken from a hostile file costs no
 * more memory than the file has bytes. Returned arrays may be views of the input: read them, do not write to them.
 */
export class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #file: ByteFile | undefined;
  readonly #queue: Uint8Array[] = [];
  #held = 0;
  #offset = 0;
  #ended = false;

  /** @param input - a byte array, a blob, a file, a `ReadableStream`, or an async iterable of chunks */
  constructor(input: ByteInput) {
    this.#file = fileOf(input);
    this.#chunks = chunksOf(this.#file ?? (input as AsyncIterable<Uint8Array>))[Symbol.asyncIterator]();
  }

  /** Whether the input can be read anywhere, and more than once: a file, not a pipe. */
  get isFile(): boolean {
    return this.#file !== undefined;
  }

  /**
   * The whole input as a file. A stream is read to its end and held in memory. Ask before anything is consumed; `close`
   * of the source closes the file.
   *
   * @param maxBytes - bytes of a stream that may be held
   * @throws ArgumentError if a stream is longer
   */
  async asFile(maxBytes = MAX_SPOOL_BYTES): Promise<ByteFile> {
    if (this.#file !== undefined) return this.#file;
    while (!this.#ended) {
      await this.#fill(this.#held + 1);
      if (this.#held > maxBytes) {
        throw new ArgumentError(
          `ByteSource: expected at most ${maxBytes} bytes of a stream that is not read from front to back, got more`,
        );
      }
    }
    return memoryFile(await this.peek(this.#held));
  }

  /** Offset in bytes of the next byte that `read` returns. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes that are here already: `peek` and `read` of no more than so many do not wait. */
  get held(): number {
    return this.#held;
  }

  /** The next `length` bytes without consuming them; fewer only where the input ends. */
  async peek(length: number): Promise<Uint8Array> {
    await this.#fill(length);
    const first = this.#queue[0] ?? EMPTY;
    if (first.length >= length || first.length === this.#held) return first.subarray(0, length);
    const merged = joined(this.#queue, this.#held);
    this.#queue.splice(0, this.#queue.length, merged);
    return merged.subarray(0, length);
  }

  /** The next `length` bytes; fewer only where the input ends. */
  async read(length: number): Promise<Uint8Array> {
    const bytes = await this.peek(length);
    this.#consume(bytes.length);
    return bytes;
  }

  /** The next bytes as they come, at least one; none only where the input ends. */
  async readSome(): Promise<Uint8Array> {
    await this.#fill(1);
    const bytes = this.#queue[0] ?? EMPTY;
    this.#consume(bytes.length);
    return bytes;
  }

  /** Passes over `length` bytes without holding them; returns how many there were. */
  async skip(length: number): Promise<number> {
    let left = length;
    while (left > 0) {
      await this.#fill(1);
      const first = this.#queue[0];
      if (first === undefined) break;
      const count = Math.min(left, first.length);
      this.#consume(count);
      left -= count;
    }
    return length - left;
  }

  /** Ends the reading and releases the input (closes a file). */
  async close(): Promise<void> {
    this.#queue.length = 0;
    this.#held = 0;
    await this.#file?.close();
    if (this.#ended) return;
    this.#ended = true;
    await this.#chunks.return?.();
  }

  async #fill(length: number): Promise<void> {
    while (this.#held < length && !this.#ended) {
      const next = await this.#chunks.next();
      if (next.done === true) {
        this.#ended = true;
      } else if (next.value.length > 0) {
        this.#queue.push(next.value);
        this.#held += next.value.length;
      }
    }
  }

  #consume(count: number): void {
    let left = count;
    while (left > 0) {
      const first = this.#queue[0];
      if (first === undefined) break;
      if (first.length > left) {
        this.#queue[0] = first.subarray(left);
        left = 0;
      } else {
        this.#queue.shift();
        left -= first.length;
      }
    }
    this.#held -= count;
    this.#offset += count;
  }
}

const EMPTY = new Uint8Array(0);

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The input as a file, if it can be read anywhere. */
function fileOf(input: ByteInput): ByteFile | undefined {
  if (input instanceof Uint8Array) return memoryFile(plain(input));
  if (input instanceof Blob) return blobFile(input);
  return isByteFile(input) ? input : undefined;
}

async function* chunksOf(
  input: ByteFile | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (isByteFile(input)) {
    yield* fileChunks(input);
  } else if ("getReader" in input) {
    // Not every browser iterates a ReadableStream.
    const reader = input.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        yield plain(value);
      }
    } finally {
      await reader.cancel();
    }
  } else {
    for await (const chunk of input) yield plain(chunk);
  }
}

/** Node's `Buffer` has a `slice` that does not copy: hand on the plain array. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
