// Kernels of compiled plans that are fed by packed spikes: [T, pixels, planes, words of 32 channels]. Bit p of a spike
// count stands in plane p. A convolution lists what fired under the kernel, pixel by pixel, adds the weights of those,
// and settles the sums where they are: nothing but packed spikes and wanted membranes reaches memory.
import { at, int, pointer } from "./memory";
import { bitTable, packed, PACKED_BYTES } from "./scratch";
import {
  groupOf,
  channelsOf,
  openStates,
  padded,
  pixelsOf,
  scaleSums,
  settle,
  STATE_BYTES,
  stateScratch,
  stepsOf,
} from "./settle";
import { gather16, gather32 } from "./spikes";

/** Pairs of a pixel and a step whose sums are in work at a time. */
const POSITIONS = 128;
/** Lists of a position, at most: the rows of a kernel times the blocks of channels. */
const MOST_PASSES = 32;
/** Bytes of starts and ends of lists. */
const ENTRY_BYTES = POSITIONS * MOST_PASSES * 8;
/** Bytes of sums: 64 int16 or 32 float32 a position. */
const SUM_BYTES = POSITIONS * 128;
/** Bytes of the currents of 16 columns. */
const CURRENT_BYTES = POSITIONS * 64;

/**
 * Appends `base` + the places of the bits of a word; up to 16 bytes past the end are overwritten. Where each byte's
 * places go is counted from the word, so that no byte waits for the one before.
 */
export function listWord(to: usize, word: u32, base: i32, table: usize): usize {
  const place = i16x8.splat(<i16>base);
  v128.store(to, i16x8.add(place, v128.load(table + ((<usize>(word & 255)) << 4))));
  // Few channels fill few bytes.
  if (word < 0x100) return to + ((<usize>popcnt(word)) << 1);
  const second = to + ((<usize>popcnt(word & 0xff)) << 1);
  const third = to + ((<usize>popcnt(word & 0xffff)) << 1);
  const fourth = to + ((<usize>popcnt(word & 0xffffff)) << 1);
  const eight = i16x8.splat(8);
  const place1 = i16x8.add(place, eight);
  v128.store(second, i16x8.add(place1, v128.load(table + ((<usize>((word >> 8) & 255)) << 4))));
  const place2 = i16x8.add(place1, eight);
  v128.store(third, i16x8.add(place2, v128.load(table + ((<usize>((word >> 16) & 255)) << 4))));
  const place3 = i16x8.add(place2, eight);
  v128.store(fourth, i16x8.add(place3, v128.load(table + ((<usize>(word >> 24)) << 4))));
  return to + ((<usize>popcnt(word)) << 1);
}

/** Lists words `from` to `until` of a pixel, a channel as often as it fired. */
function listPixel(
  to: usize,
  pixel: usize,
  planes: i32,
  words: i32,
  from: i32,
  until: i32,
  base: i32,
  table: usize,
): usize {
  for (let plane = 0; plane < planes; plane++) {
    const row = at(pixel, plane * words);
    for (let w = from; w < until; w++) {
      const word = load<u32>(at(row, w));
      if (word == 0) continue;
      for (let repeat = 1 << plane; repeat > 0; repeat--) to = listWord(to, word, base + (w << 5), table);
    }
  }
  return to;
}

/** to[0 … 64) = from[0 … 64) + Σ over the list of rows of 64 int16. */
function gather64(i: usize, end: usize, base: usize, from: usize, to: usize): void {
  let a0 = v128.load(from);
  let a1 = v128.load(from, 16);
  let a2 = v128.load(from, 32);
  let a3 = v128.load(from, 48);
  let a4 = v128.load(from, 64);
  let a5 = v128.load(from, 80);
  let a6 = v128.load(from, 96);
  let a7 = v128.load(from, 112);
  for (; i < end; i += 2) {
    const w = base + ((<usize>load<u16>(i)) << 7);
    a0 = i16x8.add(a0, v128.load(w));
    a1 = i16x8.add(a1, v128.load(w, 16));
    a2 = i16x8.add(a2, v128.load(w, 32));
    a3 = i16x8.add(a3, v128.load(w, 48));
    a4 = i16x8.add(a4, v128.load(w, 64));
    a5 = i16x8.add(a5, v128.load(w, 80));
    a6 = i16x8.add(a6, v128.load(w, 96));
    a7 = i16x8.add(a7, v128.load(w, 112));
  }
  v128.store(to, a0);
  v128.store(to, a1, 16);
  v128.store(to, a2, 32);
  v128.store(to, a3, 48);
  v128.store(to, a4, 64);
  v128.store(to, a5, 80);
  v128.store(to, a6, 96);
  v128.store(to, a7, 112);
}

function gatherHalves32(i: usize, end: usize, base: usize, from: usize, to: usize): void {
  let a0 = v128.load(from);
  let a1 = v128.load(from, 16);
  let a2 = v128.load(from, 32);
  let a3 = v128.load(from, 48);
  for (; i < end; i += 2) {
    const w = base + ((<usize>load<u16>(i)) << 6);
    a0 = i16x8.add(a0, v128.load(w));
    a1 = i16x8.add(a1, v128.load(w, 16));
    a2 = i16x8.add(a2, v128.load(w, 32));
    a3 = i16x8.add(a3, v128.load(w, 48));
  }
  v128.store(to, a0);
  v128.store(to, a1, 16);
  v128.store(to, a2, 32);
  v128.store(to, a3, 48);
}

