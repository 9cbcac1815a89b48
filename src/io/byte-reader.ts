/** Little-endian reading from bytes that are not trusted: every length is checked against what remains. */
import { FormatError } from "../core/index.ts";

/** A position in a byte array. Reading past the end is a {@link FormatError} at the current offset. */
export class ByteReader {
  /** Offset of the next byte. */
  offset: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #format: string;
  readonly #file: string | undefined;
  readonly #base: number;

  /**
   * @param bytes - what is read; never copied
   * @param format - name of the format, for messages
   * @param options - `file`: name of the file, for messages; `offset`: where to begin; `base`: where in the file the
   *   bytes start, for messages
   */
  constructor(
    bytes: Uint8Array,
    format: string,
    options: { file?: string | undefined; offset?: number; base?: number } = {},
  ) {
    const { file, offset = 0, base = 0 } = options;
    this.offset = offset;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#format = format;
    this.#file = file;
    this.#base = base;
  }

  /** Number of bytes from the current offset to the end. */
  get remaining(): number {
    return this.#bytes.byteLength - this.offset;
  }

  /** Throws the FormatError `expected …, got …` at an offset, by default the current one. */
  fail(what: string, offset = this.offset): never {
    throw new FormatError(this.#format, this.#base + offset, what, this.#file);
  }

  /** The next `count` bytes, as a view. */
  take(count: number): Uint8Array {
    const begin = this.#advance(count);
    return this.#bytes.subarray(begin, begin + count);
  }

  /** An unsigned 8-bit integer. */
  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  /** An unsigned 16-bit integer. */
  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  /** An unsigned 32-bit integer. */
  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** A signed 32-bit integer. */
  i32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  /** An unsigned 64-bit integer; one above 2^53 − 1 is rounded, and as a length then fails the next check. */
  u64(): number {
    return Number(this.#view.getBigUint64(this.#advance(8), true));
  }

  /** A big-endian binary64 number, as pickle writes it. */
  f64BigEndian(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  /** The bytes up to the next line feed, which is skipped. */
  line(): Uint8Array {
    const end = this.#bytes.indexOf(0x0a, this.offset);
    if (end < 0) this.fail("expected a line, got the end of the data");
    const bytes = this.#bytes.subarray(this.offset, end);
    this.offset = end + 1;
    return bytes;
  }

  #advance(count: number): number {
    if (count > this.remaining) this.fail(`expected ${count} bytes, got ${this.remaining}`);
    const begin = this.offset;
    this.offset += count;
    return begin;
  }
}
