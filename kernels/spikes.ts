// Event-driven kernels. A spike matrix is kept as lists of the columns that fired, row by row; a convolution adds the
// weights of those and touches nothing else. Channels go in panels of 32 (then 16, 8, 4 for what remains), because
// the sums of 32 channels fill eight registers.
import { at, int, pointer } from "./memory";
import { bitTable, packed, tables } from "./scratch";

/** Pixels of a tile of {@link gather}. */
const TILE = 128;
/** Rows of weights that stay in the first cache together: 40 KiB of panels of 32. */
const MERGED = 320;

/** Bits of the 16 numbers at an address that are not 0. */
function spikeMask(from: usize): i32 {
  const zero = f32x4.splat(0);
  const m0 = f32x4.ne(v128.load(from), zero);
  const m1 = f32x4.ne(v128.load(from, 16), zero);
  const m2 = f32x4.ne(v128.load(from, 32), zero);
  const m3 = f32x4.ne(v128.load(from, 48), zero);
  return i8x16.bitmask(i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(m0, m1), i16x8.narrow_i32x4_s(m2, m3)));
}

/** The mask of up to 16 numbers, of which `count` are in the row. */
function maskOf(from: usize, count: i32): i32 {
  const mask = spikeMask(from);
  return count < 16 ? mask & ((1 << count) - 1) : mask;
}

/** counts[task] = number of spikes in `group` rows of x `[rows, columns]`. Reads up to 60 bytes past a row. */
export function countSpikes(args: usize, task: i32): void {
  const counts = pointer(args, 0);
  const x = pointer(args, 1);
  const rows = int(args, 2);
  const columns = int(args, 3);
  const group = int(args, 4);
  const last = min(rows, (task + 1) * group);
  let count = 0;
  for (let row = task * group; row < last; row++) {
    const from = at(x, row * columns);
    for (let c = 0; c < columns; c += 16) count += popcnt(maskOf(at(from, c), columns - c));
  }
  store<u32>(at(counts, task), count);
}

/**
 * Writes offsets and indices of `group` rows, the spikes of which are numbers starts[task] to starts[task + 1] − 1.
 * Eight columns at a time without a branch: a table turns their mask into positions, of which only the valid ones are
 * not overwritten by the next.
 */
export function listSpikes(args: usize, task: i32): void {
  const starts = pointer(args, 0);
  const x = pointer(args, 1);
  const rows = int(args, 2);
  const columns = int(args, 3);
  const group = int(args, 4);
  const offsets = pointer(args, 5);
  const indices = pointer(args, 6);
  const last = min(rows, (task + 1) * group);
  const bits = bitTable();
  let to = indices + ((<usize>load<u32>(at(starts, task))) << 1);
  // The spikes after this task's belong to others: the last few are written one by one.
  const safe = indices + ((<usize>load<u32>(at(starts, task + 1))) << 1) - 32;
  for (let row = task * group; row < last; row++) {
    store<u32>(at(offsets, row), <u32>((to - indices) >> 1));
    const from = at(x, row * columns);
    for (let c = 0; c < columns; c += 16) {
      let mask = maskOf(at(from, c), columns - c);
      if (to <= safe) {
        const first = mask & 255;
        const second = mask >> 8;
        const place = i16x8.splat(<i16>c);
        v128.store(to, i16x8.add(place, v128.load(bits + ((<usize>first) << 4))));
        to += (<usize>popcnt(first)) << 1;
        v128.store(to, i16x8.add(i16x8.add(place, i16x8.splat(8)), v128.load(bits + ((<usize>second) << 4))));
        to += (<usize>popcnt(second)) << 1;
        continue;
      }
      while (mask != 0) {
        store<u16>(to, <u16>(c + ctz(mask)));
        to += 2;
        mask &= mask - 1;
      }
    }
  }
}

/**
 * For each input row y and output column ox, the list of the k pixels that a kernel row covers there, with kx·C added
 * to the indices of pixel kx. Row y has outWidth + 1 offsets and room for k times its spikes. Task: `group` rows.
 */
