/** Zip archives that are too large to be held: the directory is read, the entries are streamed. */
import { FormatError } from "../core/index.ts";
import { ByteReader } from "./byte-reader.ts";
import { crc32 } from "./crc.ts";
import { inflateChunks } from "./inflate.ts";
import { type RandomAccess, rangeChunks } from "./random-access.ts";
import {
  type DirectoryEntry,
  END_REACH,
  findEnd,
  LOCAL_HEADER_BYTES,
  readDirectory,
  readEnd,
  readLocalHeader,
  STORED,
  ZIP64_END_BYTES,
} from "./zip-directory.ts";

/** One file in an archive. */
export type ZipMember = {
  readonly name: string;
  /** Declared size after inflation, bytes. */
  readonly size: number;
  /** Offset of its header in the archive. */
  readonly offset: number;
  /**
   * Its bytes, from front to back, any number of times. Throws FormatError, after the bytes before the fault, if they are
   * damaged, or if size or checksum disagree.
   */
  chunks(): AsyncGenerator<Uint8Array>;
};

/** Bytes that a directory may have: 100,000 entries. */
const MAX_DIRECTORY_BYTES = 1 << 24;

/**
 * Reads the directory of a zip archive.
 *
 * @throws FormatError as `readZip` does, except that the entries together may be of any size that deflate can reach
 */
export async function readZipFile(
  archive: RandomAccess,
  file?: string,
): Promise<ReadonlyMap<string, ZipMember>> {
  const base = Math.max(0, archive.size - END_REACH - ZIP64_END_BYTES);
  const tail = await archive.read(base, archive.size - base);
  const at = (offset: number) => new ByteReader(tail, "zip", { file, offset: offset - base, base });
  const end = findEnd(tail);
  if (end === undefined) return at(base).fail("expected an end of central directory, got none");
  const { count, begin } = readEnd(at, base + end);
  const directoryBytes = base + end - begin;
  if (directoryBytes > MAX_DIRECTORY_BYTES) {
    at(base + end).fail(
      `expected a directory of at most ${MAX_DIRECTORY_BYTES} bytes, got ${directoryBytes}`,
    );
  }
  const directory = new ByteReader(await archive.read(begin, directoryBytes), "zip", { file, base: begin });
  const entries = readDirectory(directory, count, {
    archiveBytes: archive.size,
    maxBytes: Number.POSITIVE_INFINITY,
  });
  return new Map(
    [...entries].map(([name, entry]) => [
      name,
      { name, size: entry.size, offset: entry.localOffset, chunks: () => memberChunks(archive, entry, file) },
    ]),
  );
}

async function* memberChunks(
  archive: RandomAccess,
  { name, method, checksum, packedBytes, size, localOffset }: DirectoryEntry,
  file: string | undefined,
): AsyncGenerator<Uint8Array> {
  const head = await archive.read(localOffset, LOCAL_HEADER_BYTES);
  const reader = new ByteReader(head, "zip", { file, base: localOffset });
  const offset = localOffset + LOCAL_HEADER_BYTES + readLocalHeader(reader, name);
  const fail = (what: string) => new FormatError("zip", offset, `${name}: ${what}`, file);
  if (offset + packedBytes > archive.size) {
    throw fail(`expected ${packedBytes} bytes, got ${Math.max(0, archive.size - offset)}`);
  }
  const packed = rangeChunks(archive, offset, packedBytes);
  let count = 0;
  let sum = 0;
  for await (const chunk of method === STORED ? packed : inflateChunks(packed, fail)) {
    count += chunk.length;
    if (count > size) throw fail(`expected ${size} bytes, got more`);
    sum = crc32(chunk, sum);
    yield chunk;
  }
  if (count !== size) throw fail(`expected ${size} bytes, got ${count}`);
  if (sum !== checksum) throw fail("expected bytes that match their checksum, got others");
}
