/**
 * Blosc 1 (github.com/Blosc/c-blosc, README_CHUNK_FORMAT.rst; filter 32001 of HDF5): a header, the starts of blocks, and
 * blocks that are shuffled and made of one compressed stream, or of one for each byte of the element.
 */
import { CompressionFault } from "../compression/fault.ts";
import { decompressLz4Block } from "../compression/lz4-decode.ts";
import type { DecompressZstd } from "../compression/zstd.ts";
import { unshuffle, unshuffleBits } from "./shuffle.ts";
import { DEFLATE_RATIO, inflate } from "./zlib.ts";

const HEADER_BYTES = 16;
const SHUFFLED = 1;
const COPIED = 2;
const BIT_SHUFFLED = 4;
const NOT_SPLIT = 16;
/** A block is split into streams only if elements are at most so large, and each stream then has so many bytes. */
const MAX_SPLITS = 16;
const MIN_STREAM_BYTES = 128;
const CODECS = ["BloscLZ", "LZ4", "Snappy", "zlib", "Zstandard"] as const;
/** What each codec expands by at most; Zstandard makes a block of 128 KiB of 4 bytes. */
const MAX_RATIOS = [256, 256, 256, DEFLATE_RATIO, 2 ** 15] as const;

/** Whether Blosc data were made by Zstandard. */
export function needsZstd(data: Uint8Array): boolean {
  return CODECS[(data[2] ?? 0) >> 5] === "Zstandard";
}

/**
 * Decompresses Blosc 1 data.
 *
 * @param limit - bytes that the result may have at most
 * @param zstd - needed where {@link needsZstd}
 * @throws CompressionFault if the data are broken, exceed the limit, or were made by Snappy
 */
export function decompressBlosc(data: Uint8Array, limit: number, zstd?: DecompressZstd): Uint8Array {
  if (data.length < HEADER_BYTES) throw fault(`expected 16 bytes of a Blosc header, got ${data.length}`);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const version = data[0]!;
  if (version < 1 || version > 2) throw fault(`expected version 1 or 2 of Blosc, got ${version}`);
  const flags = data[2]!;
  const itemBytes = Math.max(1, data[3]!);
  const length = view.getUint32(4, true);
  const blockBytes = view.getUint32(8, true);
  const stored = view.getUint32(12, true);
  if (stored > data.length) throw fault(`expected ${stored} bytes of Blosc data, got ${data.length}`);
  const most = Math.min(limit, stored * (MAX_RATIOS[flags >> 5] ?? 1));
  if (length > most) throw fault(`expected at most ${most} bytes of Blosc content, got ${length}`);
  if (length === 0) return new Uint8Array(0);
  if ((flags & COPIED) !== 0) {
    if (HEADER_BYTES + length > data.length) throw fault(`expected ${length} bytes of Blosc data, got fewer`);
    return data.subarray(HEADER_BYTES, HEADER_BYTES + length);
  }
  const codec = CODECS[flags >> 5];
  if (codec === undefined || codec === "Snappy") {
    throw fault(
      `expected BloscLZ, LZ4, zlib or Zstandard within Blosc, got ${codec ?? `codec ${flags >> 5}`}`,
    );
  }
  const blocks = blockBytes === 0 ? 0 : Math.ceil(length / blockBytes);
  if (blocks === 0 || blocks > (data.length - HEADER_BYTES) / 4) {
    throw fault(`expected the starts of Blosc blocks, got ${blocks} blocks in ${data.length} bytes`);
  }
  const decode = (stream: Uint8Array, out: Uint8Array): void => {
    const count = decodeStream(codec, stream, out, zstd);
    if (count !== out.length) throw fault(`expected a Blosc stream of ${out.length} bytes, got ${count}`);
  };

  const out = new Uint8Array(length);
  for (let i = 0; i < blocks; i++) {
    const block = out.subarray(i * blockBytes, Math.min(length, (i + 1) * blockBytes));
    const whole = block.length === blockBytes;
    const split =
      (flags & NOT_SPLIT) === 0 &&
      whole &&
      itemBytes <= MAX_SPLITS &&
      Math.floor(blockBytes / itemBytes) >= MIN_STREAM_BYTES;
    const streams = split ? itemBytes : 1;
    const streamBytes = Math.floor(block.length / streams);
    if (streamBytes * streams !== block.length) {
      throw fault(`expected a Blosc block of whole elements, got ${block.length} bytes`);
    }
    let at = view.getUint32(HEADER_BYTES + 4 * i, true);
    for (let s = 0; s < streams; s++) {
      if (at + 4 > data.length)
        throw fault(`expected a Blosc stream at byte ${at}, got ${data.length} bytes`);
      const bytes = view.getUint32(at, true);
      at += 4;
      if (bytes > data.length - at) throw fault(`expected ${bytes} bytes of a Blosc stream, got fewer`);
      const stream = data.subarray(at, at + bytes);
      const target = block.subarray(s * streamBytes, (s + 1) * streamBytes);
      // A stream that would not shrink is stored.
      if (bytes === streamBytes) target.set(stream);
      else decode(stream, target);
      at += bytes;
    }
    if ((flags & SHUFFLED) !== 0) block.set(unshuffle(block, itemBytes));
    else if ((flags & BIT_SHUFFLED) !== 0 && block.length % (8 * itemBytes) === 0) {
      block.set(unshuffleBits(block, itemBytes));
    }
  }
  return out;
}

