/** The directory of a zip archive (PKWARE APPNOTE 6.3, zip64 included), read without trusting what it declares. */
import { latin1 } from "../core/index.ts";
import type { ByteReader } from "./byte-reader.ts";

/** What the directory says of one entry. */
export type DirectoryEntry = {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly checksum: number;
  readonly packedBytes: number;
  /** Declared size after inflation, bytes. */
  readonly size: number;
  readonly localOffset: number;
};

/** Where a directory lies. */
export type DirectoryPlace = { readonly count: number; readonly begin: number };

/** Makes a reader of the archive that begins at an offset of it. */
export type ReaderAt = (offset: number) => ByteReader;

/** Method of entries that are not compressed. */
export const STORED = 0;
/** Method of deflated entries. */
export const DEFLATED = 8;
/** Bytes of the header before an entry's data, its name and extra fields not counted. */
export const LOCAL_HEADER_BYTES = 30;
/** Deflate cannot expand by more than this factor. */
export const MAX_EXPANSION = 1032;

/** Bytes at the end of an archive within which the record of its end begins: it may carry a comment. */
export const END_REACH = 22 + 0xffff;
/** Bytes before the record of the end that a zip64 archive uses. */
export const ZIP64_END_BYTES = 20 + 56;

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const ZIP64_LOCATOR_SIGNATURE = 0x07064b50;
const ZIP64_LOCATOR_BYTES = 20;
const ZIP64_END_SIGNATURE = 0x06064b50;
const ZIP64_EXTRA = 1;
const DIRECTORY_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const ENCRYPTED = 1;
const ALL_BITS = 0xffffffff;

/** Index of the end record: the last signature whose comment reaches exactly to the end of the bytes. */
export function findEnd(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const first = Math.max(0, bytes.byteLength - END_REACH);
  for (let i = bytes.byteLength - END_BYTES; i >= first; i--) {
    const commentEnd = () => i + END_BYTES + view.getUint16(i + 20, true);
    if (view.getUint32(i, true) === END_SIGNATURE && commentEnd() === bytes.byteLength) return i;
  }
  return undefined;
}

/**
 * Where the directory lies, by the record of the end; in a zip64 archive by the one that precedes it.
 *
 * @param end - offset of the end record
 * @throws FormatError
 */
export function readEnd(at: ReaderAt, end: number): DirectoryPlace {
  const reader = at(end + 10);
  const count = reader.u16();
  reader.take(4);
  const begin = reader.u32();
  const place = count === 0xffff || begin === ALL_BITS ? readZip64End(at, end) : { count, begin };
  if (place.begin > end) reader.fail(`expected a directory before byte ${end}, got ${place.begin}`);
  return place;
}

function readZip64End(at: ReaderAt, end: number): DirectoryPlace {
  if (end < ZIP64_END_BYTES) return at(end).fail("expected a zip64 record before this byte, got none");
  const locator = at(end - ZIP64_LOCATOR_BYTES);
  if (locator.u32() !== ZIP64_LOCATOR_SIGNATURE) locator.fail("expected a zip64 locator, got other bytes");
  locator.take(4);
  const offset = locator.u64();
  if (offset !== end - ZIP64_END_BYTES) {
    locator.fail(`expected a zip64 record at byte ${end - ZIP64_END_BYTES}, got ${offset}`);
  }
  const record = at(offset);
  if (record.u32() !== ZIP64_END_SIGNATURE) record.fail("expected a zip64 record, got other bytes");
  record.take(28);
  const count = record.u64();
  record.take(8);
  return { count, begin: record.u64() };
}

/**
 * Reads a directory.
 *
 * @param directory - a reader at its first byte
 * @param options - `archiveBytes`: size of the whole archive; `maxBytes`: bound of the declared sizes together
 * @throws FormatError if the directory is damaged, if a name is absolute, climbs or comes twice, if an entry is
 *   encrypted or of an unknown method, or if the declared sizes pass `maxBytes` or what deflate can reach
 */
