// Depthwise convolutions: lanes are channels, eight at a time, and four neighbouring outputs share a weight. Images
// have their border laid and their channels filled up to a multiple of 8; results have neither.
import { at, int, madd, pointer } from "./memory";

/** Stores `count` of eight channels. */
function storeChannels(to: usize, first: v128, second: v128, count: i32): void {
  if (count >= 8) {
    v128.store(to, first);
    v128.store(to, second, 16);
    return;
  }
  if (count >= 4) {
    v128.store(to, first);
    first = second;
    to += 16;
    count -= 4;
  }
  if (count > 0) v128.store32_lane(to, first, 0);
  if (count > 1) v128.store32_lane(to, first, 1, 4);
  if (count > 2) v128.store32_lane(to, first, 2, 8);
}

/**
 * out[i, oy, ox, c] = bias[c] + Σ_{ky, kx} x[i, oy·s + ky, ox·s + kx, c]·w[ky, kx, c]. x is `[N, Hp, Wp, Cp]`, w
 * `[k², Cp]`, bias (0: none) `[Cp]`, out `[N, outHeight, outWidth, C]`. Task: `group` rows of the result.
 */
export function depthwise(args: usize, task: i32): void {
  const out = pointer(args, 0);
  const x = pointer(args, 1);
  const w = pointer(args, 2);
  const bias = pointer(args, 3);
  const rows = int(args, 4);
  const outHeight = int(args, 5);
  const outWidth = int(args, 6);
  const channels = int(args, 7);
  const pitch = int(args, 8) << 2;
  const height = int(args, 9);
  const width = int(args, 10);
  const kernel = int(args, 11);
  const stride = int(args, 12);
  const group = int(args, 13);
  const step = stride * pitch;
  const last = min(rows, (task + 1) * group);
  for (let row = task * group; row < last; row++) {
    const image = row / outHeight;
    const y = (row - image * outHeight) * stride;
    const xRow = x + (image * height + y) * width * pitch;
    const outRow = at(out, row * outWidth * channels);
    for (let c = 0; c < channels; c += 8) {
      const offset = (<usize>c) << 2;
      const b0 = bias != 0 ? v128.load(bias + offset) : f32x4.splat(0);
      const b1 = bias != 0 ? v128.load(bias + offset, 16) : f32x4.splat(0);
      let ox = 0;
      while (ox < outWidth && outWidth >= 4) {
        // The last four pixels may repeat some that are already there: the sums are the same.
        ox = min(ox, outWidth - 4);
        const to = at(outRow + offset, ox * channels);
        const from = xRow + offset + ox * step;
        let a0 = b0;
        let a1 = b1;
        let a2 = b0;
        let a3 = b1;
        let a4 = b0;
        let a5 = b1;
        let a6 = b0;
        let a7 = b1;
        let weight = w + offset;
        for (let ky = 0; ky < kernel; ky++) {
          let p0 = from + ky * width * pitch;
          let p1 = p0 + step;
          let p2 = p1 + step;
          let p3 = p2 + step;
          for (let kx = 0; kx < kernel; kx++) {
            const w0 = v128.load(weight);
            const w1 = v128.load(weight, 16);
            a0 = madd(v128.load(p0), w0, a0);
            a1 = madd(v128.load(p0, 16), w1, a1);
            a2 = madd(v128.load(p1), w0, a2);
            a3 = madd(v128.load(p1, 16), w1, a3);
            a4 = madd(v128.load(p2), w0, a4);
            a5 = madd(v128.load(p2, 16), w1, a5);
            a6 = madd(v128.load(p3), w0, a6);
            a7 = madd(v128.load(p3, 16), w1, a7);
            weight += pitch;
            p0 += pitch;
            p1 += pitch;
            p2 += pitch;
            p3 += pitch;
          }
        }
        storeChannels(to, a0, a1, channels - c);
        storeChannels(at(to, channels), a2, a3, channels - c);
        storeChannels(at(to, 2 * channels), a4, a5, channels - c);
        storeChannels(at(to, 3 * channels), a6, a7, channels - c);
        ox += 4;
      }
      for (; ox < outWidth; ox++) {
        const from = xRow + offset + ox * step;
        let a0 = b0;
        let a1 = b1;
        let weight = w + offset;
        for (let ky = 0; ky < kernel; ky++) {
          let p0 = from + ky * width * pitch;
          for (let kx = 0; kx < kernel; kx++) {
            a0 = madd(v128.load(p0), v128.load(weight), a0);
            a1 = madd(v128.load(p0, 16), v128.load(weight, 16), a1);
            weight += pitch;
            p0 += pitch;
          }
        }
        storeChannels(at(outRow + offset, ox * channels), a0, a1, channels - c);
      }
    }
  }
}

