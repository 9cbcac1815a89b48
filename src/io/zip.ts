/** Reading zip archives (PKWARE APPNOTE 6.3: stored and deflated entries) without trusting what they declare. */
import { inflateSync } from "fflate";
import { ByteReader } from "./byte-reader.ts";
import { crc32 } from "./crc.ts";
import {
  type DirectoryEntry,
  findEnd,
  readDirectory,
  readEnd,
  readLocalHeader,
  STORED,
} from "./zip-directory.ts";

/** One file in an archive. */
export type ZipEntry = {
  readonly name: string;
  /** Declared size after inflation, bytes. */
  readonly size: number;
  /** Inflates the entry, or gives a view where it is stored. Throws FormatError if size or checksum disagree. */
  read(): Uint8Array;
};

/** Bytes that all entries of an archive may declare together, unless the caller says otherwise: 2 GiB. */
export const MAX_INFLATED_BYTES = 2 ** 31;

/** Whether bytes begin as a zip archive does. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);
}

/**
 * Reads the directory of a zip archive. Nothing is inflated before {@link ZipEntry.read}.
 *
 * @param options - `file`: name for messages; `maxBytes`: bound of the declared sizes of all entries together
 * @throws FormatError if the directory is damaged, if a name is absolute, climbs or comes twice, if an entry is
 *   encrypted or of an unknown method, or if the declared sizes pass `maxBytes` or what deflate can reach
 */
export function readZip(
  bytes: Uint8Array,
  options: { file?: string | undefined; maxBytes?: number } = {},
): Map<string, ZipEntry> {
  const { file, maxBytes = MAX_INFLATED_BYTES } = options;
  const at = (offset: number) => new ByteReader(bytes, "zip", { file, offset });
  const end = findEnd(bytes);
  if (end === undefined) return at(0).fail("expected an end of central directory, got none");
  const { count, begin } = readEnd(at, end);
  const entries = readDirectory(at(begin), count, { archiveBytes: bytes.byteLength, maxBytes });
  return new Map(
    [...entries].map(([name, entry]) => [
      name,
      { name, size: entry.size, read: () => readEntry(at(entry.localOffset), entry) },
    ]),
  );
}

function readEntry(reader: ByteReader, entry: DirectoryEntry): Uint8Array {
  const { name, method, checksum, packedBytes, size } = entry;
  reader.take(readLocalHeader(reader, name));
  const offset = reader.offset;
  const packed = reader.take(packedBytes);
  const data =
    method === STORED ? packed : inflate(packed, size, (what) => reader.fail(`${name}: ${what}`, offset));
  if (data.byteLength !== size) {
    reader.fail(`expected ${name} to hold ${size} bytes, got ${data.byteLength}`, offset);
  }
  if (crc32(data) !== checksum)
    reader.fail(`expected ${name} to match its checksum, got other bytes`, offset);
  return data;
}

function inflate(packed: Uint8Array, size: number, fail: (what: string) => never): Uint8Array {
  try {
    // One byte of room more than declared shows a stream that is longer.
    return inflateSync(packed, { out: new Uint8Array(size + 1) });
  } catch (error) {
    return fail(`expected deflated data, got ${(error as Error).message}`);
  }
}
