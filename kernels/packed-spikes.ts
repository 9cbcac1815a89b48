// Kernels of compiled plans that are fed by packed spikes: [T, pixels, planes, words of 32 channels]. Bit p of a spike
// count stands in plane p. A convolution lists what fired under the kernel, pixel by pixel, adds the weights of those,
// and settles the sums where they are: nothing but packed spikes and wanted membranes reaches memory.
import { at, int, pointer } from "./memory";
import { bitTable, packed, PACKED_BYTES } from "./scratch";
import {
  channelsOf,
  openState,
  padded,
  scaleSums,
  settle,
  STATE_BYTES,
  stateRow,
  stateScratch,
  stepsOf,
} from "./settle";
import { gather128, gather32, gather64 } from "./spikes";

/** Pairs of a pixel and a step whose sums are in work at a time. */
const POSITIONS = 128;
/** Bytes of starts and ends of lists of pixels, and as many of runs. */
const ENTRY_BYTES = 64 << 10;
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
    if (width == 64) gather128<i16>(i, end, base, from, to);
    else if (width == 32) gather64<i16>(i, end, base, from, to);
    else gather32<i16>(i, end, base, from, to);
  } else if (width == 32) gather128<f32>(i, end, base, from, to);
  else gather64<f32>(i, end, base, from, to);
}

/** Writes the start and end of a list. */
function storeEntry(entry: usize, start: usize, end: usize): void {
  store<usize>(entry, start);
  store<usize>(entry, end, 4);
}

/** Appends the list of an entry, `shift` added to each place; up to 14 bytes past the end are overwritten. */
function appendList(to: usize, entry: usize, shift: i32): usize {
  const from = load<usize>(entry);
  const bytes = load<usize>(entry, 4) - from;
  const shifts = i16x8.splat(<i16>shift);
  for (let i: usize = 0; i < bytes; i += 16) v128.store(to + i, i16x8.add(v128.load(from + i), shifts));
  return to + bytes;
}

/**
 * Convolves packed spikes and settles the sums. The weights lie in panels `[K][width]`, K = (ky, kx, c), the panel of
 * column n at n·K. A task is a block of output pixels with all its steps, and a group of columns. Step by step, every
 * pixel under the block is listed once; the lists of a row of the kernel are joined to a run for each output column,
 * which serves all rows of the block; then the positions (pixels × steps) pass over the weights of one kernel row (or
 * a block of its channels), which stay in the cache. Where the weights of all rows do, their runs are joined, too.
 */