export function readDirectory(
  directory: ByteReader,
  count: number,
  { archiveBytes, maxBytes }: { readonly archiveBytes: number; readonly maxBytes: number },
): Map<string, DirectoryEntry> {
  const entries = new Map<string, DirectoryEntry>();
  let packed = 0;
  let declared = 0;
  for (let i = 0; i < count; i++) {
    const offset = directory.offset;
    const fail = (what: string): never => directory.fail(what, offset);
    const entry = readDirectoryEntry(directory);
    if (!isPlainName(entry.name))
      fail(`expected a relative name without "..", got ${JSON.stringify(entry.name)}`);
    if (entries.has(entry.name)) fail(`expected unique names, got ${JSON.stringify(entry.name)} twice`);
    if (entry.flags & ENCRYPTED) fail(`expected ${entry.name} to be unencrypted, got an encrypted entry`);
    if (entry.method !== STORED && entry.method !== DEFLATED) {
      fail(`expected ${entry.name} to be stored or deflated, got method ${entry.method}`);
    }
    const reach = entry.method === STORED ? entry.packedBytes : entry.packedBytes * MAX_EXPANSION;
    if (entry.size > reach) fail(`expected ${entry.name} to hold at most ${reach} bytes, got ${entry.size}`);
    packed += entry.packedBytes;
    declared += entry.size;
    // Entries that share their data would multiply it.
    if (packed > archiveBytes) fail(`expected at most ${archiveBytes} packed bytes, got ${packed}`);
    if (declared > maxBytes) fail(`expected at most ${maxBytes} bytes in the archive, got ${declared}`);
    entries.set(entry.name, entry);
  }
  return entries;
}

/** Passes over the header before an entry's data; returns how many bytes of name and extra fields follow. */
export function readLocalHeader(reader: ByteReader, name: string): number {
  const offset = reader.offset;
  if (reader.remaining < LOCAL_HEADER_BYTES) {
    reader.fail(`expected the header of ${name}, got ${reader.remaining} bytes`);
  }
  if (reader.u32() !== LOCAL_SIGNATURE)
    reader.fail(`expected the header of ${name}, got other bytes`, offset);
  reader.take(22);
  return reader.u16() + reader.u16();
}

function readDirectoryEntry(reader: ByteReader): DirectoryEntry {
  const signature = reader.u32();
  if (signature !== DIRECTORY_SIGNATURE) {
    reader.fail(`expected a directory entry, got signature ${signature.toString(16)}`, reader.offset - 4);
  }
  reader.take(4);
  const flags = reader.u16();
  const method = reader.u16();
  reader.take(4);
  const checksum = reader.u32();
  let packedBytes = reader.u32();
  let size = reader.u32();
  const nameBytes = reader.u16();
  const extraBytes = reader.u16();
  const commentBytes = reader.u16();
  reader.take(8);
  let localOffset = reader.u32();
  const name = latin1(reader.take(nameBytes));
  const extraEnd = reader.offset + extraBytes;
  if (size === ALL_BITS || packedBytes === ALL_BITS || localOffset === ALL_BITS) {
    seekExtra(reader, ZIP64_EXTRA, extraEnd);
    // The 64-bit values stand in this order, each only where its 32 bits are all set.
    if (size === ALL_BITS) size = reader.u64();
    if (packedBytes === ALL_BITS) packedBytes = reader.u64();
    if (localOffset === ALL_BITS) localOffset = reader.u64();
    if (reader.offset > extraEnd)
      reader.fail(`expected an extra field up to byte ${extraEnd}, got a longer one`);
  }
  reader.take(extraEnd - reader.offset + commentBytes);
  return { name, flags, method, checksum, packedBytes, size, localOffset };
}

/** Moves to the content of an extra field. */
function seekExtra(reader: ByteReader, id: number, end: number): void {
  while (reader.offset + 4 <= end) {
    const found = reader.u16();
    const bytes = reader.u16();
    if (found === id) return;
    reader.take(bytes);
  }
  reader.fail(`expected an extra field ${id}, got none`);
}

function isPlainName(name: string): boolean {
  return name !== "" && !/^\/|\\|\0|^[A-Za-z]:/.test(name) && !name.split("/").includes("..");
}
