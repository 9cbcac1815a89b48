/** The bytes of an HDF5 file, and a position in a piece of its metadata; neither trusts an address or a length. */
import { FormatError, UnsupportedError } from "../../core/index.ts";
import { lookup3 } from "./checksum.ts";

/** Bytes that can be read anywhere; `read` gives fewer than asked for only where they end. */
export type RandomAccess = {
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
};

/** An address that points nowhere: all bits set in the file. */
export const NOWHERE = -1;

/** Metadata that may be read: so many bytes, and the file so many times over. */
const FREE_BYTES = 2 ** 24;
const TIMES = 8;

/** The file: addresses count from the superblock, and addresses and lengths have sizes that it states. */
export class Storage {
  readonly size: number;
  /** Offset of the superblock, to which all addresses are relative. */
  readonly base: number;
  /** Bytes of an address, and of a length. */
  readonly addressBytes: number;
  readonly lengthBytes: number;
  readonly #file: RandomAccess;
  readonly #name: string | undefined;
  #metadataBytes = 0;

  constructor(
    file: RandomAccess,
    { base, addressBytes, lengthBytes }: Pick<Storage, "base" | "addressBytes" | "lengthBytes">,
    name: string | undefined,
  ) {
    this.#file = file;
    this.#name = name;
    this.size = file.size;
    this.base = base;
    this.addressBytes = addressBytes;
    this.lengthBytes = lengthBytes;
  }

  /** Throws the FormatError `expected …, got …` at an address. */
  fail(address: number, what: string): never {
    throw this.error(address, what);
  }

  /** The FormatError `expected …, got …` at an address. */
  error(address: number, what: string): FormatError {
    return new FormatError("hdf5", this.base + Math.max(address, 0), what, this.#name);
  }

  /** Throws an UnsupportedError for a part of HDF5 that is not read. */
  refuse(what: string): never {
    throw new UnsupportedError(`${this.#name === undefined ? "" : `${this.#name}: `}hdf5: ${what}`);
  }

  /** Bytes `address` to `address + length - 1`; a FormatError if the file has no such bytes. */
  async bytes(address: number, length: number): Promise<Uint8Array> {
    const left = this.size - this.base - address;
    if (!(address >= 0 && length >= 0 && length <= left)) {
      const there = address === NOWHERE ? "an undefined address" : `${Math.max(0, left)} bytes left`;
      this.fail(Math.min(Math.max(address, 0), this.size), `expected ${length} bytes, got ${there}`);
    }
    const bytes = await this.#file.read(this.base + address, length);
    if (bytes.length < length) this.fail(address, `expected ${length} bytes, got ${bytes.length}`);
    return bytes;
  }

  /**
   * A position at the start of bytes of metadata. All metadata together are bounded by the size of the file, so that no
   * structure that leads back into itself, however it is made, takes long.
   */
  async cursor(address: number, length: number): Promise<Cursor> {
    this.#metadataBytes += length;
    const most = FREE_BYTES + TIMES * this.size;
    if (this.#metadataBytes > most) this.fail(address, `expected ${most} bytes of metadata at most, got more`);
    return new Cursor(this, await this.bytes(address, length), address);
  }

  /** As {@link cursor}, for a block that starts with a signature; the position is after it. */
  async block(address: number, length: number, signature: string): Promise<Cursor> {
    const cursor = await this.cursor(address, length);
    const found = cursor.text(4);
    if (found !== signature) {
      cursor.fail(`expected the signature ${signature}, got ${JSON.stringify(found)}`, address);
    }
    return cursor;
  }

  /** As {@link block}, for one that ends with a checksum, which is compared. */
  async checkedBlock(address: number, length: number, signature: string): Promise<Cursor> {
    const cursor = await this.block(address, length, signature);
    cursor.verify(0, length - 4);
    return cursor;
  }
}

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