export function listRuns(args: usize, task: i32): void {
  const runOffsets = pointer(args, 0);
  const runs = pointer(args, 1);
  const offsets = pointer(args, 2);
  const indices = pointer(args, 3);
  const rows = int(args, 4);
  const width = int(args, 5);
  const channels = int(args, 6);
  const kernel = int(args, 7);
  const stride = int(args, 8);
  const padding = int(args, 9);
  const outWidth = int(args, 10);
  const group = int(args, 11);
  const last = min(rows, (task + 1) * group);
  for (let row = task * group; row < last; row++) {
    const pixels = at(offsets, row * width);
    let to = runs + ((<usize>load<u32>(pixels) * kernel) << 1);
    let cell = at(runOffsets, row * (outWidth + 1));
    for (let ox = 0; ox < outWidth; ox++) {
      store<u32>(cell, <u32>((to - runs) >> 1));
      cell += 4;
      const x0 = ox * stride - padding;
      const first = max(0, -x0);
      const end = min(kernel, width - x0);
      for (let kx = first; kx < end; kx++) {
        const pixel = at(pixels, x0 + kx);
        let i = indices + ((<usize>load<u32>(pixel)) << 1);
        const e = indices + ((<usize>load<u32>(pixel, 4)) << 1);
        const shift = <u16>(kx * channels);
        const shifts = i16x8.splat(<i16>shift);
        for (; i + 16 <= e; i += 16) {
          v128.store(to, i16x8.add(v128.load(i), shifts));
          to += 16;
        }
        for (; i < e; i += 2) {
          store<u16>(to, load<u16>(i) + shift);
          to += 2;
        }
      }
    }
    store<u32>(cell, <u32>((to - runs) >> 1));
  }
}

/** Width of the panel that starts at column n of N (a multiple of 4). */
function panelWidth(n: i32, columns: i32): i32 {
  const left = columns - n;
  if (left >= 32) return 32;
  if (left >= 16) return 16;
  return left >= 8 ? 8 : 4;
}

/**
 * Packs weights `[N, C, k, k]` into panels `[K][width]` with K = (ky, kx, c); the panel of column n starts at n·K.
 * Columns past N are 0. Task: `group` columns, a multiple of 32.
 */
export function packPanels(args: usize, task: i32): void {
  const target = pointer(args, 0);
  const w = pointer(args, 1);
  const columns = int(args, 2);
  const channels = int(args, 3);
  const taps = int(args, 4);
  const group = int(args, 5);
  const k = channels * taps;
  const whole = (columns + 3) & -4;
  const last = min(whole, (task + 1) * group);
  for (let n = task * group; n < last;) {
    const width = panelWidth(n, whole);
    const panel = at(target, n * k);
    for (let j = 0; j < width; j++) {
      const present = n + j < columns;
      const from = at(w, (n + j) * k);
      for (let c = 0; c < channels; c++) {
        for (let tap = 0; tap < taps; tap++) {
          const value: f32 = present ? load<f32>(at(from, c * taps + tap)) : 0;
          store<f32>(at(panel, (tap * channels + c) * width + j), value);
        }
      }
    }
    n += width;
  }
}

