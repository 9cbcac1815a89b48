// Attention between packed spikes in exact integers, linear in tokens: all that the keys and values say is one table a
// head, from which each query gathers the rows of its spikes. A table has D + 2 rows of D numbers (a multiple of 4):
// row 0 the sum over tokens of |k|·v, row 1 that of v, row 2 + i that of k[i]·v. For every score the sum over keys is
//
//     α·Σ q[i]·row(2 + i) + (β + γ·|q|)·row 1 + δ·row 0
//
// with whole numbers α … δ, see `attentionTerms` of the host.
import { at, int, pointer } from "./memory";
import { listWord } from "./packed-spikes";
import { bitTable, packed, PACKED_BYTES, tables } from "./scratch";
import {
  channelsOf,
  groupOf,
  openState,
  padded,
  pixelsOf,
  scaleSums,
  settle,
  STATE_BYTES,
  stateRow,
  stateScratch,
  stepsOf,
} from "./settle";

/** Tokens whose bits are turned round together. */
const TOKENS = 1024;
/** Rows of currents that fit beside the tables of scratch. */
const CURRENT_ROWS = 256;
/** 32-bit words of tokens. */
const COLUMN_WORDS = TOKENS / 32;

/** 32 bits of a row of packed spikes from bit `at` on; reads the word behind. */
function bitsFrom(row: usize, bit: i32): u32 {
  const cell = row + ((<usize>(bit >> 5)) << 2);
  return <u32>(load<u64>(cell) >> (<u64>(bit & 31)));
}

/** The low `count` bits. */
function lowBits(word: u32, count: i32): u32 {
  return count >= 32 ? word : word & ((1 << count) - 1);
}

/** Turns 32 words of 32 bits round: bit j of word i becomes bit i of word j. */
function transpose(words: usize): void {
  let mask: u32 = 0x0000ffff;
  for (let j = 16; j != 0; j >>= 1, mask ^= mask << j) {
    for (let k = 0; k < 32; k = ((k | j) + 1) & ~j) {
      const low = at(words, k);
      const high = at(words, k | j);
      const a = load<u32>(low);
      const b = load<u32>(high);
      const t = ((a >> j) ^ b) & mask;
      store<u32>(high, b ^ t);
      store<u32>(low, a ^ (t << j));
    }
  }
}

/** Columns `bit` to `bit` + D of up to 1024 tokens, as rows of 32 words a column; absent tokens are 0. */
function turnColumns(
  to: usize,
  spikes: usize,
  pixels: i32,
  pixelWords: i32,
  step: i32,
  pixel: i32,
  perStep: i32,
  token: i32,
  count: i32,
  bit: i32,
  depth: i32,
): void {
  const block = tables();
  for (let first = 0; first < TOKENS && first < ((count + 63) & -64); first += 32) {
    for (let c = 0; c < depth; c += 32) {
      for (let i = 0; i < 32; i++) {
        let word: u32 = 0;
        if (first + i < count) {
          const index = token + first + i;
          const t = index / perStep;
          const cell = at(spikes, ((step + t) * pixels + pixel + index - t * perStep) * pixelWords);
          word = lowBits(bitsFrom(cell, bit + c), depth - c);
        }
        store<u32>(at(block, i), word);
      }
      transpose(block);
      const columns = min(32, depth - c);
      for (let i = 0; i < columns; i++) {
        store<u32>(at(to, (c + i) * COLUMN_WORDS + (first >> 5)), load<u32>(at(block, i)));
      }
    }
  }
}

/** Spikes that two columns have in common. */
function common(a: usize, b: usize, bytes: usize): i32 {
  let count: i64 = 0;
  for (let i: usize = 0; i < bytes; i += 8) count += popcnt(load<u64>(a + i) & load<u64>(b + i));
  return <i32>count;
}

/**
 * Tables of groups of tokens by popcount: group g has `groupSteps` steps from step g / images · groupSteps on, and the
 * pixels of image g mod images. Task: a group and a head.
 */
