/** The filters that chunks went through (specification 3.0, IV.A.2.l; support.hdfgroup.org, registered filters). */
import { CompressionFault } from "../compression/fault.ts";
import { type DecompressZstd, loadZstd } from "../compression/zstd.ts";
import { decompressBlosc, needsZstd } from "./blosc.ts";
import { fletcher32 } from "./checksum.ts";
import { decodeEcf } from "./ecf.ts";
import { decompressLzf } from "./lzf.ts";
import { contentOf, findMessage, MESSAGE, type Message } from "./object-header.ts";
import { unshuffle } from "./shuffle.ts";
import type { Storage } from "./storage.ts";
import { inflate } from "./zlib.ts";

/** A filter of a dataset: what it is and its parameters. */
export type Filter = { readonly id: number; readonly values: readonly number[] };

/** Filters that a dataset may have; HDF5 has room for 32. */
const MAX_FILTERS = 32;
const DEFLATE = 1;
const SHUFFLE = 2;
const FLETCHER32 = 3;
const LZF = 32000;
const BLOSC = 32001;
const ZSTD = 32015;
/** Self-assigned by Prophesee. */
const ECF = 0x8ecf;
const NAMES: Readonly<Record<number, string>> = {
  4: "szip",
  5: "n-bit",
  6: "scale-offset",
  305: "LZO",
  307: "bzip2",
  32004: "LZ4",
  32008: "bitshuffle",
  32013: "ZFP",
  32026: "Blosc2",
};

/**
 * The filters of a dataset in the order of writing.
 *
 * @throws FormatError if the message is broken
 */
export async function readFilters(
  storage: Storage,
  messages: readonly Message[],
): Promise<readonly Filter[]> {
  const message = findMessage(messages, MESSAGE.filters);
  if (message === undefined) return [];
  const body = await contentOf(storage, message);
  const version = body.version("a list of filters", 1, 2);
  const count = body.u8();
  if (count > MAX_FILTERS) body.fail(`expected at most ${MAX_FILTERS} filters, got ${count}`);
  if (version === 1) body.skip(6);
  return Array.from({ length: count }, () => {
    const id = body.u16();
    const nameBytes = version === 1 || id >= 256 ? body.u16() : 0;
    body.skip(2);
    const valueCount = body.u16();
    body.skip(version === 1 ? (nameBytes + 7) & ~7 : nameBytes);
    const values = Array.from({ length: valueCount }, () => body.u32());
    if (version === 1 && valueCount % 2 === 1) body.skip(4);
    return { id, values };
  });
}

/** What undoes the filters of a dataset. */
export type Unfilter = (packed: Uint8Array, mask: number) => Promise<Uint8Array>;

/**
 * Makes the function that undoes filters, last first. It takes what is stored and a mask of filters that were left out
 * (bit i for filter i), returns at most `chunkBytes`, and throws a CompressionFault if the data are broken.
 *
 * @throws UnsupportedError if a filter is not known
 */
export function unfilter(
  storage: Storage,
  filters: readonly Filter[],
  chunkBytes: number,
  itemBytes: number,
): Unfilter {
  let zstd: Promise<DecompressZstd> | undefined;
  const steps = filters.map(({ id, values }): ((data: Uint8Array) => Uint8Array | Promise<Uint8Array>) => {
    switch (id) {
      case DEFLATE:
        return (data) => inflate(data, chunkBytes);
      case SHUFFLE:
        return (data) => unshuffle(data, values[0] ?? itemBytes);
      case FLETCHER32:
        return verified;
      case LZF:
        return (data) => decompressLzf(data, chunkBytes);
      case BLOSC:
        return async (data) =>
          decompressBlosc(data, chunkBytes, needsZstd(data) ? await (zstd ??= loadZstd()) : undefined);
      case ZSTD:
        return async (data) => (await (zstd ??= loadZstd()))(data, chunkBytes);
      case ECF:
        if (itemBytes !== 16) return storage.refuse(`expected events of 16 bytes for ECF, got ${itemBytes}`);
        return (data) => decodeEcf(data, chunkBytes);
      default: {
        const name = NAMES[id] === undefined ? `filter ${id}` : `${NAMES[id]} (filter ${id})`;
        return storage.refuse(
          `expected the filters deflate, shuffle, fletcher32, LZF, Blosc, Zstandard or ECF, got ${name}`,
        );
      }
    }
  });
  return async (packed, mask) => {
    let data = packed;
    for (let i = steps.length - 1; i >= 0; i--) {
      if (((mask >>> i) & 1) === 0) data = await steps[i]!(data);
    }
    if (data.length > chunkBytes) {
      throw new CompressionFault(`expected a chunk of at most ${chunkBytes} bytes, got ${data.length}`);
    }
    return data;
  };
}

function verified(data: Uint8Array): Uint8Array {
  const end = data.length - 4;
  if (end < 0) throw new CompressionFault(`expected 4 bytes of checksum, got ${data.length}`);
  const stored = new DataView(data.buffer, data.byteOffset + end, 4).getUint32(0, true);
  const content = data.subarray(0, end);
  if (stored !== fletcher32(content)) {
    throw new CompressionFault("expected a matching Fletcher checksum of a chunk, got another");
  }
  return content;
}
