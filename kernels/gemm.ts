// Products of matrices, in two forms that share their 6×8 register tiles: row products (linear layers,
// convolutions, their input gradients) and column products (weight gradients). Convolutions are the same loops with
// other address tables: nothing is ever expanded into columns.
import { at, int, madd, pointer } from "./memory";
import { packed, PACKED_BYTES, tables } from "./scratch";

const TILE_ROWS = 96;
/** Rows of K that a column product packs at a time. */
const BLOCK = 256;

/**
 * Packs the right operand into panels of 8 columns, `[batch][⌈n/8⌉][K][8]`, columns past n being 0. Entry (q, j)
 * is at `source + offset + q0·s0 + q1·s1 + q2·s2 + j·sn` with q = (q0·count1 + q1)·count2 + q2: three strides walk
 * plain, transposed and flipped weights alike. Task: `group` panels.
 */
export function packColumns(args: usize, task: i32): void {
  const target = pointer(args, 0);
  const source = pointer(args, 1);
  const n = int(args, 2);
  const count0 = int(args, 3);
  const count1 = int(args, 4);
  const count2 = int(args, 5);
  const s0 = int(args, 6);
  const s1 = int(args, 7);
  const s2 = int(args, 8);
  const sn = int(args, 9);
  const batch = int(args, 10);
  const batchStride = int(args, 11);
  const group = int(args, 12);
  const panels = (n + 7) >> 3;
  const k = count0 * count1 * count2;
  const last = min((task + 1) * group, panels * batch);
  for (let panel = task * group; panel < last; panel++) {
    const b = panel / panels;
    const j = (panel - b * panels) << 3;
    const columns = min(8, n - j);
    let to = at(target, panel * k * 8);
    for (let q0 = 0; q0 < count0; q0++) {
      for (let q1 = 0; q1 < count1; q1++) {
        let from = at(source, b * batchStride + q0 * s0 + q1 * s1 + j * sn);
        for (let q2 = 0; q2 < count2; q2++) {
          if (columns == 8 && sn == 1) {
            v128.store(to, v128.load(from));
            v128.store(to, v128.load(from, 16), 16);
          } else {
            for (let c = 0; c < 8; c++) store<f32>(at(to, c), c < columns ? load<f32>(at(from, c * sn)) : 0);
          }
          to += 32;
          from = at(from, s2);
        }
      }
    }
  }
}

/**
 * out[r, j] (+)= bias[j] + Σ_u Σ_q x[row r, run u, q]·w[u·run + q, j].
 *
 * Row r stands at grid place (image, gy, gx); its `runs` runs of `run` numbers start `jump` apart. With one run this
 * is a plain product; with k runs of k·Ci numbers over a padded image, a convolution. `w` is packed by
 * {@link packColumns}; `bias` (0: none) has at least n entries. Strides count numbers. Task: `group` tiles of 96
 * rows.
 */
