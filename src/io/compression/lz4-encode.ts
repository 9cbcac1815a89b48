/** Writing LZ4 frames (see lz4-decode.ts for the format). */
import { HAS_CONTENT_SIZE, MAGIC, STORED } from "./lz4-decode.ts";
import { xxh32 } from "./xxh32.ts";

/**
 * Compresses into one LZ4 frame of independent blocks of 256 KiB, with the content size and no checksums but the
 * header's. Greedy search with one candidate a hash, like the reference's fast level.
 */
export function compressLz4(content: Uint8Array): Uint8Array {
  const blockMax = 1 << 18;
  const blocks = Math.ceil(content.length / blockMax);
  const out = new Uint8Array(15 + content.length + 4 * blocks + 4);
  const view = new DataView(out.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint8(4, 0x60 | HAS_CONTENT_SIZE);
  view.setUint8(5, 5 << 4);
  view.setUint32(6, content.length % 2 ** 32, true);
  view.setUint32(10, Math.floor(content.length / 2 ** 32), true);
  view.setUint8(14, (xxh32(out.subarray(4, 14)) >>> 8) & 0xff);
  const table = new Int32Array(1 << 14);
  let at = 15;
  for (let start = 0; start < content.length; start += blockMax) {
    const block = content.subarray(start, start + blockMax);
    const size = compressBlock(block, out.subarray(at + 4, at + 4 + block.length - 1), table);
    if (size === 0) out.set(block, at + 4);
    view.setUint32(at, size === 0 ? block.length + STORED : size, true);
    at += 4 + (size === 0 ? block.length : size);
  }
  view.setUint32(at, 0, true);
  return out.slice(0, at + 4);
}

/** Compresses one block; returns its size, or 0 if it does not fit in `out`. */
function compressBlock(input: Uint8Array, out: Uint8Array, table: Int32Array): number {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const length = input.length;
  // The format wants the last match to start 12 bytes before the end and to leave 5 literals.
  const lastStart = length - 12;
  const lastMatched = length - 5;
  table.fill(-1);
  let to = 0;
  let anchor = 0;
  let at = 0;
  const extend = (count: number): void => {
    for (let rest = count; ; rest -= 255) {
      out[to++] = Math.min(rest, 255);
      if (rest < 255) return;
    }
  };
  const sequence = (literals: number, matched: number, distance: number): boolean => {
    if (to + literals + literals / 255 + matched / 255 + 8 > out.length) return false;
    out[to++] = (Math.min(literals, 15) << 4) | Math.min(matched, 15);
    if (literals >= 15) extend(literals - 15);
    out.set(input.subarray(anchor, anchor + literals), to);
    to += literals;
    if (distance === 0) return true;
    out[to++] = distance & 0xff;
    out[to++] = distance >> 8;
    if (matched >= 15) extend(matched - 15);
    return true;
  };
  while (at <= lastStart) {
    const word = view.getUint32(at, true);
    const hash = Math.imul(word, 0x9e3779b1) >>> 18;
    const found = table[hash]!;
    table[hash] = at;
    if (found < 0 || at - found > 0xffff || view.getUint32(found, true) !== word) {
      at += 1 + ((at - anchor) >> 6);
      continue;
    }
    let matched = 4;
    while (at + matched < lastMatched && input[found + matched] === input[at + matched]) matched++;
    if (!sequence(at - anchor, matched - 4, at - found)) return 0;
    at += matched;
    anchor = at;
  }
  return sequence(length - anchor, 0, 0) ? to : 0;
}