export function tabulateAttention(args: usize, task: i32): void {
  const target = pointer(args, 0);
  const keys = pointer(args, 1);
  const values = pointer(args, 2);
  const channels = int(args, 3);
  const heads = int(args, 4);
  const keyPlanes = int(args, 5);
  const valuePlanes = int(args, 6);
  const images = int(args, 7);
  const perImage = int(args, 8);
  const groupSteps = int(args, 9);
  const depth = channels / heads;
  const row = (depth + 3) & -4;
  const group = task / heads;
  const head = task - group * heads;
  const step = (group / images) * groupSteps;
  const image = group - (group / images) * images;
  const pixels = images * perImage;
  const words = (channels + 31) >> 5;
  const table = at(target, task * (depth + 2) * row);
  memory.fill(table, 0, ((depth + 2) * row) << 2);
  const keyColumns = packed();
  const valueColumns = keyColumns + ((<usize>(depth * COLUMN_WORDS)) << 2);
  const tokens = groupSteps * perImage;
  const bit = head * depth;
  for (let token = 0; token < tokens; token += TOKENS) {
    const count = min(TOKENS, tokens - token);
    const bytes = (<usize>((count + 63) >> 6)) << 3;
    for (let b = 0; b < valuePlanes; b++) {
      const v = at(values, b * words);
      const vWords = valuePlanes * words;
      turnColumns(
        valueColumns,
        v,
        pixels,
        vWords,
        step,
        image * perImage,
        perImage,
        token,
        count,
        bit,
        depth,
      );
      addCommon(at(table, row), valueColumns, depth, bytes, b);
      for (let a = 0; a < keyPlanes; a++) {
        const k = at(keys, a * words);
        const kWords = keyPlanes * words;
        turnColumns(
          keyColumns,
          k,
          pixels,
          kWords,
          step,
          image * perImage,
          perImage,
          token,
          count,
          bit,
          depth,
        );
        let to = at(table, 2 * row);
        for (let i = 0; i < depth; i++) {
          addProducts(to, at(keyColumns, i * COLUMN_WORDS), valueColumns, depth, bytes, a + b);
          to = at(to, row);
        }
      }
    }
  }
  for (let i = 0; i < depth; i++) addRow(table, at(table, (2 + i) * row), row);
}

/** sums[j] += |column j| · 2^shift */
function addCommon(sums: usize, columns: usize, depth: i32, bytes: usize, shift: i32): void {
  for (let j = 0; j < depth; j++) {
    const column = at(columns, j * COLUMN_WORDS);
    const cell = at(sums, j);
    store<i32>(cell, load<i32>(cell) + (common(column, column, bytes) << shift));
  }
}

/** sums[j] += |key ∧ column j| · 2^shift */
function addProducts(sums: usize, key: usize, columns: usize, depth: i32, bytes: usize, shift: i32): void {
  for (let j = 0; j < depth; j++) {
    const cell = at(sums, j);
    store<i32>(cell, load<i32>(cell) + (common(key, at(columns, j * COLUMN_WORDS), bytes) << shift));
  }
}

/** to += from, `count` (a multiple of 4) 32-bit integers. */
function addRow(to: usize, from: usize, count: i32): void {
  for (let i = 0; i < count; i += 4) {
    v128.store(at(to, i), i32x4.add(v128.load(at(to, i)), v128.load(at(from, i))));
  }
}

/** to −= from */
function subtractRow(to: usize, from: usize, count: i32): void {
  for (let i = 0; i < count; i += 4) {
    v128.store(at(to, i), i32x4.sub(v128.load(at(to, i)), v128.load(at(from, i))));
  }
}

/**
 * Turns tables of single steps, `[T, size]`, into those of all steps so far: carried ones first, and without those of
 * the steps that leave the window, if there is one. Task: `group` numbers, a multiple of 4.
 */
export function runTables(args: usize, task: i32): void {
  const tables = pointer(args, 0);
  const leaving = pointer(args, 1);
  const carried = pointer(args, 2);
  const steps = int(args, 3);
  const size = int(args, 4);
  const group = int(args, 5);
  const first = task * group;
  const count = min(group, size - first);
  let before = at(carried, first);
  for (let t = 0; t < steps; t++) {
    const now = at(tables, t * size + first);
    addRow(now, before, count);
    if (leaving != 0) subtractRow(now, at(leaving, t * size + first), count);
    before = now;
  }
  memory.copy(at(carried, first), before, (<usize>count) << 2);
}

/**
 * Writes the sums of one query for all heads, each head's D numbers (up to 15 more are overwritten).
 * @param table - tables of the heads, one after the other
 */