export function rowProducts(args: usize, task: i32): void {
  const out = pointer(args, 0);
  const x = pointer(args, 1);
  const w = pointer(args, 2);
  const bias = pointer(args, 3);
  const rows = int(args, 4);
  const n = int(args, 5);
  const gridHeight = int(args, 6);
  const gridWidth = int(args, 7);
  const inImage = int(args, 8);
  const inRow = int(args, 9);
  const inPixel = int(args, 10);
  const outImage = int(args, 11);
  const outRow = int(args, 12);
  const outPixel = int(args, 13);
  const runs = int(args, 14);
  const run = int(args, 15);
  const jump = int(args, 16);
  const accumulate = int(args, 17);
  const batch = int(args, 18);
  const batchIn = int(args, 19);
  const batchOut = int(args, 20);
  const group = int(args, 21);
  const k = runs * run;
  const panels = (n + 7) >> 3;
  const tiles = (rows + TILE_ROWS - 1) / TILE_ROWS;
  // Rows a multiple of 1 KiB apart fall into the same cache sets: then the strips are packed.
  const pack = ((inPixel << 2) & 1023) == 0 && n >= 32 && TILE_ROWS * k * 4 <= PACKED_BYTES;
  const ins = tables();
  const outs = ins + TILE_ROWS * 4;
  const edge = outs + TILE_ROWS * 4;
  const edgeBias = edge + 192;
  const last = min((task + 1) * group, tiles * batch);
  for (let tile = task * group; tile < last; tile++) {
    const b = tile / tiles;
    const first = (tile - b * tiles) * TILE_ROWS;
    const count = min(TILE_ROWS, rows - first);
    fillTable(ins, at(x, b * batchIn), first, count, gridHeight, gridWidth, inImage, inRow, inPixel);
    fillTable(outs, at(out, b * batchOut), first, count, gridHeight, gridWidth, outImage, outRow, outPixel);
    const strips = (count + 5) / 6;
    if (pack)
      for (let s = 0; s < strips; s++) packStrip(at(packed(), s * 6 * k), at(ins, s * 6), runs, run, jump);
    for (let panel = 0; panel < panels; panel++) {
      const j = panel << 3;
      const columns = min(8, n - j);
      const wPanel = at(w, (b * panels + panel) * k * 8);
      let biasAt: usize = 0;
      if (bias != 0) {
        biasAt = at(bias, j);
        if (columns < 8) {
          for (let c = 0; c < columns; c++) store<f32>(at(edgeBias, c), load<f32>(at(biasAt, c)));
          biasAt = edgeBias;
        }
      }
      for (let s = 0; s < strips; s++) {
        const o = at(outs, s * 6);
        const height = min(6, count - s * 6);
        const target = at(load<usize>(o), j);
        const pitch = load<usize>(o, 4) - load<usize>(o);
        const whole = height == 6 && columns == 8 && load<usize>(o, 20) - load<usize>(o) == pitch * 5;
        const to = whole ? target : edge;
        const step: usize = whole ? pitch : 32;
        const add = whole && accumulate != 0;
        if (pack) packedTile(at(packed(), s * 6 * k), 24, wPanel, 32, k, biasAt, to, step, add);
        else rowTile(at(ins, s * 6), runs, run, jump, wPanel, biasAt, to, step, add);
        if (!whole) copyEdge(o, j, edge, height, columns, accumulate != 0);
      }
    }
  }
}

/** Writes the addresses of rows `first …` into a table; a short last strip repeats its last row. */
function fillTable(
  table: usize,
  base: usize,
  first: i32,
  count: i32,
  height: i32,
  width: i32,
  image: i32,
  row: i32,
  pixel: i32,
): void {
  let gx = first % width;
  let gy = (first / width) % height;
  let gi = first / (width * height);
  let address: usize = 0;
  for (let r = 0; r < count; r++) {
    address = at(base, gi * image + gy * row + gx * pixel);
    store<usize>(at(table, r), address);
    if (++gx == width) {
      gx = 0;
      if (++gy == height) {
        gy = 0;
        gi++;
      }
    }
  }
  for (let r = count; r % 6 != 0; r++) store<usize>(at(table, r), address);
}

/** Packs a strip of 6 rows into `[k][6]`. */
function packStrip(to: usize, table: usize, runs: i32, run: i32, jump: i32): void {
  for (let u = 0; u < runs; u++) {
    let a0 = at(load<usize>(table), u * jump);
    let a1 = at(load<usize>(table, 4), u * jump);
    let a2 = at(load<usize>(table, 8), u * jump);
    let a3 = at(load<usize>(table, 12), u * jump);
    let a4 = at(load<usize>(table, 16), u * jump);
    let a5 = at(load<usize>(table, 20), u * jump);
    for (let q = 0; q < run; q++) {
      store<f32>(to, load<f32>(a0));
      store<f32>(to, load<f32>(a1), 4);
      store<f32>(to, load<f32>(a2), 8);
      store<f32>(to, load<f32>(a3), 12);
      store<f32>(to, load<f32>(a4), 16);
      store<f32>(to, load<f32>(a5), 20);
      to += 24;
      a0 += 4;
      a1 += 4;
      a2 += 4;
      a3 += 4;
      a4 += 4;
      a5 += 4;
    }
  }
}

