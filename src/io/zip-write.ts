/** Writing zip archives (PKWARE APPNOTE 6.3) whose entries are deflated already. */
import { ArgumentError } from "../core/index.ts";

/** An entry: what it holds, deflated, and what must be said about it. */
export type PackedEntry = {
  /** Name in ASCII. */
  readonly name: string;
  /** CRC-32 and size of what it inflates to. */
  readonly checksum: number;
  readonly size: number;
  readonly packed: readonly Uint8Array[];
};

const VERSION = 20;
const DEFLATED = 8;
/** 1 January 1980, the earliest day that zip can express: the same entries give the same bytes. */
const DATE = 0x21;

/**
 * An archive, piece by piece.
 *
 * @throws ArgumentError if it passes 4 GiB
 */
export function* encodeZip(entries: readonly PackedEntry[]): Generator<Uint8Array> {
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, checksum, size, packed } of entries) {
    const bytes = packed.reduce((sum, part) => sum + part.length, 0);
    const common = [VERSION, 0, DEFLATED, 0, DATE];
    const sizes = [checksum, bytes, size];
    const header = record(0x04034b50, common, sizes, [name.length, 0], name);
    const end = offset + header.length + bytes;
    if (Math.max(end, size) >= 0xffffffff) {
      throw new ArgumentError(`encodeZip: expected an archive below 4 GiB, got more, at ${name}`);
    }
    yield header;
    yield* packed;
    const place = [name.length, 0, 0, 0, 0, 0, 0, offset & 0xffff, offset >>> 16];
    directory.push(record(0x02014b50, [VERSION, ...common], sizes, place, name));
    offset = end;
  }
  yield* directory;
  const directoryBytes = directory.reduce((sum, part) => sum + part.length, 0);
  const counts = [0, 0, entries.length, entries.length];
  yield record(0x06054b50, counts, [directoryBytes, offset], [0], "");
}

/** A signature, 16-bit numbers, 32-bit numbers, 16-bit numbers, a name. */
function record(
  signature: number,
  shorts: readonly number[],
  longs: readonly number[],
  more: readonly number[],
  name: string,
): Uint8Array {
  const bytes = new Uint8Array(4 + 2 * shorts.length + 4 * longs.length + 2 * more.length + name.length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const short = (value: number) => view.setUint16((at += 2) - 2, value, true);
  const long = (value: number) => view.setUint32((at += 4) - 4, value, true);
  long(signature);
  shorts.forEach(short);
  longs.forEach(long);
  more.forEach(short);
  for (let i = 0; i < name.length; i++) bytes[at + i] = name.charCodeAt(i);
  return bytes;
}