/**
 * part[chunk, ky, kx, c] = Σ dy[i, oy, ox, c]·x[i, oy·s + ky, ox·s + kx, c] over the rows (i, oy) of one chunk. Four
 * taps of a kernel row share a dy; those past its end are dropped. Reads up to 28 bytes past dy and 3 pixels past x.
 * Task: one chunk of `chunkRows` rows.
 */
export function depthwiseWeightGrad(args: usize, task: i32): void {
  const part = pointer(args, 0);
  const dy = pointer(args, 1);
  const x = pointer(args, 2);
  const rows = int(args, 3);
  const outHeight = int(args, 4);
  const outWidth = int(args, 5);
  const channels = int(args, 6);
  const pitch = int(args, 7) << 2;
  const height = int(args, 8);
  const width = int(args, 9);
  const kernel = int(args, 10);
  const stride = int(args, 11);
  const chunkRows = int(args, 12);
  const step = stride * pitch;
  const end = min(rows, (task + 1) * chunkRows);
  const target = at(part, task * kernel * kernel * channels);
  for (let c = 0; c < channels; c += 8) {
    for (let ky = 0; ky < kernel; ky++) {
      for (let kx = 0; kx < kernel; kx += 4) {
        let a0 = f32x4.splat(0);
        let a1 = a0;
        let a2 = a0;
        let a3 = a0;
        let a4 = a0;
        let a5 = a0;
        let a6 = a0;
        let a7 = a0;
        const first = task * chunkRows;
        let image = first / outHeight;
        let oy = first - image * outHeight;
        for (let row = first; row < end; row++) {
          let p0 = at(x + ((image * height + oy * stride + ky) * width + kx) * pitch, c);
          if (++oy == outHeight) {
            oy = 0;
            image++;
          }
          let p1 = p0 + pitch;
          let p2 = p1 + pitch;
          let p3 = p2 + pitch;
          let d = at(dy, row * outWidth * channels + c);
          for (let ox = 0; ox < outWidth; ox++) {
            const d0 = v128.load(d);
            const d1 = v128.load(d, 16);
            a0 = madd(d0, v128.load(p0), a0);
            a1 = madd(d1, v128.load(p0, 16), a1);
            a2 = madd(d0, v128.load(p1), a2);
            a3 = madd(d1, v128.load(p1, 16), a3);
            a4 = madd(d0, v128.load(p2), a4);
            a5 = madd(d1, v128.load(p2, 16), a5);
            a6 = madd(d0, v128.load(p3), a6);
            a7 = madd(d1, v128.load(p3, 16), a7);
            d = at(d, channels);
            p0 += step;
            p1 += step;
            p2 += step;
            p3 += step;
          }
        }
        const to = at(target, (ky * kernel + kx) * channels + c);
        storeChannels(to, a0, a1, channels - c);
        if (kx + 1 < kernel) storeChannels(at(to, channels), a2, a3, channels - c);
        if (kx + 2 < kernel) storeChannels(at(to, 2 * channels), a4, a5, channels - c);
        if (kx + 3 < kernel) storeChannels(at(to, 3 * channels), a6, a7, channels - c);
      }
    }
  }
}