/** Copies (or adds) the valid part of a 6×8 tile to rows that are not evenly spaced or not whole. */
function copyEdge(outs: usize, j: i32, edge: usize, height: i32, columns: i32, accumulate: bool): void {
  for (let r = 0; r < height; r++) {
    const to = at(load<usize>(at(outs, r)), j);
    const from = edge + ((<usize>r) << 5);
    for (let c = 0; c < columns; c++) {
      const value = load<f32>(at(from, c));
      store<f32>(at(to, c), accumulate ? load<f32>(at(to, c)) + value : value);
    }
  }
}

/** One 6×8 tile whose left rows are read in place through a table of addresses. */
function rowTile(
  table: usize,
  runs: i32,
  run: i32,
  jump: i32,
  w: usize,
  bias: usize,
  out: usize,
  pitch: usize,
  accumulate: bool,
): void {
  let c00 = bias != 0 ? v128.load(bias) : f32x4.splat(0);
  let c01 = bias != 0 ? v128.load(bias, 16) : f32x4.splat(0);
  let c10 = c00;
  let c11 = c01;
  let c20 = c00;
  let c21 = c01;
  let c30 = c00;
  let c31 = c01;
  let c40 = c00;
  let c41 = c01;
  let c50 = c00;
  let c51 = c01;
  for (let u = 0; u < runs; u++) {
    let a0 = at(load<usize>(table), u * jump);
    let a1 = at(load<usize>(table, 4), u * jump);
    let a2 = at(load<usize>(table, 8), u * jump);
    let a3 = at(load<usize>(table, 12), u * jump);
    let a4 = at(load<usize>(table, 16), u * jump);
    let a5 = at(load<usize>(table, 20), u * jump);
    for (let q = 0; q < run; q++) {
      const w0 = v128.load(w);
      const w1 = v128.load(w, 16);
      let x = v128.load32_splat(a0);
      c00 = madd(x, w0, c00);
      c01 = madd(x, w1, c01);
      x = v128.load32_splat(a1);
      c10 = madd(x, w0, c10);
      c11 = madd(x, w1, c11);
      x = v128.load32_splat(a2);
      c20 = madd(x, w0, c20);
      c21 = madd(x, w1, c21);
      x = v128.load32_splat(a3);
      c30 = madd(x, w0, c30);
      c31 = madd(x, w1, c31);
      x = v128.load32_splat(a4);
      c40 = madd(x, w0, c40);
      c41 = madd(x, w1, c41);
      x = v128.load32_splat(a5);
      c50 = madd(x, w0, c50);
      c51 = madd(x, w1, c51);
      w += 32;
      a0 += 4;
      a1 += 4;
      a2 += 4;
      a3 += 4;
      a4 += 4;
      a5 += 4;
    }
  }
  storeRow(out, c00, c01, accumulate);
  storeRow((out += pitch), c10, c11, accumulate);
  storeRow((out += pitch), c20, c21, accumulate);
  storeRow((out += pitch), c30, c31, accumulate);
  storeRow((out += pitch), c40, c41, accumulate);
  storeRow((out += pitch), c50, c51, accumulate);
}

