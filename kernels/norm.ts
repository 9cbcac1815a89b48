// Statistics of channels and what batch normalisation does with them, over rows `[rows, channels]`.
import { at, int, pointer } from "./memory";
import { high, loadLanes, low, narrow, storeLanes } from "./lanes";

/**
 * part[chunk, 0, c] = mean and part[chunk, 1, c] = Σ (x − mean)² of the rows of one chunk: two passes, so nothing
 * cancels. The host combines chunks in order. Task: one chunk of `chunkRows` rows.
 */
export function channelMoments(args: usize, task: i32): void {
  const part = pointer(args, 0);
  const x = pointer(args, 1);
  const rows = int(args, 2);
  const channels = int(args, 3);
  const chunkRows = int(args, 4);
  const first = task * chunkRows;
  const count = min(chunkRows, rows - first);
  const zero = f32x4.splat(0);
  const inverse = f32x4.splat(<f32>(1 / <f64>count));
  const pitch = channels << 2;
  for (let c = 0; c < channels;) {
    const start = at(x, first * channels + c);
    const means = at(part, task * 2 * channels + c);
    const squares = at(means, channels);
    let from = start;
    if (c + 16 <= channels) {
      let s0 = zero;
      let s1 = zero;
      let s2 = zero;
      let s3 = zero;
      for (let r = 0; r < count; r++) {
        s0 = f32x4.add(s0, v128.load(from));
        s1 = f32x4.add(s1, v128.load(from, 16));
        s2 = f32x4.add(s2, v128.load(from, 32));
        s3 = f32x4.add(s3, v128.load(from, 48));
        from += pitch;
      }
      const m0 = f32x4.mul(s0, inverse);
      const m1 = f32x4.mul(s1, inverse);
      const m2 = f32x4.mul(s2, inverse);
      const m3 = f32x4.mul(s3, inverse);
      s0 = zero;
      s1 = zero;
      s2 = zero;
      s3 = zero;
      from = start;
      for (let r = 0; r < count; r++) {
        const d0 = f32x4.sub(v128.load(from), m0);
        const d1 = f32x4.sub(v128.load(from, 16), m1);
        const d2 = f32x4.sub(v128.load(from, 32), m2);
        const d3 = f32x4.sub(v128.load(from, 48), m3);
        s0 = f32x4.add(s0, f32x4.mul(d0, d0));
        s1 = f32x4.add(s1, f32x4.mul(d1, d1));
        s2 = f32x4.add(s2, f32x4.mul(d2, d2));
        s3 = f32x4.add(s3, f32x4.mul(d3, d3));
        from += pitch;
      }
      v128.store(means, m0);
      v128.store(means, m1, 16);
      v128.store(means, m2, 32);
      v128.store(means, m3, 48);
      v128.store(squares, s0);
      v128.store(squares, s1, 16);
      v128.store(squares, s2, 32);
      v128.store(squares, s3, 48);
      c += 16;
      continue;
    }
    const whole = c + 4 <= channels;
    let sum = zero;
    for (let r = 0; r < count; r++) {
      sum = f32x4.add(sum, loadLanes(from, whole));
      from += pitch;
    }
    const mean = f32x4.mul(sum, inverse);
    sum = zero;
    from = start;
    for (let r = 0; r < count; r++) {
      const d = f32x4.sub(loadLanes(from, whole), mean);
      sum = f32x4.add(sum, f32x4.mul(d, d));
      from += pitch;
    }
    storeLanes(means, mean, whole);
    storeLanes(squares, sum, whole);
    c += whole ? 4 : 1;
  }
}

/** out[r, c] = x[r, c]·scale[c] + shift[c] in float64, rounded once. Task: `group` rows. */
export function channelAffine(args: usize, task: i32): void {
  const out = pointer(args, 0);
  const x = pointer(args, 1);
  const scale = pointer(args, 2);
  const shift = pointer(args, 3);
  const rows = int(args, 4);
  const channels = int(args, 5);
  const group = int(args, 6);
  const last = min(rows, (task + 1) * group);
  for (let r = task * group; r < last; r++) {
    const from = at(x, r * channels);
    const to = at(out, r * channels);
    for (let c = 0; c < channels;) {
      const whole = c + 4 <= channels;
      const offset = (<usize>c) << 2;
      const value = loadLanes(from + offset, whole);
      const a = loadLanes(scale + offset, whole);
      const b = loadLanes(shift + offset, whole);
      const lower = f64x2.add(f64x2.mul(low(value), low(a)), low(b));
      const upper = f64x2.add(f64x2.mul(high(value), high(a)), high(b));
      storeLanes(to + offset, narrow(lower, upper), whole);
      c += whole ? 4 : 1;
    }
  }
}

