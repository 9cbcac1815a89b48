/** Pictures as numbers, and their affine images. */
import { ArgumentError, type Shape, ShapeError, show, sizeOf } from "../core/index.ts";

/** Numbers of a picture `[C, H, W]`, of a clip `[T, C, H, W]`, or of anything else whose last axes are `[H, W]`. */
export type Picture = { readonly shape: Shape; readonly data: Float32Array };

/** Height, width and how many planes of that size there are. @throws ShapeError */
export function planesOf(
  where: string,
  { shape, data }: Picture,
): {
  readonly height: number;
  readonly width: number;
  readonly planes: number;
} {
  const [height, width] = [shape.at(-2) ?? 0, shape.at(-1) ?? 0];
  if (shape.length < 3 || sizeOf(shape) !== data.length || !(height > 0 && width > 0)) {
    throw new ShapeError(
      `${where}: expected [..., C, H, W] with its numbers, got ${show(shape)}, ${data.length} numbers`,
    );
  }
  return { height, width, planes: data.length / (height * width) };
}

/**
 * A picture in which each pixel is one of the original, or 0.
 *
 * @param from - column and row in the original of a column and row of the result; outside of it, or not whole, is 0
 */
export function remapped(
  where: string,
  picture: Picture,
  from: (x: number, y: number) => readonly [number, number],
): Picture {
  const { height, width, planes } = planesOf(where, picture);
  const data = new Float32Array(picture.data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [column, row] = from(x, y);
      if (!(column >= 0 && column < width && row >= 0 && row < height)) continue;
      for (let plane = 0; plane < planes; plane++) {
        const start = plane * height * width;
        data[start + y * width + x] = picture.data[start + row * width + column]!;
      }
    }
  }
  return { shape: picture.shape, data };
}

/**
 * A box of a picture.
 *
 * @param place - its first column and row, of those that it may have
 * @throws ArgumentError if it is larger than the picture
 */
export function boxOf(
  where: string,
  picture: Picture,
  [rows, columns]: readonly [height: number, width: number],
  place: (freeColumns: number, freeRows: number) => readonly [left: number, top: number],
): Picture {
  const { height, width, planes } = planesOf(where, picture);
  if (!(rows >= 1 && rows <= height && columns >= 1 && columns <= width)) {
    throw new ArgumentError(`${where}: expected sides of 1×1 to ${height}×${width}, got ${rows}×${columns}`);
  }
  const [left, top] = place(width - columns, height - rows);
  const data = new Float32Array(planes * rows * columns);
  for (let row = 0; row < planes * rows; row++) {
    const start = (Math.floor(row / rows) * height + top + (row % rows)) * width + left;
    data.set(picture.data.subarray(start, start + columns), row * columns);
  }
  return { shape: [...picture.shape.slice(0, -2), rows, columns], data };
}

/**
 * The picture turned and sheared about its middle, pixels taken from the nearest place: pixel p of the result is that at
 * A·(p − m) + m of the original, m = ((W − 1)/2, (H − 1)/2); what comes from outside is 0.
 *
 * @param matrix - A, by rows
 */
export function warped(
  where: string,
  picture: Picture,
  matrix: readonly [number, number, number, number],
): Picture {
  const { height, width } = planesOf(where, picture);
  const [mx, my] = [(width - 1) / 2, (height - 1) / 2];
  const [a, b, c, d] = matrix;
  return remapped(where, picture, (x, y) => [
    Math.round(a * (x - mx) + b * (y - my) + mx),
    Math.round(c * (x - mx) + d * (y - my) + my),
  ]);
}

/** Sine and cosine of an angle in degrees, by sums and products alone: the same bits on every platform. */
export function sineCosine(degrees: number): readonly [number, number] {
  const quarters = Math.round(degrees / 90);
  const x = ((degrees - 90 * quarters) * Math.PI) / 180;
  // Taylor series within ±π/4: the next terms are below 1e-16.
  const series = (from: number): number => {
    let sum = 0;
    for (let n = from; n >= 2; n -= 2) sum = ((1 + sum) * -x * x) / (n * (n - 1));
    return 1 + sum;
  };
  const [sine, cosine] = [x * series(19), series(18)];
  const turns = [
    [sine, cosine],
    [cosine, -sine],
    [-sine, -cosine],
    [-cosine, sine],
  ] as const;
  return turns[((quarters % 4) + 4) % 4]!;
}

/** @throws ArgumentError unless low ≤ value ≤ high */
export function within(where: string, name: string, value: number, low: number, high: number): number {
  if (!(value >= low && value <= high)) {
    throw new ArgumentError(`${where}: expected ${name} of ${low} to ${high}, got ${value}`);
  }
  return value;
}
