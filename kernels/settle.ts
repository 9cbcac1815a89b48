// What becomes of a current in a compiled plan: a membrane potential is added, the sum is kept or not, neurons fire or
// not, and spikes are packed, 32 channels a word. Sixteen channels at a time go through all steps of a pixel, so that
// their membranes stay in registers. The order of operations of the neurons is that of kernels/neuron.ts.
import { at, int, pointer, real } from "./memory";
import { packed } from "./scratch";

/** Kinds of neurons, as the host numbers them. */
const NONE = 0;
const HARD = 1;
const SOFT = 2;

// The first 16 arguments of every kernel that ends here.
/** Time steps. */
export function stepsOf(args: usize): i32 {
  return int(args, 0);
}
/** Pixels of all clips in a step. */
export function pixelsOf(args: usize): i32 {
  return int(args, 1);
}
/** Channels. */
export function channelsOf(args: usize): i32 {
  return int(args, 2);
}
/** Pixels of a task. */
export function groupOf(args: usize): i32 {
  return int(args, 13);
}

/** Channels up to a multiple of 16: the length of a row of states. */
export function padded(channels: i32): i32 {
  return (channels + 15) & -16;
}

/** Where the membranes of a pixel are kept: in memory where a plan carries them, else at `place` of scratch. */
export function stateRow(args: usize, pixel: i32, scratch: usize, place: i32): usize {
  const states = pointer(args, 6);
  const row = padded(channelsOf(args));
  return states != 0 ? at(states, pixel * row) : at(scratch, place * row);
}

/** Sets channels n to `end` of a pixel's membranes to rest, unless they go on from the last run. */
export function openState(args: usize, pixel: i32, scratch: usize, place: i32, n: i32, end: i32): void {
  if (pointer(args, 6) != 0 && int(args, 7) != 0) return;
  const rest = f32x4.splat(<f32>real(args, 2));
  const row = stateRow(args, pixel, scratch, place);
  const last = min(padded(channelsOf(args)), end);
  for (let i = n; i < last; i += 4) v128.store(at(row, i), rest);
}

/**
 * currents[i] = scale·sum + shift for `rows` rows of 16 sums, int16 or int32, `stride` bytes apart; rows of currents
 * lie side by side.
 * @param n - channel of the first sum of a row
 */
export function scaleSums(
  args: usize,
  currents: usize,
  sums: usize,
  stride: usize,
  rows: i32,
  n: i32,
  halves: bool,
): void {
  const scales = at(pointer(args, 11), n);
  const shifts = at(pointer(args, 12), n);
  for (let lane = 0; lane < 16; lane += 4) {
    const scale = v128.load(at(scales, lane));
    const shift = v128.load(at(shifts, lane));
    let to = at(currents, lane);
    let from = sums + ((<usize>lane) << (halves ? 1 : 2));
    for (let i = 0; i < rows; i++) {
      const sum = halves ? v128.load_ext<i16>(from) : v128.load(from);
      v128.store(to, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(sum), scale), shift));
      to += 64;
      from += stride;
    }
  }
}

/** The leading `valid` of four numbers. */
function storeSome(to: usize, x: v128, valid: i32): void {
  if (valid >= 4) {
    v128.store(to, x);
    return;
  }
  if (valid > 0) v128.store32_lane(to, x, 0);
  if (valid > 1) v128.store32_lane(to, x, 1, 4);
  if (valid > 2) v128.store32_lane(to, x, 2, 8);
}

/** One bit a lane of sixteen 32-bit masks. */
function bitsOf(m0: v128, m1: v128, m2: v128, m3: v128): i32 {
  return i8x16.bitmask(i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(m0, m1), i16x8.narrow_i32x4_s(m2, m3)));
}

/** Writes 16 bits at channel n of a row of packed spikes; the last of a row fills its word. */
function storeBits(row: usize, n: i32, bits: i32, last: bool): void {
  const to = row + ((<usize>n) >> 3);
  if (last && (n & 16) == 0) store<u32>(to, bits);
  else store<u16>(to, <u16>bits);
}

/** h = v charged by x; see `neuron` in kernels/neuron.ts. */
function charge(v: v128, x: v128, rest: v128, decay: v128, decayInput: bool): v128 {
  const leak = f32x4.sub(v, rest);
  return decayInput
    ? f32x4.add(v, f32x4.mul(f32x4.sub(x, leak), decay))
    : f32x4.add(f32x4.sub(v, f32x4.mul(leak, decay)), x);
}