function gatherHalves16(i: usize, end: usize, base: usize, from: usize, to: usize): void {
  let a0 = v128.load(from);
  let a1 = v128.load(from, 16);
  for (; i < end; i += 2) {
    const w = base + ((<usize>load<u16>(i)) << 5);
    a0 = i16x8.add(a0, v128.load(w));
    a1 = i16x8.add(a1, v128.load(w, 16));
  }
  v128.store(to, a0);
  v128.store(to, a1, 16);
}

/** Width of the panel that starts at column n of N (a multiple of 16): 64 (int16), 32 or 16. */
function panelWidth(n: i32, columns: i32, halves: bool): i32 {
  const left = columns - n;
  if (halves && left >= 64) return 64;
  return left >= 32 ? 32 : 16;
}

function gatherRow(
  halves: bool,
  width: i32,
  i: usize,
  end: usize,
  base: usize,
  from: usize,
  to: usize,
): void {
  if (halves) {
    if (width == 64) gather64(i, end, base, from, to);
    else if (width == 32) gatherHalves32(i, end, base, from, to);
    else gatherHalves16(i, end, base, from, to);
  } else if (width == 32) gather32(i, end, base, from, to);
  else gather16(i, end, base, from, to);
}

/**
 * Convolves packed spikes and settles the sums. The weights lie in panels `[K][width]`, K = (ky, kx, c), the panel of
 * column n at n·K. One kernel row's (or one block of channels') weights stay in the cache while the positions pass
 * over them; where all do, there is one list a position. Task: a group of pixels with all their steps × a group of
 * columns.
 */
export function convolveSpikes(args: usize, task: i32): void {
  const steps = stepsOf(args);
  const pixels = pixelsOf(args);
  const columns = padded(channelsOf(args));
  const bits = pointer(args, 16);
  const weights = pointer(args, 17);
  const bias = pointer(args, 18);
  const halves = int(args, 19) != 0;
  const images = int(args, 20);
  const height = int(args, 21);
  const width = int(args, 22);
  const inChannels = int(args, 23);
  const planes = int(args, 24);
  const kernel = int(args, 25);
  const stride = int(args, 26);
  const padding = int(args, 27);
  const outHeight = int(args, 28);
  const outWidth = int(args, 29);
  const merged = int(args, 30) != 0;
  const blocks = int(args, 31);
  const blockWords = int(args, 32);
  const columnGroup = int(args, 33);
  const mostSpikes = int(args, 34);
  const words = (inChannels + 31) >> 5;
  const pixelWords = planes * words;
  const group = groupOf(args);
  const tiles = (pixels + group - 1) / group;
  const share = task / tiles;
  const first = (task - share * tiles) * group;
  const count = min(group, pixels - first);
  const n0 = share * columnGroup;
  const n1 = min(columns, n0 + columnGroup);
  const passes = merged ? 1 : kernel * blocks;
  const narrow = planes == 1 && kernel * inChannels <= 32;
  const k = kernel * kernel * inChannels;
  const table = bitTable();
  const states = openStates(args, first, count, stateScratch(), n0, n1);
  const entries = packed() + STATE_BYTES;
  const sums = entries + ENTRY_BYTES;
  const currents = sums + SUM_BYTES;
  const lists = currents + CURRENT_BYTES;
  const most = ((<usize>mostSpikes) << 1) + 16;
  const full = packed() + PACKED_BYTES - most;
  const positions = count * steps;
  const elementShift = halves ? 1 : 2;
  for (let start = 0; start < positions;) {
    let to = lists;
    let filled = 0;
    for (; filled < POSITIONS && start + filled < positions && to <= full; filled++) {
      const position = start + filled;
      const p = position / steps;
      const t = position - p * steps;
      const pixel = first + p;
      const line = pixel / outWidth;
      const image = line / outHeight;
      const x0 = (pixel - line * outWidth) * stride - padding;
      const y0 = (line - image * outHeight) * stride - padding;
      const kx0 = max(0, -x0);
      const kx1 = min(kernel, width - x0);
      const frame = (t * images + image) * height;
      for (let pass = 0; pass < passes; pass++) {
        const entry = entries + ((<usize>(pass * POSITIONS + filled)) << 3);
        store<usize>(entry, to);
        const ky = merged ? 0 : pass / blocks;
        const block = pass - ky * blocks;
        const from = merged ? 0 : block * blockWords;
        const until = merged ? words : min(words, from + blockWords);
        const ky1 = merged ? kernel : ky + 1;
        for (let row = ky; row < ky1; row++) {
          if (y0 + row < 0 || y0 + row >= height) continue;
          const base = merged ? row * kernel * inChannels : 0;
          let cell = at(bits, ((frame + y0 + row) * width + x0 + kx0) * pixelWords);
          if (narrow) {
            // All channels of the row's pixels fit into one word.
            let word: u32 = 0;
            for (let kx = kx0; kx < kx1; kx++) {
              word |= load<u32>(cell) << (kx * inChannels);
              cell += 4;
            }
            to = listWord(to, word, base, table);
            continue;
          }
          for (let kx = kx0; kx < kx1; kx++) {
            to = listPixel(to, cell, planes, words, from, until, base + kx * inChannels, table);
            cell = at(cell, pixelWords);
          }
        }
        store<usize>(entry, to, 4);
      }
    }
    for (let n = n0; n < n1;) {
      const panel = panelWidth(n, columns, halves);
      const sumBytes = (<usize>panel) << elementShift;
      for (let pass = 0; pass < passes; pass++) {
        const ky = merged ? 0 : pass / blocks;
        const base = weights + ((<usize>(n * k + ky * kernel * inChannels * panel)) << elementShift);
        let sum = sums;
        let entry = entries + ((<usize>(pass * POSITIONS)) << 3);
        for (let i = 0; i < filled; i++) {
          const from = pass == 0 ? bias + ((<usize>n) << elementShift) : sum;
          gatherRow(halves, panel, load<usize>(entry), load<usize>(entry, 4), base, from, sum);
          sum += sumBytes;
          entry += 8;
        }
      }
      for (let j = 0; j < panel; j += 16) {
        const chunk = sums + ((<usize>j) << elementShift);
        if (halves) scaleSums(args, currents, chunk, sumBytes, filled, n + j, true);
        const from = halves ? currents : chunk;
        const step: usize = halves ? 64 : sumBytes;
        for (let i = 0; i < filled;) {
          const p = (start + i) / steps;
          const t = start + i - p * steps;
          const run = min(steps - t, filled - i);
          const row = at(states, p * columns);
          settle(args, from + <usize>i * step, step, first + p, t, t + run, n + j, row);
          i += run;
        }
      }
      n += panel;
    }
    start += filled;
  }
}

