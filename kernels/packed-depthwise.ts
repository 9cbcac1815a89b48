// Depthwise convolution of packed spikes: each spike adds its channel's kernel to the picture of the channel, a row of
// the kernel at a time. 32 channels of a strip of rows are summed channel by channel in scratch, where a row of the
// kernel is one or two vectors, and then turned into channels-last.
import { at, int, pointer } from "./memory";
import { packed } from "./scratch";

/** Columns beside a picture that the ends of kernel rows may fall into. */
const MARGIN = 8;

/** Floats of a row of sums; never a multiple of a page apart. */
function rowOf(width: i32): i32 {
  return ((width + 3) & -4) + 2 * MARGIN;
}

/** Adds the kernel row `weights` (8 numbers, or 4 where `wide` is not set) to the sums at `to`. */
function addTaps(to: usize, weights: usize, wide: bool): void {
  v128.store(to, f32x4.add(v128.load(to), v128.load(weights)));
  if (wide) v128.store(to, f32x4.add(v128.load(to, 16), v128.load(weights, 16)), 16);
}

/** Four channels (`plane` bytes apart) of four pixels at `from` → four pixels (`pixel` bytes apart) of four channels. */
function turn(from: usize, plane: usize, to: usize, pixel: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + plane);
  const c = v128.load(from + 2 * plane);
  const d = v128.load(from + 3 * plane);
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(ab0, cd0, 0, 2));
  v128.store(to + pixel, v128.shuffle<i64>(ab0, cd0, 1, 3));
  v128.store(to + 2 * pixel, v128.shuffle<i64>(ab1, cd1, 0, 2));
  v128.store(to + 3 * pixel, v128.shuffle<i64>(ab1, cd1, 1, 3));
}

/**
 * Writes a strip of `rows` rows × width × `channels` (≤ 32) sums to channels-last numbers, `stride` bytes a pixel.
 */
function turnStrip(
  sums: usize,
  to: usize,
  rows: i32,
  width: i32,
  channels: i32,
  plane: usize,
  stride: usize,
): void {
  for (let y = 0; y < rows; y++) {
    const row = at(sums, y * rowOf(width) + MARGIN);
    for (let x = 0; x < width;) {
      const four = x + 4 <= width;
      const pixel = to + <usize>(y * width + x) * stride;
      for (let c = 0; c < channels;) {
        const from = at(row, x) + <usize>c * plane;
        if (four && c + 4 <= channels) {
          turn(from, plane, at(pixel, c), stride);
          c += 4;
          continue;
        }
        const some = four ? 4 : 1;
        for (let i = 0; i < some; i++) {
          store<f32>(at(pixel + <usize>i * stride, c), load<f32>(at(from, i)));
        }
        c++;
      }
      x += four ? 4 : 1;
    }
  }
}

/**
 * out `[images, H', W', C]` = depthwise convolution of stride 1 of packed spikes `[images, H, W, planes, words]`.
 * Weights are `[C][k][8 or 4]`, mirrored: tap k − 1 − kx, then zeros. Task: an image, 32 channels, `strip` rows.
 */
export function depthwiseSpikes(args: usize, task: i32): void {
  const out = pointer(args, 0);
  const bits = pointer(args, 1);
  const weights = pointer(args, 2);
  const height = int(args, 3);
  const width = int(args, 4);
  const channels = int(args, 5);
  const planes = int(args, 6);
  const kernel = int(args, 7);
  const padding = int(args, 8);
  const outHeight = int(args, 9);
  const outWidth = int(args, 10);
  const strip = int(args, 11);
  const words = (channels + 31) >> 5;
  const strips = (outHeight + strip - 1) / strip;
  const image = task / (words * strips);
  const part = task - image * words * strips;
  const word = part / strips;
  const y0 = (part - word * strips) * strip;
  const y1 = min(outHeight, y0 + strip);
  const wide = kernel > 4;
  const taps = wide ? 8 : 4;
  const row = rowOf(outWidth);
  const plane = (<usize>((y1 - y0) * row + 16)) << 2;
  const sums = packed();
  const count = min(32, channels - (word << 5));
  memory.fill(sums, 0, <usize>count * plane);
  const first = max(0, y0 - padding);
  const last = min(height, y1 - padding + kernel - 1);
  for (let y = first; y < last; y++) {
    // Row y of the input reaches row y + padding − ky of the output.
    const ky0 = max(0, y + padding - (y1 - 1));
    const ky1 = min(kernel - 1, y + padding - y0);
    for (let x = 0; x < width; x++) {
      const cell = at(bits, ((image * height + y) * width + x) * planes * words + word);
      const column = at(sums, (y + padding - ky1 - y0) * row + MARGIN + x + padding - kernel + 1);
      for (let p = 0; p < planes; p++) {
        for (let mask = load<u32>(at(cell, p * words)); mask != 0; mask &= mask - 1) {
          const c = <i32>ctz(mask);
          let to = column + <usize>c * plane;
          const w = at(weights, ((word << 5) + c) * kernel * taps);
          for (let ky = ky1; ky >= ky0; ky--) {
            const from = at(w, ky * taps);
            for (let repeat = 1 << p; repeat > 0; repeat--) addTaps(to, from, wide);
            to = at(to, row);
          }
        }
      }
    }
  }
  const target = at(out, (image * outHeight + y0) * outWidth * channels + (word << 5));
  turnStrip(sums, target, y1 - y0, outWidth, count, plane, (<usize>channels) << 2);
}
