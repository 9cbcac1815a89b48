/** Reading zip archives (PKWARE APPNOTE 6.3: stored and deflated entries) without trusting what they declare. */
import { inflateSync } from "fflate";
import { ByteReader, latin1 } from "./byte-reader.ts";
import { crc32 } from "./crc.ts";

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

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const DIRECTORY_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const ENCRYPTED = 1;
const STORED = 0;
const DEFLATED = 8;
/** Deflate cannot expand by more than this factor. */
const MAX_EXPANSION = 1032;

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
  const { count, begin } = readEnd(at(end + 4));
  if (begin > end) at(end).fail(`expected a directory before byte ${end}, got ${begin}`);
  const directory = at(begin);
  const entries = new Map<string, ZipEntry>();
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
    if (packed > bytes.byteLength) fail(`expected at most ${bytes.byteLength} packed bytes, got ${packed}`);
    if (declared > maxBytes) fail(`expected at most ${maxBytes} bytes in the archive, got ${declared}`);
    entries.set(entry.name, {
      name: entry.name,
      size: entry.size,
      read: () => readEntry(at(entry.localOffset), entry),
    });
  }
  return entries;
}

type DirectoryEntry = {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly checksum: number;
  readonly packedBytes: number;
  readonly size: number;
  readonly localOffset: number;
};

/** Offset of the end record: the last signature whose comment reaches exactly to the end of the file. */
function findEnd(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const first = Math.max(0, bytes.byteLength - END_BYTES - 0xffff);
  for (let i = bytes.byteLength - END_BYTES; i >= first; i--) {
    const commentEnd = () => i + END_BYTES + view.getUint16(i + 20, true);
    if (view.getUint32(i, true) === END_SIGNATURE && commentEnd() === bytes.byteLength) return i;
  }
  return undefined;
}

function readEnd(reader: ByteReader): { count: number; begin: number } {
  reader.take(6);
  const count = reader.u16();
  reader.take(4);
  const begin = reader.u32();
  if (count === 0xffff || begin === 0xffffffff) reader.fail("expected an archive below 4 GiB, got zip64");
  return { count, begin };
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
  const packedBytes = reader.u32();
  const size = reader.u32();
  const nameBytes = reader.u16();
  const skipped = reader.u16() + reader.u16();
  reader.take(8);
  const localOffset = reader.u32();
  const name = latin1(reader.take(nameBytes));
  reader.take(skipped);
  return { name, flags, method, checksum, packedBytes, size, localOffset };
}

function readEntry(reader: ByteReader, entry: DirectoryEntry): Uint8Array {
  const { name, method, checksum, packedBytes, size } = entry;
  if (reader.remaining < 30) reader.fail(`expected the header of ${name}, got ${reader.remaining} bytes`);
  if (reader.u32() !== LOCAL_SIGNATURE) reader.fail(`expected the header of ${name}`, entry.localOffset);
  reader.take(22);
  reader.take(reader.u16() + reader.u16());
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

function isPlainName(name: string): boolean {
  return name !== "" && !/^\/|\\|\0|^[A-Za-z]:/.test(name) && !name.split("/").includes("..");
}