/** Packs spike counts `[rows, C]`, one plane for each bit of a count. Task: `group` rows. */
export function packSpikes(args: usize, task: i32): void {
  const bits = pointer(args, 0);
  const x = pointer(args, 1);
  const rows = int(args, 2);
  const channels = int(args, 3);
  const planes = int(args, 4);
  const group = int(args, 5);
  const words = (channels + 31) >> 5;
  const last = min(rows, (task + 1) * group);
  for (let row = task * group; row < last; row++) {
    const from = at(x, row * channels);
    for (let plane = 0; plane < planes; plane++) {
      const to = at(bits, (row * planes + plane) * words);
      for (let w = 0; w < words; w++) {
        const count = min(32, channels - (w << 5));
        let word: u32 = 0;
        for (let c = 0; c < count; c++) {
          const n = <u32>load<f32>(at(from, (w << 5) + c));
          word |= ((n >> plane) & 1) << c;
        }
        store<u32>(at(to, w), word);
      }
    }
  }
}

/** The inverse of {@link packSpikes}. Task: `group` rows. */
export function unpackSpikes(args: usize, task: i32): void {
  const x = pointer(args, 0);
  const bits = pointer(args, 1);
  const rows = int(args, 2);
  const channels = int(args, 3);
  const planes = int(args, 4);
  const group = int(args, 5);
  const words = (channels + 31) >> 5;
  const last = min(rows, (task + 1) * group);
  const masks = i32x4(1, 2, 4, 8);
  for (let row = task * group; row < last; row++) {
    const to = at(x, row * channels);
    for (let c = 0; c < channels; c += 4) {
      let sum = f32x4.splat(0);
      for (let plane = 0; plane < planes; plane++) {
        const word = load<u32>(at(bits, (row * planes + plane) * words + (c >> 5)));
        const set = i32x4.ne(v128.and(i32x4.splat(word >> (c & 31)), masks), i32x4.splat(0));
        sum = f32x4.add(sum, v128.and(set, f32x4.splat(<f32>(1 << plane))));
      }
      if (c + 4 <= channels) v128.store(at(to, c), sum);
      else for (let i = 0; c + i < channels; i++) store<f32>(at(to, c + i), pick(sum, i));
    }
  }
}

function pick(x: v128, lane: i32): f32 {
  if (lane == 0) return f32x4.extract_lane(x, 0);
  return lane == 1 ? f32x4.extract_lane(x, 1) : f32x4.extract_lane(x, 2);
}

/** counts[task] = the spike counts of `group` rows of packed spikes, added up. */
export function countPacked(args: usize, task: i32): void {
  const counts = pointer(args, 0);
  const bits = pointer(args, 1);
  const rows = int(args, 2);
  const words = int(args, 3);
  const planes = int(args, 4);
  const group = int(args, 5);
  const last = min(rows, (task + 1) * group);
  let count = 0;
  for (let row = task * group; row < last; row++) {
    for (let plane = 0; plane < planes; plane++) {
      const from = at(bits, (row * planes + plane) * words);
      for (let w = 0; w < words; w++) count += popcnt(load<u32>(at(from, w))) << plane;
    }
  }
  store<u32>(at(counts, task), count);
}