/** v after the reset. */
function reset(h: v128, fired: v128, hard: bool, rest: v128, threshold: v128): v128 {
  return v128.bitselect(hard ? rest : f32x4.sub(h, threshold), h, fired);
}

/** n = round half to even of clamp(u, 0, levels) */
function count(u: v128, levels: v128): v128 {
  return f32x4.nearest(f32x4.pmin(levels, f32x4.pmax(f32x4.splat(0), u)));
}

/** Lanes of which bit `plane` is set, as masks. */
function planeOf(n: v128, plane: i32): v128 {
  return i32x4.shr_s(i32x4.shl(i32x4.trunc_sat_f32x4_s(n), 31 - plane), 31);
}

/**
 * {@link settle} where nothing but spikes is wanted of neurons with decayed input and a hard reset to 0, which most
 * layers are.
 * @param bits - where the bits of the first step go; `row` bytes on, those of the next
 */
function fire(
  sum: usize,
  stride: usize,
  bits: usize,
  row: usize,
  steps: i32,
  cells: usize,
  decay: v128,
  threshold: v128,
): void {
  let v0 = v128.load(cells);
  let v1 = v128.load(cells, 16);
  let v2 = v128.load(cells, 32);
  let v3 = v128.load(cells, 48);
  for (let t = 0; t < steps; t++) {
    v0 = f32x4.add(v0, f32x4.mul(f32x4.sub(v128.load(sum), v0), decay));
    v1 = f32x4.add(v1, f32x4.mul(f32x4.sub(v128.load(sum, 16), v1), decay));
    v2 = f32x4.add(v2, f32x4.mul(f32x4.sub(v128.load(sum, 32), v2), decay));
    v3 = f32x4.add(v3, f32x4.mul(f32x4.sub(v128.load(sum, 48), v3), decay));
    const f0 = f32x4.ge(v0, threshold);
    const f1 = f32x4.ge(v1, threshold);
    const f2 = f32x4.ge(v2, threshold);
    const f3 = f32x4.ge(v3, threshold);
    v0 = v128.andnot(v0, f0);
    v1 = v128.andnot(v1, f1);
    v2 = v128.andnot(v2, f2);
    v3 = v128.andnot(v3, f3);
    store<u16>(bits, <u16>bitsOf(f0, f1, f2, f3));
    sum += stride;
    bits += row;
  }
  v128.store(cells, v0);
  v128.store(cells, v1, 16);
  v128.store(cells, v2, 32);
  v128.store(cells, v3, 48);
}

/**
 * Sixteen channels from n on, of one pixel, for steps from `step` up to `end`.
 * @param sum - currents of the first step; `stride` bytes on, those of the next
 * @param states - row of states of the pixel
 */
