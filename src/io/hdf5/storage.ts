/** The bytes of an HDF5 file, of which no address and no length is trusted. */
import { FormatError, UnsupportedError } from "../../core/index.ts";
import type { RandomAccess } from "../random-access.ts";
import { Cursor, NOWHERE } from "./cursor.ts";

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

  /** The same file with metadata of its own to bound. */
  fork(): Storage {
    return new Storage(this.#file, this, this.#name);
  }

  /** Bytes of metadata that were read and count. */
  get metadataBytes(): number {
    return this.#metadataBytes;
  }

  /** Takes bytes of metadata back that were read again. */
  refund(bytes: number): void {
    this.#metadataBytes = Math.max(0, this.#metadataBytes - bytes);
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
    if (this.#metadataBytes > most)
      this.fail(address, `expected ${most} bytes of metadata at most, got more`);
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