/**
 * part[chunk, 0, c] = Σ dy and part[chunk, 1, c] = Σ dy·(x − mean[c]) of the rows of one chunk. Task: one chunk of
 * `chunkRows` rows.
 */
export function batchNormSums(args: usize, task: i32): void {
  const part = pointer(args, 0);
  const dy = pointer(args, 1);
  const x = pointer(args, 2);
  const mean = pointer(args, 3);
  const rows = int(args, 4);
  const channels = int(args, 5);
  const chunkRows = int(args, 6);
  const first = task * chunkRows;
  const count = min(chunkRows, rows - first);
  const zero = f32x4.splat(0);
  const pitch = channels << 2;
  for (let c = 0; c < channels;) {
    const sums = at(part, task * 2 * channels + c);
    const products = at(sums, channels);
    let offset = (<usize>(first * channels + c)) << 2;
    const m0 = loadLanes(at(mean, c), c + 4 <= channels);
    let s0 = zero;
    let p0 = zero;
    if (c + 8 <= channels) {
      const m1 = v128.load(at(mean, c), 16);
      let s1 = zero;
      let p1 = zero;
      for (let r = 0; r < count; r++) {
        const d0 = v128.load(dy + offset);
        const d1 = v128.load(dy + offset, 16);
        s0 = f32x4.add(s0, d0);
        s1 = f32x4.add(s1, d1);
        p0 = f32x4.add(p0, f32x4.mul(d0, f32x4.sub(v128.load(x + offset), m0)));
        p1 = f32x4.add(p1, f32x4.mul(d1, f32x4.sub(v128.load(x + offset, 16), m1)));
        offset += pitch;
      }
      v128.store(sums, s0);
      v128.store(sums, s1, 16);
      v128.store(products, p0);
      v128.store(products, p1, 16);
      c += 8;
      continue;
    }
    const whole = c + 4 <= channels;
    for (let r = 0; r < count; r++) {
      const d = loadLanes(dy + offset, whole);
      s0 = f32x4.add(s0, d);
      p0 = f32x4.add(p0, f32x4.mul(d, f32x4.sub(loadLanes(x + offset, whole), m0)));
      offset += pitch;
    }
    storeLanes(sums, s0, whole);
    storeLanes(products, p0, whole);
    c += whole ? 4 : 1;
  }
}

/**
 * dx[r, c] = slope[c]·dy − shift[c] − (x − mean[c])·bend[c], with slope, shift and bend side by side in `terms`
 * `[3, channels]`. Task: `group` rows.
 */
export function batchNormGrad(args: usize, task: i32): void {
  const dx = pointer(args, 0);
  const dy = pointer(args, 1);
  const x = pointer(args, 2);
  const mean = pointer(args, 3);
  const terms = pointer(args, 4);
  const rows = int(args, 5);
  const channels = int(args, 6);
  const group = int(args, 7);
  const shifts = at(terms, channels);
  const bends = at(shifts, channels);
  const last = min(rows, (task + 1) * group);
  for (let r = task * group; r < last; r++) {
    const row = (<usize>(r * channels)) << 2;
    for (let c = 0; c < channels;) {
      const whole = c + 4 <= channels;
      const offset = (<usize>c) << 2;
      const d = f32x4.mul(loadLanes(dy + row + offset, whole), loadLanes(terms + offset, whole));
      const centred = f32x4.sub(loadLanes(x + row + offset, whole), loadLanes(mean + offset, whole));
      const bent = f32x4.mul(centred, loadLanes(bends + offset, whole));
      const value = f32x4.sub(f32x4.sub(d, loadLanes(shifts + offset, whole)), bent);
      storeLanes(dx + row + offset, value, whole);
      c += whole ? 4 : 1;
    }
  }
}
