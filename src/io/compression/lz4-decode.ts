/**
 * LZ4 frames, read under a limit (github.com/lz4/lz4, doc/lz4_Frame_format.md 1.6.3 and
 * doc/lz4_Block_format.md). Every length is checked before it is used: hostile input ends in a fault, never in a read
 * or write out of bounds.
 */
import { CompressionFault } from "./fault.ts";
import { xxh32 } from "./xxh32.ts";

/** The first four bytes of a frame. */
export const MAGIC = 0x184d2204;
const HAS_CONTENT_CHECKSUM = 0x04;
/** Flag of a frame that states the size of its content. */
export const HAS_CONTENT_SIZE = 0x08;
const HAS_BLOCK_CHECKSUMS = 0x10;
const HAS_DICTIONARY = 0x01;
/** Flag of a block that is stored as it is. */
export const STORED = 0x80000000;
/** A block of LZ4 expands at most 255-fold. */
const MAX_RATIO = 255;

/** Bytes that a decompressor keeps from one frame to the next at most. */
const KEPT_BYTES = 1 << 22;
const NONE = new Uint8Array(0);

/** A function that decompresses frame after frame into the same memory: a result holds until the next call. */
export function lz4Decompressor(): (frame: Uint8Array, limit: number) => Uint8Array {
  let memory = new Uint8Array(0);
  return (frame, limit) => {
    const content = decompressLz4(frame, limit, memory);
    const { buffer } = content as Uint8Array<ArrayBuffer>;
    if (buffer.byteLength <= KEPT_BYTES && buffer !== memory.buffer) memory = new Uint8Array(buffer);
    return content;
  };
}

/**
 * Decompresses one LZ4 frame; linked blocks and all checksums are served, dictionaries are not.
 *
 * @param frame - exactly one frame
 * @param limit - bytes that the result may have at most
 * @param memory - where the result is put if it has the room; its content does not matter
 * @throws CompressionFault if the frame is broken or its content exceeds the limit
 */
export function decompressLz4(frame: Uint8Array, limit: number, memory = NONE): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const need = (end: number): void => {
    if (end > frame.length)
      throw new CompressionFault(`expected ${end} bytes of LZ4 frame, got ${frame.length}`);
  };
  need(7);
  if (view.getUint32(0, true) !== MAGIC)
    throw new CompressionFault("expected the magic number of an LZ4 frame, got another");
  const flags = view.getUint8(4);
  if (flags >> 6 !== 1) throw new CompressionFault(`expected LZ4 frame version 1, got ${flags >> 6}`);
  if ((flags & HAS_DICTIONARY) !== 0)
    throw new CompressionFault("expected an LZ4 frame without a dictionary, got one with");
  const blockCode = (view.getUint8(5) >> 4) & 7;
  if (blockCode < 4)
    throw new CompressionFault(`expected an LZ4 block size code of 4 to 7, got ${blockCode}`);
  const blockMax = 1 << (8 + 2 * blockCode);

  const headerEnd = (flags & HAS_CONTENT_SIZE) !== 0 ? 14 : 6;
  need(headerEnd + 1);
  if (view.getUint8(headerEnd) !== ((xxh32(frame.subarray(4, headerEnd)) >>> 8) & 0xff)) {
    throw new CompressionFault("expected a matching checksum of the LZ4 frame header, got another");
  }
  const bound = Math.min(limit, frame.length * MAX_RATIO);
  let contentSize = -1;
  if ((flags & HAS_CONTENT_SIZE) !== 0) {
    contentSize = view.getUint32(6, true) + view.getUint32(10, true) * 2 ** 32;
    if (contentSize > bound)
      throw new CompressionFault(`expected at most ${bound} bytes of content, got ${contentSize}`);
  }

  let out = roomFor(contentSize, Math.min(bound, 4 * frame.length + 64), bound, memory);
  let length = 0;
  let at = headerEnd + 1;
  for (;;) {
    need(at + 4);
    const word = view.getUint32(at, true);
    at += 4;
    if (word === 0) break;
    const size = word & ~STORED;
    if (size > blockMax)
      throw new CompressionFault(`expected an LZ4 block of at most ${blockMax} bytes, got ${size}`);
    const end = at + size;
    need(end + ((flags & HAS_BLOCK_CHECKSUMS) !== 0 ? 4 : 0));
    // A block never yields more than blockMax bytes, so that growing here keeps the block decoder free of growing.
    const room = Math.min(bound, length + Math.min(blockMax, size * MAX_RATIO));
    if (out.length < room && contentSize < 0)
      out = grown(out, length, Math.min(bound, Math.max(room, 2 * out.length)));
    if (word >= STORED) {
      if (length + size > out.length) throw tooLong(out.length);
      out.set(frame.subarray(at, end), length);
      length += size;
    } else {
      length = decompressLz4Block(frame, at, end, out, length, Math.min(out.length, length + blockMax));
    }
    at = end;
    if ((flags & HAS_BLOCK_CHECKSUMS) !== 0) {
      if (view.getUint32(at, true) !== xxh32(frame.subarray(at - size, at))) {
        throw new CompressionFault("expected a matching checksum of an LZ4 block, got another");
      }
      at += 4;
    }
  }
  const content = out.subarray(0, length);
  if (contentSize >= 0 && length !== contentSize) {
    throw new CompressionFault(`expected ${contentSize} bytes of LZ4 content, got ${length}`);
  }
  if ((flags & HAS_CONTENT_CHECKSUM) !== 0) {
    need(at + 4);
    if (view.getUint32(at, true) !== xxh32(content)) {
      throw new CompressionFault("expected a matching checksum of the LZ4 content, got another");
    }
    at += 4;
  }
  if (at !== frame.length)
    throw new CompressionFault(`expected the LZ4 frame to end at byte ${at}, got ${frame.length}`);
  return content;
}

