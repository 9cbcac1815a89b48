/** The superblock: where an HDF5 file begins (HDF5 file format specification 3.0, II). */
import { FormatError, UnsupportedError } from "../../core/index.ts";
import { Cursor, NOWHERE } from "./cursor.ts";
import type { RandomAccess } from "../random-access.ts";
import { Storage } from "./storage.ts";

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
/** The longest superblock: version 1 with addresses of 8 bytes. */
const MAX_BYTES = 100;

/** What a superblock says. */
export type Superblock = {
  readonly storage: Storage;
  /** Address of the object header of the root group. */
  readonly root: number;
  /** Where the file ends, by its own account: an offset from its first byte. */
  readonly end: number;
};

/**
 * Finds and reads the superblock: at byte 0, 512, 1024, 2048, ….
 *
 * @throws FormatError if there is none or it is broken
 * @throws UnsupportedError if the file is one of a family
 */
export async function readSuperblock(file: RandomAccess, name: string | undefined): Promise<Superblock> {
  for (let base = 0; base + 8 <= file.size; base = base === 0 ? 512 : 2 * base) {
    const bytes = await file.read(base, MAX_BYTES);
    if (SIGNATURE.every((byte, i) => bytes[i] === byte)) return parse(file, bytes, base, name);
  }
  throw new FormatError("hdf5", 0, "expected the signature of HDF5, got none", name);
}

function parse(file: RandomAccess, bytes: Uint8Array, base: number, name: string | undefined): Superblock {
  // The sizes of addresses and lengths come within: until then none is read.
  const head = new Cursor(new Storage(file, { base, addressBytes: 8, lengthBytes: 8 }, name), bytes, 0);
  head.skip(8);
  const version = head.version("the superblock", 0, 1, 2, 3);
  if (version < 2) head.skip(4);
  const addressBytes = sizeField(head);
  const lengthBytes = sizeField(head);
  const storage = new Storage(file, { base, addressBytes, lengthBytes }, name);
  const cursor = new Cursor(storage, bytes, 0);
  cursor.at = head.at;
  if (version < 2) {
    cursor.skip(1 + 2 + 2 + 4 + (version === 1 ? 4 : 0));
    const start = cursor.addressField();
    cursor.skip(addressBytes);
    const end = cursor.addressField();
    if (cursor.addressField() !== NOWHERE) {
      throw new UnsupportedError("hdf5: expected one file, got a part of a family or of a split file");
    }
    cursor.skip(addressBytes);
    return { storage, root: cursor.addressField(), end: base + end - start };
  }
  cursor.skip(1);
  const start = cursor.addressField();
  cursor.skip(addressBytes);
  const end = cursor.addressField();
  const root = cursor.addressField();
  if (cursor.left < 4) cursor.fail(`expected 4 bytes of checksum, got ${cursor.left}`);
  cursor.verify(0, cursor.at);
  // The end counts from the first byte of the file that was written; a user block may have come before it since.
  return { storage, root, end: base + end - start };
}

function sizeField(cursor: Cursor): number {
  const size = cursor.u8();
  if (![2, 4, 8].includes(size)) {
    cursor.fail(`expected addresses and lengths of 2, 4 or 8 bytes, got ${size}`, cursor.address - 1);
  }
  return size;
}
