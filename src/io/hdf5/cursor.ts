/** Reading a piece of the metadata of an HDF5 file field by field. */
import { lookup3 } from "./checksum.ts";
import type { Storage } from "./storage.ts";

/** An address that points nowhere: all bits set in the file. */
export const NOWHERE = -1;

/** A position in a piece of metadata. Reading past its end is a FormatError. */
export class Cursor {
  /** Index of the next byte within the piece. */
  at = 0;
  readonly bytes: Uint8Array;
  readonly storage: Storage;
  readonly #address: number;
  readonly #view: DataView;

  /** @param address - of the first byte, for messages */
  constructor(storage: Storage, bytes: Uint8Array, address: number) {
    this.storage = storage;
    this.bytes = bytes;
    this.#address = address;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Number of bytes from here to the end. */
  get left(): number {
    return this.bytes.length - this.at;
  }

  /** Address of the next byte. */
  get address(): number {
    return this.#address + this.at;
  }

  /** Throws the FormatError `expected …, got …`, by default at the next byte. */
  fail(what: string, address = this.address): never {
    return this.storage.fail(address, what);
  }

  /** Compares the checksum that follows bytes `start` to `end - 1` of the piece. */
  verify(start: number, end: number): void {
    const sum = this.#view.getUint32(end, true);
    const expected = lookup3(this.bytes.subarray(start, end));
    if (sum !== expected) {
      this.fail(`expected the checksum ${expected.toString(16)}, got ${sum.toString(16)}`, this.#address);
    }
  }

  /** Throws unless the next byte is a version that is read. */
  version(what: string, ...known: readonly number[]): number {
    const version = this.u8();
    if (!known.includes(version)) {
      this.fail(`expected version ${known.join(", ")} of ${what}, got ${version}`, this.address - 1);
    }
    return version;
  }

  /** Passes over bytes. */
  skip(count: number): void {
    this.#advance(count);
  }

  /** The next bytes, as a view. */
  take(count: number): Uint8Array {
    const start = this.#advance(count);
    return this.bytes.subarray(start, start + count);
  }

  /** The next bytes, as a position of their own. */
  part(count: number): Cursor {
    const address = this.address;
    return new Cursor(this.storage, this.take(count), address);
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** An unsigned integer of 1 to 8 bytes; one above 2^53 is rounded, and as a length fails every check. */
  uint(size: number): number {
    const start = this.#advance(size);
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + this.bytes[start + i]!;
    return value;
  }

  /** A length or a count. */
  length(): number {
    return this.uint(this.storage.lengthBytes);
  }

  /** An address, or {@link NOWHERE}. */
  addressField(): number {
    const start = this.at;
    const value = this.uint(this.storage.addressBytes);
    const nowhere = this.bytes.subarray(start, this.at).every((byte) => byte === 255);
    return nowhere ? NOWHERE : value;
  }

  /** Characters of one byte. */
  text(count: number): string {
    return String.fromCharCode(...this.take(count));
  }

  /** A text in UTF-8 that ends with a zero byte, which is passed. */
  zeroEnded(): string {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0) this.fail("expected a text that ends, got the end of its block");
    const text = decodeText(this.bytes.subarray(this.at, end));
    this.at = end + 1;
    return text;
  }

  #advance(count: number): number {
    if (count > this.left) this.fail(`expected ${count} bytes, got ${this.left}`);
    const start = this.at;
    this.at += count;
    return start;
  }
}

/** Text of a file: ASCII or UTF-8. */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