/**
 * Decompresses one block, `input[start…stop)`, to `out[length…end)`; matches may reach back into earlier blocks.
 *
 * Sequences of events are a few bytes long. Where both arrays have room to spare, such a sequence is copied four bytes at
 * a time and past its end, where the next one overwrites what is too much; nothing is read or written beyond the arrays.
 *
 * @returns the new length
 * @throws CompressionFault if the block is broken or does not fit
 */
export function decompressLz4Block(
  input: Uint8Array,
  start: number,
  stop: number,
  out: Uint8Array,
  length: number,
  end: number,
): number {
  const from = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const into = new DataView(out.buffer, out.byteOffset, out.byteLength);
  // Before these, a sequence without further bytes of length can be copied whatever its lengths are.
  const roomyStop = stop - 20;
  const roomyEnd = end - 40;
  let at = start;
  let to = length;
  while (at < stop) {
    const token = input[at++]!;
    let literals = token >> 4;
    let matched = (token & 15) + 4;
    if (literals < 15 && matched < 19 && at < roomyStop && to < roomyEnd) {
      into.setInt32(to, from.getInt32(at, true), true);
      if (literals > 4) {
        into.setInt32(to + 4, from.getInt32(at + 4, true), true);
        into.setInt32(to + 8, from.getInt32(at + 8, true), true);
        into.setInt32(to + 12, from.getInt32(at + 12, true), true);
      }
      to += literals;
      at += literals;
      const distance = from.getUint16(at, true);
      const source = to - distance;
      if (distance >= 4 && source >= 0) {
        at += 2;
        into.setInt32(to, into.getInt32(source, true), true);
        into.setInt32(to + 4, into.getInt32(source + 4, true), true);
        if (matched > 8) {
          into.setInt32(to + 8, into.getInt32(source + 8, true), true);
          into.setInt32(to + 12, into.getInt32(source + 12, true), true);
          into.setInt32(to + 16, into.getInt32(source + 16, true), true);
        }
        to += matched;
        continue;
      }
    } else {
      if (literals === 15) {
        let more = 255;
        while (more === 255) {
          if (at >= stop) throw cutShort();
          more = input[at++]!;
          literals += more;
        }
      }
      if (literals > stop - at) throw cutShort();
      if (literals > end - to) throw tooLong(end);
      if (literals > 32) {
        out.set(input.subarray(at, at + literals), to);
        to += literals;
        at += literals;
      } else {
        for (const last = at + literals; at < last;) out[to++] = input[at++]!;
      }
      // The last sequence of a block is literals only.
      if (at === stop) return to;
      if (stop - at < 2) throw cutShort();
    }

    const distance = input[at]! | (input[at + 1]! << 8);
    at += 2;
    if (distance === 0 || distance > to) {
      throw new CompressionFault(
        `expected an LZ4 match within the last ${to} bytes, got a distance of ${distance}`,
      );
    }
    if (matched === 19) {
      let more = 255;
      while (more === 255) {
        if (at >= stop) throw cutShort();
        more = input[at++]!;
        matched += more;
      }
    }
    if (matched > end - to) throw tooLong(end);
    if (matched > 64 && distance >= matched) {
      out.copyWithin(to, to - distance, to - distance + matched);
      to += matched;
    } else if (distance >= 4 && matched < roomyEnd - to) {
      const last = to + matched;
      for (; to < last; to += 4) into.setInt32(to, into.getInt32(to - distance, true), true);
      to = last;
    } else {
      for (const last = to + matched; to < last; to++) out[to] = out[to - distance]!;
    }
  }
  throw cutShort();
}

/** An array of `size` bytes, or if that is unknown (-1) of `guess` to `bound` bytes; a part of `memory` if it has the room. */
function roomFor(size: number, guess: number, bound: number, memory: Uint8Array): Uint8Array {
  const least = size >= 0 ? size : guess;
  return memory.length < least ? new Uint8Array(least) : memory.subarray(0, size >= 0 ? size : bound);
}

function grown(bytes: Uint8Array, length: number, size: number): Uint8Array {
  const bigger = new Uint8Array(size);
  bigger.set(bytes.subarray(0, length));
  return bigger;
}

function cutShort(): CompressionFault {
  return new CompressionFault("expected more bytes of an LZ4 block, got its end");
}

function tooLong(limit: number): CompressionFault {
  return new CompressionFault(`expected LZ4 content of at most ${limit} bytes, got more`);
}
