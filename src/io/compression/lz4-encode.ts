/** Writing LZ4 frames (see lz4-decode.ts for the format). */
import { HAS_CONTENT_SIZE, MAGIC, STORED } from "./lz4-decode.ts";
import { xxh32 } from "./xxh32.ts";

const BLOCK_BYTES = 1 << 18;
/** Bytes that a match may reach back. */
const WINDOW = 0xffff;
const HASH_BITS = 14;
/** Candidates that the thorough search looks at for one match. */
const CANDIDATES = 16;

/**
 * Compresses into one LZ4 frame of independent blocks of 256 KiB, with the content size and no checksums but the
 * header's.
 *
 * @param options - `high`: whether to search thoroughly (all places with the same hash within the window, and a longer
 *   match one byte later) instead of taking the last place with the same hash; smaller and several times slower
 */
export function compressLz4(content: Uint8Array, { high = false } = {}): Uint8Array {
  const blocks = Math.ceil(content.length / BLOCK_BYTES);
  const out = new Uint8Array(15 + content.length + 4 * blocks + 4);
  const view = new DataView(out.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint8(4, 0x60 | HAS_CONTENT_SIZE);
  view.setUint8(5, 5 << 4);
  view.setUint32(6, content.length % 2 ** 32, true);
  view.setUint32(10, Math.floor(content.length / 2 ** 32), true);
  view.setUint8(14, (xxh32(out.subarray(4, 14)) >>> 8) & 0xff);
  const compressBlock = high ? thoroughly : greedily;
  let at = 15;
  for (let start = 0; start < content.length; start += BLOCK_BYTES) {
    const block = content.subarray(start, start + BLOCK_BYTES);
    const size = compressBlock(block, new Sequences(block, out.subarray(at + 4, at + 4 + block.length - 1)));
    if (size === 0) out.set(block, at + 4);
    view.setUint32(at, size === 0 ? block.length + STORED : size, true);
    at += 4 + (size === 0 ? block.length : size);
  }
  view.setUint32(at, 0, true);
  return out.slice(0, at + 4);
}

/** Writes the sequences of one block: literals, then a match. */
class Sequences {
  readonly #input: Uint8Array;
  readonly #out: Uint8Array;
  #to = 0;
  /** Where the next literals start. */
  anchor = 0;

  constructor(input: Uint8Array, out: Uint8Array) {
    this.#input = input;
    this.#out = out;
  }

  /** Adds the literals up to `at` and a match of `matched` bytes; false if it does not fit. */
  add(at: number, matched: number, distance: number): boolean {
    const out = this.#out;
    const more = matched - 4;
    if (!this.#literals(at, Math.min(more, 15), more / 255 + 3)) return false;
    let to = this.#to;
    out[to++] = distance & 0xff;
    out[to++] = distance >> 8;
    if (more >= 15) to = extend(out, to, more - 15);
    this.#to = to;
    this.anchor = at + matched;
    return true;
  }

  /** Adds the rest as literals; returns the size of the block, 0 if it does not fit. */
  end(): number {
    return this.#literals(this.#input.length, 0, 0) ? this.#to : 0;
  }

  #literals(end: number, low: number, room: number): boolean {
    const input = this.#input;
    const out = this.#out;
    const count = end - this.anchor;
    let to = this.#to;
    if (to + count + count / 255 + room + 2 > out.length) return false;
    out[to++] = (Math.min(count, 15) << 4) | low;
    if (count >= 15) to = extend(out, to, count - 15);
    if (count > 32) {
      out.set(input.subarray(this.anchor, end), to);
      to += count;
    } else {
      for (let at = this.anchor; at < end;) out[to++] = input[at++]!;
    }
    this.#to = to;
    return true;
  }
}

function extend(out: Uint8Array, start: number, count: number): number {
  let to = start;
  for (let rest = count; ; rest -= 255) {
    out[to++] = Math.min(rest, 255);
    if (rest < 255) return to;
  }
}

/** Compresses one block with one candidate a hash, like the reference's fast level; 0 if it does not fit. */
function greedily(input: Uint8Array, sequences: Sequences): number {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const { lastStart, lastMatched } = limits(input);
  const table = new Int32Array(1 << HASH_BITS).fill(-1);
  for (let at = 0; at <= lastStart;) {
    const word = view.getInt32(at, true);
    const hash = hashOf(word);
    const found = table[hash]!;
    table[hash] = at;
    if (found < 0 || at - found > WINDOW || view.getInt32(found, true) !== word) {
      at += 1 + ((at - sequences.anchor) >> 6);
      continue;
    }
    const matched = lengthOfMatch(input, found, at, lastMatched);
    if (!sequences.add(at, matched, at - found)) return 0;
    at += matched;
  }
  return sequences.end();
}

/** Compresses one block with chains of candidates and one byte of looking ahead; 0 if it does not fit. */
function thoroughly(input: Uint8Array, sequences: Sequences): number {
  const { lastStart, lastMatched } = limits(input);
  const chains = new Chains(input, lastMatched);
  for (let at = 0; at <= lastStart;) {
    let matched = chains.longest(at, 3);
    if (matched === 0) {
      at++;
      continue;
    }
    let found = chains.found;
    // A longer match one byte later is worth a literal.
    while (at < lastStart) {
      const later = chains.longest(at + 1, matched);
      if (later === 0) break;
      matched = later;
      found = chains.found;
      at++;
    }
    if (!sequences.add(at, matched, at - found)) return 0;
    at += matched;
  }
  return sequences.end();
}

/** All places of a block by the hash of the four bytes there, the latest first. */
class Chains {
  readonly #input: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;
  readonly #heads = new Int32Array(1 << HASH_BITS).fill(-1);
  readonly #before: Int32Array;
  #added = 0;
  /** Where the match begins that `longest` found. */
  found = 0;

  constructor(input: Uint8Array, end: number) {
    this.#input = input;
    this.#view = new DataView(input.buffer, input.byteOffset, input.byteLength);
    this.#end = end;
    this.#before = new Int32Array(input.length);
  }

  /** Length of the longest match at `at` that is longer than `least`, or 0; sets `found`. */
  longest(at: number, least: number): number {
    for (; this.#added < at; this.#added++) {
      const hash = hashOf(this.#view.getInt32(this.#added, true));
      this.#before[this.#added] = this.#heads[hash]!;
      this.#heads[hash] = this.#added;
    }
    const input = this.#input;
    let best = least;
    let place = this.#heads[hashOf(this.#view.getInt32(at, true))]!;
    for (let left = CANDIDATES; left > 0 && place >= 0 && at - place <= WINDOW; left--) {
      // No longer match without this byte: most candidates fall here.
      if (input[place + best] === input[at + best]) {
        const matched = lengthOfMatch(input, place, at, this.#end, 0);
        if (matched > best) {
          best = matched;
          this.found = place;
        }
      }
      place = this.#before[place]!;
    }
    return best > least ? best : 0;
  }
}

/** The format wants the last match to start 12 bytes before the end and to leave 5 literals. */
function limits({ length }: Uint8Array): { lastStart: number; lastMatched: number } {
  return { lastStart: length - 12, lastMatched: length - 5 };
}

function hashOf(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS);
}

function lengthOfMatch(input: Uint8Array, found: number, at: number, end: number, known = 4): number {
  let matched = known;
  while (at + matched < end && input[found + matched] === input[at + matched]) matched++;
  return matched;
}