export function settle(
  args: usize,
  sum: usize,
  stride: usize,
  pixel: i32,
  step: i32,
  end: i32,
  n: i32,
  states: usize,
): void {
  const pixels = pixelsOf(args);
  const channels = channelsOf(args);
  const residual = pointer(args, 3);
  const membrane = pointer(args, 4);
  const spikes = pointer(args, 5);
  const neuron = int(args, 8);
  const decayInput = int(args, 9) != 0;
  const planes = int(args, 10);
  const decay = f32x4.splat(<f32>real(args, 0));
  const threshold = f32x4.splat(<f32>real(args, 1));
  const rest = f32x4.splat(<f32>real(args, 2));
  const keep = f32x4.splat(<f32>real(args, 3));
  const levels = f32x4.splat(<f32>real(args, 4));
  const words = (channels + 31) >> 5;
  const left = channels - n;
  const valid = left >= 16 ? 0xffff : (1 << left) - 1;
  const last = left <= 16;
  const cells = at(states, n);
  if (neuron == HARD && decayInput && residual == 0 && membrane == 0 && real(args, 2) == 0 && left > 16) {
    const row = (<usize>(pixels * words)) << 2;
    const bits = spikes + <usize>step * row + ((<usize>(pixel * words)) << 2) + ((<usize>n) >> 3);
    fire(sum, stride, bits, row, end - step, cells, decay, threshold);
    return;
  }
  let v0 = v128.load(cells);
  let v1 = v128.load(cells, 16);
  let v2 = v128.load(cells, 32);
  let v3 = v128.load(cells, 48);
  for (let t = step; t < end; t++) {
    const row = t * pixels + pixel;
    let x0 = v128.load(sum);
    let x1 = v128.load(sum, 16);
    let x2 = v128.load(sum, 32);
    let x3 = v128.load(sum, 48);
    sum += stride;
    if (residual != 0) {
      const from = at(residual, row * channels + n);
      x0 = f32x4.add(v128.load(from), x0);
      x1 = f32x4.add(v128.load(from, 16), x1);
      x2 = f32x4.add(v128.load(from, 32), x2);
      x3 = f32x4.add(v128.load(from, 48), x3);
    }
    if (membrane != 0) {
      const to = at(membrane, row * channels + n);
      if (left >= 16) {
        v128.store(to, x0);
        v128.store(to, x1, 16);
        v128.store(to, x2, 32);
        v128.store(to, x3, 48);
      } else {
        storeSome(to, x0, left);
        storeSome(to + 16, x1, left - 4);
        storeSome(to + 32, x2, left - 8);
        storeSome(to + 48, x3, left - 12);
      }
    }
    if (neuron == NONE) continue;
    const bits = spikes + ((<usize>(row * planes * words)) << 2);
    if (neuron <= SOFT) {
      const hard = neuron == HARD;
      const h0 = charge(v0, x0, rest, decay, decayInput);
      const h1 = charge(v1, x1, rest, decay, decayInput);
      const h2 = charge(v2, x2, rest, decay, decayInput);
      const h3 = charge(v3, x3, rest, decay, decayInput);
      const f0 = f32x4.ge(h0, threshold);
      const f1 = f32x4.ge(h1, threshold);
      const f2 = f32x4.ge(h2, threshold);
      const f3 = f32x4.ge(h3, threshold);
      v0 = reset(h0, f0, hard, rest, threshold);
      v1 = reset(h1, f1, hard, rest, threshold);
      v2 = reset(h2, f2, hard, rest, threshold);
      v3 = reset(h3, f3, hard, rest, threshold);
      storeBits(bits, n, bitsOf(f0, f1, f2, f3) & valid, last);
      continue;
    }
    x0 = f32x4.add(f32x4.mul(v0, keep), x0);
    x1 = f32x4.add(f32x4.mul(v1, keep), x1);
    x2 = f32x4.add(f32x4.mul(v2, keep), x2);
    x3 = f32x4.add(f32x4.mul(v3, keep), x3);
    const n0 = count(x0, levels);
    const n1 = count(x1, levels);
    const n2 = count(x2, levels);
    const n3 = count(x3, levels);
    v0 = f32x4.sub(x0, n0);
    v1 = f32x4.sub(x1, n1);
    v2 = f32x4.sub(x2, n2);
    v3 = f32x4.sub(x3, n3);
    for (let plane = 0; plane < planes; plane++) {
      const m = bitsOf(planeOf(n0, plane), planeOf(n1, plane), planeOf(n2, plane), planeOf(n3, plane));
      storeBits(bits + ((<usize>(plane * words)) << 2), n, m & valid, last);
    }
  }
  v128.store(cells, v0);
  v128.store(cells, v1, 16);
  v128.store(cells, v2, 32);
  v128.store(cells, v3, 48);
}

/** Settles currents that lie in memory, `[T, pixels, C]` at argument 16. Task: a group of pixels. */
export function settleCurrents(args: usize, task: i32): void {
  const pixels = pixelsOf(args);
  const channels = channelsOf(args);
  const steps = stepsOf(args);
  const currents = pointer(args, 16);
  const first = task * groupOf(args);
  const count = min(groupOf(args), pixels - first);
  const states = stateScratch();
  const stride = (<usize>(pixels * channels)) << 2;
  for (let p = 0; p < count; p++) {
    openState(args, first + p, states, p, 0, channels);
    const row = stateRow(args, first + p, states, p);
    for (let n = 0; n < channels; n += 16) {
      const sum = at(currents, (first + p) * channels + n);
      settle(args, sum, stride, first + p, 0, steps, n, row);
    }
  }
}

/** Scratch for states that are not carried. */
export function stateScratch(): usize {
  return packed();
}

/** Bytes of it. */
export const STATE_BYTES = 256 << 10;
