// Convolutions need no loops of their own (see gemm.ts), only an image with its border laid around it.
import { at, int, pointer } from "./memory";

/**
 * out `[N, H + top + bottom, W + left + right, Cout]` = x `[N, H, W, C]` in the middle, `values` (null: 0) around it
 * and 0 in channels past C. Task: `group` rows of the result.
 */
export function padImages(args: usize, task: i32): void {
  const out = pointer(args, 0);
  const x = pointer(args, 1);
  const values = pointer(args, 2);
  const images = int(args, 3);
  const height = int(args, 4);
  const width = int(args, 5);
  const channels = int(args, 6);
  const top = int(args, 7);
  const left = int(args, 8);
  const outHeight = int(args, 9);
  const outWidth = int(args, 10);
  const outChannels = int(args, 11);
  const group = int(args, 12);
  const last = min((task + 1) * group, images * outHeight);
  for (let row = task * group; row < last; row++) {
    const image = row / outHeight;
    const y = row - image * outHeight - top;
    const to = at(out, row * outWidth * outChannels);
    if (y < 0 || y >= height) {
      fillPixels(to, values, outWidth, outChannels);
      continue;
    }
    const from = at(x, (image * height + y) * width * channels);
    fillPixels(to, values, left, outChannels);
    const middle = at(to, left * outChannels);
    if (channels == outChannels) memory.copy(middle, from, (width * channels) << 2);
    else {
      memory.fill(middle, 0, (width * outChannels) << 2);
      for (let c = 0; c < width; c++) {
        memory.copy(at(middle, c * outChannels), at(from, c * channels), channels << 2);
      }
    }
    fillPixels(at(middle, width * outChannels), values, outWidth - left - width, outChannels);
  }
}

function fillPixels(to: usize, values: usize, pixels: i32, channels: i32): void {
  if (values == 0) memory.fill(to, 0, (pixels * channels) << 2);
  else for (let i = 0; i < pixels; i++) memory.copy(at(to, i * channels), values, channels << 2);
}