function attend(
  args: usize,
  to: usize,
  table: usize,
  query: usize,
  channels: i32,
  heads: i32,
  planes: i32,
): void {
  const alpha = i32x4.splat(int(args, 24));
  const beta = int(args, 25);
  const gamma = int(args, 26);
  const delta = i32x4.splat(int(args, 27));
  const depth = channels / heads;
  const row = (depth + 3) & -4;
  const rowBytes = (<usize>row) << 2;
  const words = (channels + 31) >> 5;
  const list = tables();
  const bits = bitTable();
  for (let head = 0; head < heads; head++) {
    let end = list;
    for (let plane = 0; plane < planes; plane++) {
      const from = at(query, plane * words);
      for (let c = 0; c < depth; c += 32) {
        const word = lowBits(bitsFrom(from, head * depth + c), depth - c);
        for (let repeat = 1 << plane; repeat > 0 && word != 0; repeat--) end = listWord(end, word, c, bits);
      }
    }
    const fired = <i32>((end - list) >> 1);
    const ones = i32x4.splat(beta + gamma * fired);
    const rows = table + 2 * rowBytes;
    for (let j = 0; j < row; j += 4) {
      const column = at(rows, j);
      let sum = i32x4.splat(0);
      for (let i = list; i < end; i += 2) {
        sum = i32x4.add(sum, v128.load(column + <usize>load<u16>(i) * rowBytes));
      }
      sum = i32x4.mul(sum, alpha);
      sum = i32x4.add(sum, i32x4.mul(v128.load(at(table, row + j)), ones));
      sum = i32x4.add(sum, i32x4.mul(v128.load(at(table, j)), delta));
      v128.store(at(to, j), sum);
    }
    to = at(to, depth);
    table += <usize>(depth + 2) * rowBytes;
  }
}

/** Bytes of a row of sums: room for what {@link attend} overwrites. */
function sumBytes(channels: i32): usize {
  return (<usize>padded(channels) + 16) << 2;
}

/** Settles the sums of `count` positions from `start` on, which lie in rows at `sums`. */
function settleRows(
  args: usize,
  sums: usize,
  first: i32,
  start: i32,
  count: i32,
  steps: i32,
  states: usize,
): void {
  const channels = channelsOf(args);
  const bytes = sumBytes(channels);
  const currents = tables();
  for (let n = 0; n < channels; n += 16) {
    for (let i = 0; i < count;) {
      const p = (start + i) / steps;
      const t = start + i - p * steps;
      const run = min(min(steps - t, count - i), CURRENT_ROWS);
      scaleSums(args, currents, at(sums + <usize>i * bytes, n), bytes, run, n, false);
      settle(args, currents, 64, first + p, t, t + run, n, stateRow(args, first + p, states, p));
      i += run;
    }
  }
}

/**
 * Queries the tables of {@link tabulateAttention} and settles the sums. Step t of image b reads table
 * t · `tableSteps` + b. Task: a group of pixels with all their steps.
 */
export function attendTables(args: usize, task: i32): void {
  const steps = stepsOf(args);
  const pixels = pixelsOf(args);
  const channels = channelsOf(args);
  const queries = pointer(args, 16);
  const target = pointer(args, 17);
  const heads = int(args, 20);
  const planes = int(args, 21);
  const perImage = int(args, 22);
  const tableSteps = int(args, 23);
  const depth = channels / heads;
  const size = heads * (depth + 2) * ((depth + 3) & -4);
  const queryWords = planes * ((channels + 31) >> 5);
  const first = task * groupOf(args);
  const count = min(groupOf(args), pixels - first);
  const states = stateScratch();
  for (let p = 0; p < count; p++) openState(args, first + p, states, p, 0, channels);
  const sums = packed() + STATE_BYTES;
  const bytes = sumBytes(channels);
  const most = <i32>((PACKED_BYTES - STATE_BYTES - 64) / bytes);
  const positions = count * steps;
  for (let start = 0; start < positions;) {
    const some = min(most, positions - start);
    for (let i = 0; i < some; i++) {
      const p = (start + i) / steps;
      const t = start + i - p * steps;
      const pixel = first + p;
      const table = at(target, (t * tableSteps + pixel / perImage) * size);
      const query = at(queries, (t * pixels + pixel) * queryWords);
      attend(args, sums + <usize>i * bytes, table, query, channels, heads, planes);
    }
    settleRows(args, sums, first, start, some, steps, states);
    start += some;
  }
}