export function convolveSpikes(args: usize, task: i32): void {
  const steps = stepsOf(args);
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
  const tileHeight = int(args, 34);
  const tileWidth = int(args, 35);
  const stepGroup = int(args, 36);
  const mostBytes = <usize>int(args, 37);

  const tilesDown = (outHeight + tileHeight - 1) / tileHeight;
  const tilesAcross = (outWidth + tileWidth - 1) / tileWidth;
  const tiles = images * tilesDown * tilesAcross;
  const share = task / tiles;
  const tile = task - share * tiles;
  const image = tile / (tilesDown * tilesAcross);
  const inImage = tile - image * tilesDown * tilesAcross;
  const tileRow = inImage / tilesAcross;
  const outY = tileRow * tileHeight;
  const outX = (inImage - tileRow * tilesAcross) * tileWidth;
  const h = min(tileHeight, outHeight - outY);
  const w = min(tileWidth, outWidth - outX);
  const count = h * w;
  const rows = (h - 1) * stride + kernel;
  const across = (w - 1) * stride + kernel;
  const y0 = outY * stride - padding;
  const x0 = outX * stride - padding;
  const n0 = share * columnGroup;
  const n1 = min(columns, n0 + columnGroup);

  const words = (inChannels + 31) >> 5;
  const pixelWords = planes * words;
  const rowRows = kernel * inChannels;
  const narrow = planes == 1 && kernel > 1 && rowRows <= 32;
  const single = kernel == 1;
  const passes = merged ? 1 : kernel * blocks;
  const table = bitTable();
  const states = stateScratch();
  const pixelEntries = packed() + STATE_BYTES;
  const runEntries = pixelEntries + ENTRY_BYTES;
  const joinedEntries = runEntries + ENTRY_BYTES;
  const sums = joinedEntries + POSITIONS * 8;
  const currents = sums + SUM_BYTES;
  const lists = currents + CURRENT_BYTES;
  const end = packed() + PACKED_BYTES;
  const elementShift = halves ? 1 : 2;
  const pixel0 = (image * outHeight + outY) * outWidth + outX;
  for (let p = 0; p < count; p++) {
    const y = p / w;
    openState(args, pixel0 + y * outWidth + p - y * w, states, p, n0, n1);
  }

  for (let start = 0; start < steps;) {
    let to = lists;
    let filled = 0;
    for (; filled < stepGroup && start + filled < steps && (filled == 0 || to + mostBytes <= end); filled++) {
      const frame = ((start + filled) * images + image) * height;
      for (let r = 0; r < rows; r++) {
        const y = y0 + r;
        const present = y >= 0 && y < height;
        const line = at(bits, (frame + y) * width * pixelWords);
        const pixels = pixelEntries + ((<usize>((filled * rows + r) * across * blocks)) << 3);
        const runs = runEntries + ((<usize>((filled * rows + r) * w * blocks)) << 3);
        if (narrow) {
          for (let x = 0; x < w; x++) {
            const from = to;
            const first = x0 + x * stride;
            const kx1 = min(kernel, width - first);
            // All channels of the row's pixels fit into one word.
            let word: u32 = 0;
            for (let kx = max(0, -first); present && kx < kx1; kx++) {
              word |= load<u32>(at(line, first + kx)) << (kx * inChannels);
            }
            to = listWord(to, word, 0, table);
            storeEntry(runs + ((<usize>x) << 3), from, to);
          }
          continue;
        }
        for (let c = 0; c < across; c++) {
          const x = x0 + c;
          const cell = at(line, x * pixelWords);
          for (let b = 0; b < blocks; b++) {
            const from = to;
            const first = b * blockWords;
            if (present && x >= 0 && x < width) {
              to = listPixel(to, cell, planes, words, first, min(words, first + blockWords), 0, table);
            }
            storeEntry(pixels + ((<usize>(c * blocks + b)) << 3), from, to);
          }
        }
        if (single) continue;
        for (let x = 0; x < w; x++) {
          for (let b = 0; b < blocks; b++) {
            const from = to;
            let entry = pixels + ((<usize>(x * stride * blocks + b)) << 3);
            for (let kx = 0; kx < kernel; kx++) {
              to = appendList(to, entry, kx * inChannels);
              entry += (<usize>blocks) << 3;
            }
            storeEntry(runs + ((<usize>(x * blocks + b)) << 3), from, to);
          }
        }
      }
      if (!merged || single) continue;
      for (let p = 0; p < count; p++) {
        const from = to;
        const y = p / w;
        for (let ky = 0; ky < kernel; ky++) {
          const run = (filled * rows + y * stride + ky) * w + p - y * w;
          to = appendList(to, runEntries + ((<usize>run) << 3), ky * rowRows);
        }
        storeEntry(joinedEntries + ((<usize>(p * stepGroup + filled)) << 3), from, to);
      }
    }

    for (let n = n0; n < n1;) {
      const panel = panelWidth(n, columns, halves);
      const sumBytes = (<usize>panel) << elementShift;
      for (let pass = 0; pass < passes; pass++) {
        const ky = pass / blocks;
        const block = pass - ky * blocks;
        const base = weights + ((<usize>(n * kernel * rowRows + ky * rowRows * panel)) << elementShift);
        for (let p = 0; p < count; p++) {
          const y = p / w;
          const x = p - y * w;
          let entry: usize;
          let next: usize;
          if (single) {
            entry = pixelEntries + ((<usize>((y * stride * across + x * stride) * blocks + block)) << 3);
            next = (<usize>(rows * across * blocks)) << 3;
          } else if (merged) {
            entry = joinedEntries + ((<usize>(p * stepGroup)) << 3);
            next = 8;
          } else {
            entry = runEntries + ((<usize>(((y * stride + ky) * w + x) * blocks + block)) << 3);
            next = (<usize>(rows * w * blocks)) << 3;
          }
          let sum = sums + <usize>(p * stepGroup) * sumBytes;
          for (let i = 0; i < filled; i++) {
            const from = pass == 0 ? bias + ((<usize>n) << elementShift) : sum;
            gatherRow(halves, panel, load<usize>(entry), load<usize>(entry, 4), base, from, sum);
            sum += sumBytes;
            entry += next;
          }
        }
      }
      for (let j = 0; j < panel; j += 16) {
        const chunk = sums + ((<usize>j) << elementShift);
        if (halves) scaleSums(args, currents, chunk, sumBytes, count * stepGroup, n + j, true);
        const from = halves ? currents : chunk;
        const step: usize = halves ? 64 : sumBytes;
        for (let p = 0; p < count; p++) {
          const y = p / w;
          const sum = from + <usize>(p * stepGroup) * step;
          const pixel = pixel0 + y * outWidth + p - y * w;
          settle(args, sum, step, pixel, start, start + filled, n + j, stateRow(args, pixel, states, p));
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