/** One 6×8 tile of operands that lie `aStep` and `wStep` bytes apart from one term to the next. */
function packedTile(
  a: usize,
  aStep: usize,
  w: usize,
  wStep: usize,
  k: i32,
  bias: usize,
  out: usize,
  pitch: usize,
  accumulate: bool,
): void {
  let c00 = bias != 0 ? v128.load(bias) : f32x4.splat(0);
  let c01 = bias != 0 ? v128.load(bias, 16) : f32x4.splat(0);
  let c10 = c00;
  let c11 = c01;
  let c20 = c00;
  let c21 = c01;
  let c30 = c00;
  let c31 = c01;
  let c40 = c00;
  let c41 = c01;
  let c50 = c00;
  let c51 = c01;
  for (let q = 0; q < k; q++) {
    const w0 = v128.load(w);
    const w1 = v128.load(w, 16);
    let x = v128.load32_splat(a);
    c00 = madd(x, w0, c00);
    c01 = madd(x, w1, c01);
    x = v128.load32_splat(a, 4);
    c10 = madd(x, w0, c10);
    c11 = madd(x, w1, c11);
    x = v128.load32_splat(a, 8);
    c20 = madd(x, w0, c20);
    c21 = madd(x, w1, c21);
    x = v128.load32_splat(a, 12);
    c30 = madd(x, w0, c30);
    c31 = madd(x, w1, c31);
    x = v128.load32_splat(a, 16);
    c40 = madd(x, w0, c40);
    c41 = madd(x, w1, c41);
    x = v128.load32_splat(a, 20);
    c50 = madd(x, w0, c50);
    c51 = madd(x, w1, c51);
    w += wStep;
    a += aStep;
  }
  storeRow(out, c00, c01, accumulate);
  storeRow((out += pitch), c10, c11, accumulate);
  storeRow((out += pitch), c20, c21, accumulate);
  storeRow((out += pitch), c30, c31, accumulate);
  storeRow((out += pitch), c40, c41, accumulate);
  storeRow((out += pitch), c50, c51, accumulate);
}

function storeRow(out: usize, low: v128, high: v128, accumulate: bool): void {
  if (accumulate) {
    low = f32x4.add(low, v128.load(out));
    high = f32x4.add(high, v128.load(out, 16));
  }
  v128.store(out, low);
  v128.store(out, high, 16);
}

/**
 * part[b, chunk, i, u, q] = Σ_p a[b, p, i]·x[row p, run u, q] over the rows p of one chunk: the weight gradient, rows
 * and runs as in {@link rowProducts}. A chunk's matrix is `[m, runs, run]`. Blocks of 256 rows are packed and
 * accumulated in order. Task: one chunk and `panelGroup` panels of 8 columns of one batch entry.
 */
