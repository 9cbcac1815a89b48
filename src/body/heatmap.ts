/** Joints in a picture as heatmaps, one a joint, and back. Source: [Aydin2024, §3.3] and its released code. */
import { ArgumentError, ShapeError } from "../core/index.ts";

/** Size of a heatmap, and the width of its peaks in pixels. */
export type HeatmapOptions = {
  readonly width: number;
  readonly height: number;
  /** Standard deviation σ of a peak; 2 by default. */
  readonly sigma?: number;
};

/**
 * Heatmaps of joints: 1 at the pixel of a joint, blurred by a Gaussian whose kernel has 2⌊(σ − 0.8)/0.3 + 1⌋ + 1 pixels a
 * side (11 for σ = 2), the border reflected, and divided by its maximum. A joint outside, or at no number, has a map of 0.
 *
 * @param pixels - `[J, 2]`: x, y of each joint; fractions are cut off
 * @returns `[J, H, W]`, 0…1
 * @throws ArgumentError if a size is not positive, or the picture is smaller than half the kernel
 */
export function jointHeatmaps(
  pixels: ArrayLike<number>,
  { width, height, sigma = 2 }: HeatmapOptions,
): Float32Array<ArrayBuffer> {
  const radius = Math.floor((sigma - 0.8) / 0.3 + 1);
  if (!(
    sigma > 0.8 &&
    Number.isInteger(width) &&
    Number.isInteger(height) &&
    Math.min(width, height) > radius
  )) {
    throw new ArgumentError(
      `jointHeatmaps: expected sigma > 0.8 and sides of more than ${radius} pixels, got ${sigma}, ${width}x${height}`,
    );
  }
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, k) =>
    Math.exp(-((k - radius) ** 2) / (2 * sigma * sigma)),
  );
  const joints = pixels.length / 2;
  const maps = new Float32Array(joints * height * width);
  for (let j = 0; j < joints; j++) {
    const [x, y] = [Math.trunc(pixels[2 * j]!), Math.trunc(pixels[2 * j + 1]!)];
    if (!(x >= 0 && x < width && y >= 0 && y < height)) continue;
    const [across, down] = [profile(kernel, x, width), profile(kernel, y, height)];
    const top = Math.max(...across) * Math.max(...down);
    for (let row = 0; row < height; row++) {
      const at = (j * height + row) * width;
      for (let column = 0; column < width; column++) maps[at + column] = (across[column]! * down[row]!) / top;
    }
  }
  return maps;
}

/** A peak along one axis, with what the reflected border adds. */
function profile(kernel: Float64Array, at: number, length: number): Float64Array {
  const out = new Float64Array(length);
  const radius = kernel.length >> 1;
  for (let i = 0; i < length; i++) {
    for (let k = -radius; k <= radius; k++) {
      const from = i + k;
      const inside = from < 0 ? -from : from >= length ? 2 * (length - 1) - from : from;
      if (inside === at) out[i]! += kernel[k + radius]!;
    }
  }
  return out;
}

/**
 * The pixel of the largest value of each heatmap; the first of equals.
 *
 * @param maps - `[J, H, W]`
 * @returns `[J, 2]`: x, y
 * @throws ShapeError if the maps have not whole pictures of the size
 */
export function decodeHeatmaps(
  maps: ArrayLike<number>,
  { width, height }: Pick<HeatmapOptions, "width" | "height">,
): Int32Array<ArrayBuffer> {
  const area = width * height;
  const joints = maps.length / area;
  if (!Number.isInteger(joints)) {
    throw new ShapeError(`decodeHeatmaps: expected maps of ${width}x${height}, got ${maps.length} numbers`);
  }
  const pixels = new Int32Array(2 * joints);
  for (let j = 0; j < joints; j++) {
    let best = 0;
    for (let i = 1; i < area; i++) if (maps[j * area + i]! > maps[j * area + best]!) best = i;
    pixels[2 * j] = best % width;
    pixels[2 * j + 1] = Math.floor(best / width);
  }
  return pixels;
}

/**
 * 2D MPJPE: mean distance in pixels over the joints that are known.
 *
 * @param found - `[J, 2]`
 * @param truth - `[J, 2]`, not a number where a joint is not known
 * @returns not a number if none is known
 */
export function meanPixelError(found: ArrayLike<number>, truth: ArrayLike<number>): number {
  let sum = 0;
  let known = 0;
  for (let j = 0; j < truth.length / 2; j++) {
    const distance = Math.hypot(found[2 * j]! - truth[2 * j]!, found[2 * j + 1]! - truth[2 * j + 1]!);
    if (Number.isNaN(distance)) continue;
    sum += distance;
    known++;
  }
  return sum / known;
}