/** to = from + Σ over the list of rows of 128 bytes, numbers of type T. */
export function gather128<T>(i: usize, end: usize, base: usize, from: usize, to: usize): void {
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
    a0 = v128.add<T>(a0, v128.load(w));
    a1 = v128.add<T>(a1, v128.load(w, 16));
    a2 = v128.add<T>(a2, v128.load(w, 32));
    a3 = v128.add<T>(a3, v128.load(w, 48));
    a4 = v128.add<T>(a4, v128.load(w, 64));
    a5 = v128.add<T>(a5, v128.load(w, 80));
    a6 = v128.add<T>(a6, v128.load(w, 96));
    a7 = v128.add<T>(a7, v128.load(w, 112));
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

/** {@link gather128} of rows of 64 bytes. */
export function gather64<T>(i: usize, end: usize, base: usize, from: usize, to: usize): void {
  let a0 = v128.load(from);
  let a1 = v128.load(from, 16);
  let a2 = v128.load(from, 32);
  let a3 = v128.load(from, 48);
  for (; i < end; i += 2) {
    const w = base + ((<usize>load<u16>(i)) << 6);
    a0 = v128.add<T>(a0, v128.load(w));
    a1 = v128.add<T>(a1, v128.load(w, 16));
    a2 = v128.add<T>(a2, v128.load(w, 32));
    a3 = v128.add<T>(a3, v128.load(w, 48));
  }
  v128.store(to, a0);
  v128.store(to, a1, 16);
  v128.store(to, a2, 32);
  v128.store(to, a3, 48);
}

/** {@link gather128} of rows of 32 bytes. */
export function gather32<T>(i: usize, end: usize, base: usize, from: usize, to: usize): void {
  let a0 = v128.load(from);
  let a1 = v128.load(from, 16);
  for (; i < end; i += 2) {
    const w = base + ((<usize>load<u16>(i)) << 5);
    a0 = v128.add<T>(a0, v128.load(w));
    a1 = v128.add<T>(a1, v128.load(w, 16));
  }
  v128.store(to, a0);
  v128.store(to, a1, 16);
}

function gather4(i: usize, end: usize, base: usize, from: usize, to: usize): void {
  let a0 = v128.load(from);
  for (; i < end; i += 2) a0 = f32x4.add(a0, v128.load(base + ((<usize>load<u16>(i)) << 4)));
  v128.store(to, a0);
}

function gatherRow(width: i32, i: usize, end: usize, base: usize, from: usize, to: usize): void {
  if (width == 32) gather128<f32>(i, end, base, from, to);
  else if (width == 16) gather64<f32>(i, end, base, from, to);
  else if (width == 8) gather32<f32>(i, end, base, from, to);
  else gather4(i, end, base, from, to);
}

/** Joins the lists of all kernel rows of each pixel of a tile, at `to`; the joined ones replace those of row 0. */
function mergeLists(lists: usize, to: usize, count: i32, kernel: i32, rowWeights: i32): void {
  for (let p = 0; p < count; p++) {
    const start = to;
    for (let ky = 0; ky < kernel; ky++) {
      const entry = lists + ((<usize>(ky * TILE + p)) << 3);
      const shift = i16x8.splat(<i16>(ky * rowWeights));
      const from = load<usize>(entry);
      const bytes = load<usize>(entry, 4) - from;
      // Whole vectors: what is written past the end is overwritten by the next list.
      for (let i: usize = 0; i < bytes; i += 16) v128.store(to + i, i16x8.add(v128.load(from + i), shift));
      to += bytes;
    }
    const joined = lists + ((<usize>p) << 3);
    store<usize>(joined, start);
    store<usize>(joined, to, 4);
  }
}

/**
 * out[p, n] = bias[n] + Σ over the runs of output pixel p, kernel row by kernel row, of the packed weights. One kernel
 * row's weights stay in the cache while a tile of 128 pixels passes over them; if all rows' do, their lists are joined.
 * `bias` has ⌈N/4⌉·4 entries. Task: one tile.
 */
export function gather(args: usize, task: i32): void {
  const out = pointer(args, 0);
  const runOffsets = pointer(args, 1);
  const runs = pointer(args, 2);
  const w = pointer(args, 3);
  const bias = pointer(args, 4);
  const pixels = int(args, 5);
  const columns = int(args, 6);
  const channels = int(args, 7);
  const kernel = int(args, 8);
  const stride = int(args, 9);
  const padding = int(args, 10);
  const height = int(args, 11);
  const outHeight = int(args, 12);
  const outWidth = int(args, 13);
  const cells = int(args, 14);
  const first = task * TILE;
  const count = min(TILE, pixels - first);
  const lists = tables();
  for (let p = 0; p < count; p++) {
    const pixel = first + p;
    const row = pixel / outWidth;
    const image = row / outHeight;
    const y = (row - image * outHeight) * stride - padding;
    for (let ky = 0; ky < kernel; ky++) {
      const entry = lists + ((<usize>(ky * TILE + p)) << 3);
      const present = y + ky >= 0 && y + ky < height;
      const cell = at(runOffsets, (image * height + y + ky) * cells + (pixel - row * outWidth));
      store<usize>(entry, present ? runs + ((<usize>load<u32>(cell)) << 1) : 0);
      store<usize>(entry, present ? runs + ((<usize>load<u32>(cell, 4)) << 1) : 0, 4);
    }
  }
  const rowWeights = kernel * channels;
  const whole = (columns + 3) & -4;
  const sums = packed();
  const merged = kernel > 1 && kernel * rowWeights <= MERGED;
  const passes = merged ? 1 : kernel;
  if (merged) mergeLists(lists, at(sums, TILE * 32), count, kernel, rowWeights);
  for (let n = 0; n < whole;) {
    const width = panelWidth(n, whole);
    const direct = n + width <= columns;
    for (let ky = 0; ky < passes; ky++) {
      const base = at(w, n * kernel * rowWeights + ky * rowWeights * width);
      const final = ky == passes - 1 && direct;
      for (let p = 0; p < count; p++) {
        const entry = lists + ((<usize>(ky * TILE + p)) << 3);
        const sum = at(sums, p * width);
        const from = ky == 0 ? at(bias, n) : sum;
        const to = final ? at(out, (first + p) * columns + n) : sum;
        gatherRow(width, load<usize>(entry), load<usize>(entry, 4), base, from, to);
      }
    }
    if (!direct) {
      for (let p = 0; p < count; p++) {
        for (let j = 0; n + j < columns; j++) {
          store<f32>(at(out, (first + p) * columns + n + j), load<f32>(at(sums, p * width + j)));
        }
      }
    }
    n += width;
  }
}

/**
 * Turns the lists of one block of pixels round: for each (ry, rx, c), the places q = (i·Hd + qy)·Wd + qx of the
 * pixels of the block where channel c fired, with y + padding = s·qy + ry. Block b has s²·C + 1 offsets, and its
 * places start where its spikes do. Task: one block of `images` images.
 */
export function transposeLists(args: usize, task: i32): void {
  const placeOffsets = pointer(args, 0);
  const places = pointer(args, 1);
  const offsets = pointer(args, 2);
  const indices = pointer(args, 3);
  const rows = int(args, 4);
  const images = int(args, 5);
  const height = int(args, 6);
  const width = int(args, 7);
  const channels = int(args, 8);
  const stride = int(args, 9);
  const padding = int(args, 10);
  const placeHeight = int(args, 11);
  const placeWidth = int(args, 12);
  const keys = stride * stride * channels;
  const cursors = packed();
  const first = task * images * height * width;
  const end = min(rows, first + images * height * width);
  const starts = at(placeOffsets, task * (keys + 1));
  memory.fill(cursors, 0, keys << 2);
  for (let pass = 0; pass < 2; pass++) {
    let x = 0;
    let y = 0;
    let image = 0;
    let i = indices + ((<usize>load<u32>(at(offsets, first))) << 1);
    for (let row = first; row < end; row++) {
      const e = indices + ((<usize>load<u32>(at(offsets, row + 1))) << 1);
      const qy = (y + padding) / stride;
      const qx = (x + padding) / stride;
      const phase = (y + padding - qy * stride) * stride + (x + padding - qx * stride);
      const place = <u16>((image * placeHeight + qy) * placeWidth + qx);
      const cursor = at(cursors, phase * channels);
      for (; i < e; i += 2) {
        const cell = at(cursor, <i32>load<u16>(i));
        const next = load<u32>(cell);
        if (pass == 1) store<u16>(places + ((<usize>next) << 1), place);
        store<u32>(cell, next + 1);
      }
      if (++x == width) {
        x = 0;
        if (++y == height) {
          y = 0;
          image++;
        }
      }
    }
    if (pass == 1) break;
    let next = load<u32>(at(offsets, first));
    for (let key = 0; key < keys; key++) {
      const cell = at(cursors, key);
      const count = load<u32>(cell);
      store<u32>(at(starts, key), next);
      store<u32>(cell, next);
      next += count;
    }
    store<u32>(at(starts, keys), next);
  }
}

/**
 * Lays dy `[P, N]` out for {@link gatherWeightGrad}: block by block, panel by panel, `[places][width]`, with output
 * pixel (oy, ox) of an image at place (oy + J, ox + J) and 0 elsewhere. Task: one block of `images` images.
 */
export function spreadPanels(args: usize, task: i32): void {
  const target = pointer(args, 0);
  const dy = pointer(args, 1);
  const pixels = int(args, 2);
  const columns = int(args, 3);
  const images = int(args, 4);
  const outHeight = int(args, 5);
  const outWidth = int(args, 6);
  const border = int(args, 7);
  const placeHeight = int(args, 8);
  const placeWidth = int(args, 9);
  const positions = images * placeHeight * placeWidth;
  const whole = (columns + 3) & -4;
  const block = at(target, task * positions * whole);
  memory.fill(block, 0, (positions * whole) << 2);
  const first = task * images * outHeight * outWidth;
  const end = min(pixels, first + images * outHeight * outWidth);
  let x = 0;
  let y = 0;
  let image = 0;
  for (let pixel = first; pixel < end; pixel++) {
    const place = (image * placeHeight + y + border) * placeWidth + x + border;
    const from = at(dy, pixel * columns);
    for (let n = 0; n < whole;) {
      const width = panelWidth(n, whole);
      const to = at(block, n * positions + place * width);
      if (n + width <= columns) {
        for (let j = 0; j < width; j += 4) v128.store(at(to, j), v128.load(at(from, n + j)));
      } else {
        for (let j = 0; n + j < columns; j++) store<f32>(at(to, j), load<f32>(at(from, n + j)));
      }
      n += width;
    }
    if (++x == outWidth) {
      x = 0;
      if (++y == outHeight) {
        y = 0;
        image++;
      }
    }
  }
}

/**
 * dw[n, c, ky, kx] = Σ over blocks, in order, of the dy rows at the places of channel c, shifted by the tap. Task: one
 * panel and `group` channels.
 */
export function gatherWeightGrad(args: usize, task: i32): void {
  const dw = pointer(args, 0);
  const spread = pointer(args, 1);
  const placeOffsets = pointer(args, 2);
  const places = pointer(args, 3);
  const blocks = int(args, 4);
  const positions = int(args, 5);
  const placeWidth = int(args, 6);
  const columns = int(args, 7);
  const channels = int(args, 8);
  const kernel = int(args, 9);
  const stride = int(args, 10);
  const border = int(args, 11);
  const group = int(args, 12);
  const whole = (columns + 3) & -4;
  const groups = (channels + group - 1) / group;
  const panel = task / groups;
  const c0 = (task - panel * groups) * group;
  const c1 = min(channels, c0 + group);
  let n = 0;
  for (let i = 0; i < panel; i++) n += panelWidth(n, whole);
  const width = panelWidth(n, whole);
  const taps = kernel * kernel;
  const keys = stride * stride * channels;
  const sums = packed();
  memory.fill(sums, 0, ((c1 - c0) * taps * width) << 2);
  for (let block = 0; block < blocks; block++) {
    const rows = at(spread, block * positions * whole + n * positions);
    const starts = at(placeOffsets, block * (keys + 1));
    for (let ky = 0; ky < kernel; ky++) {
      for (let kx = 0; kx < kernel; kx++) {
        const jy = ky / stride;
        const jx = kx / stride;
        const phase = (ky - jy * stride) * stride + kx - jx * stride;
        const base = at(rows, ((border - jy) * placeWidth + border - jx) * width);
        const cells = at(starts, phase * channels);
        let sum = at(sums, (ky * kernel + kx) * (c1 - c0) * width);
        for (let c = c0; c < c1; c++) {
          const i = places + ((<usize>load<u32>(at(cells, c))) << 1);
          const end = places + ((<usize>load<u32>(at(cells, c + 1))) << 1);
          gatherRow(width, i, end, base, sum, sum);
          sum = at(sum, width);
        }
      }
    }
  }
  const valid = min(width, columns - n);
  for (let j = 0; j < valid; j++) {
    let to = at(dw, ((n + j) * channels + c0) * taps);
    for (let c = 0; c < c1 - c0; c++) {
      for (let tap = 0; tap < taps; tap++) {
        store<f32>(to, load<f32>(at(sums, (tap * (c1 - c0) + c) * width + j)));
        to += 4;
      }
    }
  }
}