function decodeStream(
  codec: Exclude<(typeof CODECS)[number], "Snappy">,
  stream: Uint8Array,
  out: Uint8Array,
  zstd: DecompressZstd | undefined,
): number {
  switch (codec) {
    case "BloscLZ":
      return decompressBloscLz(stream, out);
    case "LZ4":
      return decompressLz4Block(stream, 0, stream.length, out, 0, out.length);
    case "zlib":
      return copied(inflate(stream, out.length), out);
    case "Zstandard":
      if (zstd === undefined) throw fault("expected data that need no Zstandard, got Zstandard");
      return copied(zstd(stream, out.length), out);
  }
}

function copied(content: Uint8Array, out: Uint8Array): number {
  out.set(content);
  return content.length;
}

const FAR = 8191;

/**
 * BloscLZ, a kin of FastLZ level 2: a control byte below 32 precedes that many bytes and one; any other has the length of a
 * match in its upper 3 bits and the upper 5 bits of its distance, of which all ones followed by 255 mean 16 more bits.
 */
function decompressBloscLz(input: Uint8Array, out: Uint8Array): number {
  let at = 0;
  let to = 0;
  const next = (): number => {
    if (at >= input.length) throw fault("expected more bytes of BloscLZ, got their end");
    return input[at++]!;
  };
  const room = (count: number): void => {
    if (count > out.length - to) throw fault(`expected ${out.length} bytes of BloscLZ content, got more`);
  };
  for (let control = next() & 31; ; control = next()) {
    if (control < 32) {
      const count = control + 1;
      room(count);
      if (count > input.length - at) throw fault("expected more bytes of BloscLZ, got their end");
      for (const end = at + count; at < end;) out[to++] = input[at++]!;
    } else {
      let count = (control >> 5) + 2;
      let more = 255;
      if (count === 9) {
        while (more === 255) {
          more = next();
          count += more;
        }
      }
      let distance = (control & 31) << 8;
      const low = next();
      distance += low + 1;
      if (low === 255 && (control & 31) === 31) distance = FAR + 1 + (next() << 8) + next();
      if (distance > to) throw fault(`expected a match within ${to} bytes, got ${distance} back`);
      room(count);
      for (const end = to + count; to < end; to++) out[to] = out[to - distance]!;
    }
    if (at >= input.length) return to;
  }
}

function fault(what: string): CompressionFault {
  return new CompressionFault(what);
}
