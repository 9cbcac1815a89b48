/** Pictures at other sizes. */
import type { Image } from "../video/index.ts";

/** Height and width, pixels. */
export type Size = readonly [height: number, width: number];

/**
 * What part of a picture is shown how large: pixel (x, y) of the view has its centre at
 * ((x + ½ + left)/scale, (y + ½ + top)/scale) of the picture.
 */
export type View = {
  readonly scale: number;
  readonly left: number;
  readonly top: number;
  readonly size: Size;
};

/** The view of a picture of some size in which it covers `size`, its middle shown, as small as may be. */
export function covering([height, width]: Size, size: Size): View {
  return middleOf([height, width], Math.max(size[0] / height, size[1] / width), size);
}

/** The view of a picture whose shorter side becomes `side`, all of it. */
export function shorterSide([height, width]: Size, side: number): View {
  const scale = side / Math.min(height, width);
  return { scale, left: 0, top: 0, size: [Math.round(height * scale), Math.round(width * scale)] };
}

/** The middle of a picture that is scaled; half a pixel of it may be shown at the edge. */
function middleOf([height, width]: Size, scale: number, size: Size): View {
  return { scale, left: (width * scale - size[1]) / 2, top: (height * scale - size[0]) / 2, size };
}

/** Red, green and blue of a picture, `[3, H, W]`, 0 to 255; grey is all three, alpha is left out. */
export function planesOfImage({ width, height, channels, pixels }: Image): Uint8Array {
  const plane = width * height;
  const planes = new Uint8Array(3 * plane);
  // 16 bits a channel: the upper eight.
  const shift = pixels instanceof Uint16Array ? 8 : 0;
  for (let c = 0; c < 3; c++) {
    const from = channels >= 3 ? c : 0;
    for (let i = 0; i < plane; i++) planes[c * plane + i] = pixels[i * channels + from]! >> shift;
  }
  return planes;
}

/**
 * A view of planes `[C, H, W]`, interpolated linearly; where it is smaller than the picture, each pixel is a mean over what
 * it covers (a triangle of twice its width), so that fine patterns do not alias.
 *
 * @param outside - value of what lies beyond the picture, for each plane
 * @returns `[C, H', W']`
 */
export function resampled(
  planes: ArrayLike<number>,
  [height, width]: Size,
  { scale, left, top, size: [rows, columns] }: View,
  outside: readonly number[],
): Float32Array {
  const across = weightsAlong(width, columns, scale, left);
  const down = weightsAlong(height, rows, scale, top);
  const count = planes.length / (height * width);
  const out = new Float32Array(count * rows * columns);
  const wide = new Float32Array(height * columns);
  for (let c = 0; c < count; c++) {
    for (let y = 0; y < height; y++) {
      const row = (c * height + y) * width;
      for (let x = 0; x < columns; x++) {
        const { first, weights } = across[x]!;
        let sum = 0;
        for (let i = 0; i < weights.length; i++) sum += weights[i]! * planes[row + first + i]!;
        wide[y * columns + x] = sum;
      }
    }
    for (let y = 0; y < rows; y++) {
      const { first, weights } = down[y]!;
      for (let x = 0; x < columns; x++) {
        const at = (c * rows + y) * columns + x;
        if (weights.length === 0 || across[x]!.weights.length === 0) {
          out[at] = outside[c]!;
          continue;
        }
        let sum = 0;
        for (let i = 0; i < weights.length; i++) sum += weights[i]! * wide[(first + i) * columns + x]!;
        out[at] = sum;
      }
    }
  }
  return out;
}

/** A view of labels `[H, W]`, each taken from the pixel that holds the centre; `outside` beyond the picture. */
export function nearest(
  labels: Uint8Array,
  [height, width]: Size,
  { scale, left, top, size: [rows, columns] }: View,
  outside: number,
): Uint8Array {
  const out = new Uint8Array(rows * columns).fill(outside);
  for (let y = 0; y < rows; y++) {
    const row = Math.floor((y + 0.5 + top) / scale);
    if (row < 0 || row >= height) continue;
    for (let x = 0; x < columns; x++) {
      const column = Math.floor((x + 0.5 + left) / scale);
      if (column >= 0 && column < width) out[y * columns + x] = labels[row * width + column]!;
    }
  }
  return out;
}

/** Which old entries a new one is made of; none where its centre lies outside. */
type Weights = { readonly first: number; readonly weights: Float64Array };

function weightsAlong(from: number, to: number, scale: number, offset: number): Weights[] {
  const reach = Math.max(1, 1 / scale);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5 + offset) / scale;
    if (centre < 0 || centre >= from) return { first: 0, weights: new Float64Array(0) };
    const first = Math.max(0, Math.floor(centre - 0.5 - reach) + 1);
    const last = Math.min(from - 1, Math.ceil(centre - 0.5 + reach) - 1);
    const weights = Float64Array.from({ length: last - first + 1 }, (_, k) =>
      Math.max(0, 1 - Math.abs(first + k + 0.5 - centre) / reach),
    );
    const sum = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}