export function columnProducts(args: usize, task: i32): void {
  const part = pointer(args, 0);
  const a = pointer(args, 1);
  const x = pointer(args, 2);
  const rows = int(args, 3);
  const m = int(args, 4);
  const gridHeight = int(args, 5);
  const gridWidth = int(args, 6);
  const inImage = int(args, 7);
  const inRow = int(args, 8);
  const inPixel = int(args, 9);
  const runs = int(args, 10);
  const run = int(args, 11);
  const jump = int(args, 12);
  const chunks = int(args, 13);
  const chunkRows = int(args, 14);
  const panelGroup = int(args, 15);
  const batchA = int(args, 16);
  const batchX = int(args, 17);
  const batchPart = int(args, 18);
  const accumulate = int(args, 19);
  const runPanels = (run + 7) >> 3;
  const panels = runPanels * runs;
  const groups = (panels + panelGroup - 1) / panelGroup;
  const group = task % groups;
  const chunk = (task / groups) % chunks;
  const b = task / (groups * chunks);
  const n = runs * run;
  const firstPanel = group * panelGroup;
  const lastPanel = min(firstPanel + panelGroup, panels);
  const ins = tables();
  const edge = ins + BLOCK * 4 + 32;
  const bPacked = packed();
  const aPacked = bPacked + BLOCK * 32;
  const stripsAtOnce = (PACKED_BYTES - BLOCK * 32) / (BLOCK * 24);
  const strips = (m + 5) / 6;
  const end = min(rows, (chunk + 1) * chunkRows);
  const target = at(part, b * batchPart + chunk * m * n);
  for (let first = chunk * chunkRows; first < end; first += BLOCK) {
    const count = min(BLOCK, end - first);
    const add = accumulate != 0 || first > chunk * chunkRows;
    fillTable(ins, at(x, b * batchX), first, count, gridHeight, gridWidth, inImage, inRow, inPixel);
    for (let strip0 = 0; strip0 < strips; strip0 += stripsAtOnce) {
      const strip1 = min(strips, strip0 + stripsAtOnce);
      for (let s = strip0; s < strip1; s++) {
        packSteps6(aPacked + (s - strip0) * BLOCK * 24, at(a, b * batchA + first * m + s * 6), m, count);
      }
      for (let panel = firstPanel; panel < lastPanel; panel++) {
        const u = panel / runPanels;
        const q = (panel - u * runPanels) << 3;
        packSteps8(bPacked, ins, u * jump + q, count);
        const columns = min(8, run - q);
        for (let s = strip0; s < strip1; s++) {
          const height = min(6, m - s * 6);
          const to = at(target, s * 6 * n + u * run + q);
          const whole = height == 6 && columns == 8;
          const source = aPacked + (s - strip0) * BLOCK * 24;
          packedTile(
            source,
            24,
            bPacked,
            32,
            count,
            0,
            whole ? to : edge,
            whole ? (<usize>n) << 2 : 32,
            whole && add,
          );
          if (whole) continue;
          for (let r = 0; r < height; r++) {
            for (let c = 0; c < columns; c++) {
              const value = load<f32>(edge + (r << 5) + (c << 2));
              const place = at(to, r * n + c);
              store<f32>(place, add ? load<f32>(place) + value : value);
            }
          }
        }
      }
    }
  }
}

/** Packs 6 adjacent columns of `count` rows that lie `pitch` numbers apart; reads up to 20 bytes past a row. */
function packSteps6(to: usize, from: usize, pitch: i32, count: i32): void {
  for (let p = 0; p < count; p++) {
    v128.store(to, v128.load(from));
    store<u64>(to, load<u64>(from, 16), 16);
    to += 24;
    from = at(from, pitch);
  }
}

/** Packs 8 adjacent numbers, `offset` into each row of a table; reads up to 28 bytes past a row. */
function packSteps8(to: usize, table: usize, offset: i32, count: i32): void {
  for (let p = 0; p < count; p++) {
    const from = at(load<usize>(table), offset);
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    to += 32;
    table += 4;
  }
}

/**
 * out[b, i, q2, q1·count0…] (+)= Σ_chunk part[b, chunk, i, q], chunks in order; q = (ky, kx, ci) is written at
 * ci·taps + (ky, kx), PyTorch's order (taps = 1: unchanged). Task: `group` rows i.
 */
export function combine(args: usize, task: i32): void {
  const out = pointer(args, 0);
  const part = pointer(args, 1);
  const m = int(args, 2);
  const taps = int(args, 3);
  const inner = int(args, 4);
  const chunks = int(args, 5);
  const batch = int(args, 6);
  const batchOut = int(args, 7);
  const accumulate = int(args, 8);
  const group = int(args, 9);
  const n = taps * inner;
  const last = min((task + 1) * group, m * batch);
  for (let row = task * group; row < last; row++) {
    const b = row / m;
    const i = row - b * m;
    const to = at(out, b * batchOut + i * n);
    let from = at(part, (b * chunks * m + i) * n);
    for (let tap = 0; tap < taps; tap++) {
      for (let c = 0; c < inner; c++) {
        let total: f32 = 0;
        for (let chunk = 0; chunk < chunks; chunk++) total += load<f32>(at(from, chunk * m * n));
        const place = at(to, c * taps + tap);
        store<f32>(place, accumulate != 0 ? load<f32>(place) + total : total);
        from += 4;
      }
    }
  }
}
