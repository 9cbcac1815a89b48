// Sums and counts. Partial results are float64 or integers, and the host adds them in order.
import { at, int, pointer } from "./memory";
import { high, low } from "./lanes";
import { packed } from "./scratch";

const GROUP = 16384;
/** Columns that are summed at once: 32 KiB of float64. */
const COLUMNS = 4096;

/** counts[task] = how many of 16384 numbers are not 0 (NaN counts). */
export function countNonZero(args: usize, task: i32): void {
  const counts = pointer(args, 0);
  const a = pointer(args, 1);
  const end = min(int(args, 2), (task + 1) * GROUP);
  const zero = f32x4.splat(0);
  let lanes = i32x4.splat(0);
  let i = task * GROUP;
  for (; i + 4 <= end; i += 4) lanes = i32x4.sub(lanes, f32x4.ne(v128.load(at(a, i)), zero));
  let count = i32x4.extract_lane(lanes, 0) + i32x4.extract_lane(lanes, 1);
  count += i32x4.extract_lane(lanes, 2) + i32x4.extract_lane(lanes, 3);
  for (; i < end; i++) count += i32(load<f32>(at(a, i)) != 0);
  store<i32>(at(counts, task), count);
}

/**
 * part[o, chunk, i] = Σ over one chunk of the middle axis of a `[outer, axis, inner]`, float64, in order. Task: one
 * (o, chunk, block of 4096 columns).
 */
export function sum(args: usize, task: i32): void {
  const part = pointer(args, 0);
  const a = pointer(args, 1);
  const axis = int(args, 2);
  const inner = int(args, 3);
  const chunks = int(args, 4);
  const chunkRows = int(args, 5);
  const out = pointer(args, 6);
  const blocks = (inner + COLUMNS - 1) / COLUMNS;
  const block = task % blocks;
  const chunk = (task / blocks) % chunks;
  const o = task / (blocks * chunks);
  const column = block * COLUMNS;
  const columns = min(COLUMNS, inner - column);
  const totals = chunks == 1 ? packed() : part + ((<usize>((o * chunks + chunk) * inner + column)) << 3);
  memory.fill(totals, 0, columns << 3);
  const end = min(axis, (chunk + 1) * chunkRows);
  for (let k = chunk * chunkRows; k < end; k++) {
    const from = at(a, (o * axis + k) * inner + column);
    let i = 0;
    for (; i + 4 <= columns; i += 4) {
      const x = v128.load(at(from, i));
      const to = totals + ((<usize>i) << 3);
      v128.store(to, f64x2.add(v128.load(to), low(x)));
      v128.store(to, f64x2.add(v128.load(to, 16), high(x)), 16);
    }
    for (; i < columns; i++) {
      const to = totals + ((<usize>i) << 3);
      store<f64>(to, load<f64>(to) + <f64>load<f32>(at(from, i)));
    }
  }
  if (chunks > 1) return;
  const to = at(out, o * inner + column);
  for (let i = 0; i < columns; i++) store<f32>(at(to, i), <f32>load<f64>(totals + ((<usize>i) << 3)));
}

/** part[row, chunk] = Σ over one chunk of a row of `[rows, n]`, float64, four interleaved sums. Task: `group` chunks. */
export function sumRows(args: usize, task: i32): void {
  const part = pointer(args, 0);
  const a = pointer(args, 1);
  const rows = int(args, 2);
  const n = int(args, 3);
  const chunks = int(args, 4);
  const chunkLength = int(args, 5);
  const group = int(args, 6);
  const out = pointer(args, 7);
  const last = min(rows * chunks, (task + 1) * group);
  for (let piece = task * group; piece < last; piece++) {
    const row = piece / chunks;
    const first = (piece - row * chunks) * chunkLength;
    const count = min(chunkLength, n - first);
    const from = at(a, row * n + first);
    let lower = f64x2.splat(0);
    let upper = f64x2.splat(0);
    let i = 0;
    for (; i + 4 <= count; i += 4) {
      const x = v128.load(at(from, i));
      lower = f64x2.add(lower, low(x));
      upper = f64x2.add(upper, high(x));
    }
    const pair = f64x2.add(lower, upper);
    let total = f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
    for (; i < count; i++) total += <f64>load<f32>(at(from, i));
    if (chunks == 1) store<f32>(at(out, row), <f32>total);
    else store<f64>(part + ((<usize>piece) << 3), total);
  }
}