/** Adds a token's key and value, times `sign`, to the tables of its pixel. `scratch` has room for a value. */
function addToken(
  table: usize,
  key: usize,
  value: usize,
  channels: i32,
  heads: i32,
  keyPlanes: i32,
  valuePlanes: i32,
  sign: i32,
  scratch: usize,
): void {
  const depth = channels / heads;
  const row = (depth + 3) & -4;
  const words = (channels + 31) >> 5;
  for (let head = 0; head < heads; head++) {
    memory.fill(scratch, 0, row << 2);
    for (let plane = 0; plane < valuePlanes; plane++) {
      for (let c = 0; c < depth; c += 32) {
        let word = lowBits(bitsFrom(at(value, plane * words), head * depth + c), depth - c);
        for (; word != 0; word &= word - 1) {
          const cell = at(scratch, c + <i32>ctz(word));
          store<i32>(cell, load<i32>(cell) + (sign << plane));
        }
      }
    }
    addRow(at(table, row), scratch, row);
    for (let plane = 0; plane < keyPlanes; plane++) {
      for (let c = 0; c < depth; c += 32) {
        let word = lowBits(bitsFrom(at(key, plane * words), head * depth + c), depth - c);
        for (; word != 0; word &= word - 1) {
          for (let repeat = 1 << plane; repeat > 0; repeat--) {
            addRow(table, scratch, row);
            addRow(at(table, (2 + c + <i32>ctz(word)) * row), scratch, row);
          }
        }
      }
    }
    table = at(table, (depth + 2) * row);
  }
}

/**
 * Attention along time alone: each pixel has tables of its own, of all its steps, or of those so far (`causal`), the
 * carried ones first and without those that leave a window of `window` steps (0: none). Keys and values begin `window`
 * steps before the first. Task: a group of pixels with all their steps.
 */
export function attendPixels(args: usize, task: i32): void {
  const steps = stepsOf(args);
  const pixels = pixelsOf(args);
  const channels = channelsOf(args);
  const queries = pointer(args, 16);
  const carried = pointer(args, 17);
  const keys = pointer(args, 18);
  const values = pointer(args, 19);
  const heads = int(args, 20);
  const planes = int(args, 21);
  const keyPlanes = int(args, 22);
  const valuePlanes = int(args, 23);
  const causal = int(args, 28) != 0;
  const window = int(args, 29);
  const resume = int(args, 30) != 0;
  const depth = channels / heads;
  const row = (depth + 3) & -4;
  const size = heads * (depth + 2) * row;
  const words = (channels + 31) >> 5;
  const first = task * groupOf(args);
  const count = min(groupOf(args), pixels - first);
  const states = stateScratch();
  for (let p = 0; p < count; p++) openState(args, first + p, states, p, 0, channels);
  const own = packed() + STATE_BYTES;
  const value = at(own, size);
  const sums = at(value, row);
  const bytes = sumBytes(channels);
  const most = <i32>((packed() + PACKED_BYTES - 64 - sums) / bytes);
  for (let p = 0; p < count; p++) {
    const pixel = first + p;
    const table = carried == 0 ? own : at(carried, pixel * size);
    if (carried == 0 || !resume) memory.fill(table, 0, (<usize>size) << 2);
    if (!causal) {
      for (let t = 0; t < steps; t++) {
        const cell = t * pixels + pixel;
        const key = at(keys, cell * keyPlanes * words);
        const v = at(values, cell * valuePlanes * words);
        addToken(table, key, v, channels, heads, keyPlanes, valuePlanes, 1, value);
      }
    }
    for (let t0 = 0; t0 < steps; t0 += most) {
      const some = min(most, steps - t0);
      for (let i = 0; i < some; i++) {
        const t = t0 + i;
        if (causal) {
          const cell = (t + window) * pixels + pixel;
          const key = at(keys, cell * keyPlanes * words);
          const v = at(values, cell * valuePlanes * words);
          addToken(table, key, v, channels, heads, keyPlanes, valuePlanes, 1, value);
          if (window > 0) {
            const gone = t * pixels + pixel;
            const oldKey = at(keys, gone * keyPlanes * words);
            const oldValue = at(values, gone * valuePlanes * words);
            addToken(table, oldKey, oldValue, channels, heads, keyPlanes, valuePlanes, -1, value);
          }
        }
        const query = at(queries, (t * pixels + pixel) * planes * words);
        attend(args, sums + <usize>i * bytes, table, query, channels, heads, planes);
      }
      settleRows(args, sums, first, p * steps + t0, some, steps, states);
    }
  }
}
