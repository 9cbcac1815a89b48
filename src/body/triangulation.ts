/** Points in space from their places in several pictures. */
import { ArgumentError } from "../core/index.ts";

/** A camera by its projection matrix `[3, 4]`, and where it stands `[3]`. */
export type ProjectiveCamera = { readonly matrix: ArrayLike<number>; readonly position: ArrayLike<number> };

/**
 * A point on the line of sight of a pixel: P⁺·(u, v, 1), divided by its last component [Aydin2024, released code].
 *
 * @param matrix - projection P, `[3, 4]`
 * @returns `[3]`
 */
export function pointOfSight(matrix: ArrayLike<number>, u: number, v: number): Float64Array<ArrayBuffer> {
  // With Pᵀ = QR the shortest solution of Px = w is Q R⁻ᵀ w: rows of P are made orthogonal one after another, each twice for
  // they are nearly parallel, and what is done to them is done to w.
  const point = new Float64Array(4);
  const basis: Float64Array[] = [];
  [u, v, 1].forEach((value, i) => {
    const row = Float64Array.from({ length: 4 }, (_, k) => matrix[4 * i + k]!);
    let left = value - dot(row, point);
    for (const unit of [...basis, ...basis]) {
      const share = dot(row, unit);
      for (let k = 0; k < 4; k++) row[k]! -= share * unit[k]!;
    }
    const length = Math.sqrt(dot(row, row));
    if (!(length > 0))
      throw new ArgumentError("triangulate: expected a projection of rank 3, got one of less");
    left /= length;
    const unit = row.map((component) => component / length);
    for (let k = 0; k < 4; k++) point[k]! += left * unit[k]!;
    basis.push(unit);
  });
  return Float64Array.of(point[0]! / point[3]!, point[1]! / point[3]!, point[2]! / point[3]!);
}

/**
 * The point that is nearest to the lines of sight of its pixels, by least squares.
 *
 * @param cameras - two or more
 * @param pixels - `[cameras, 2]`: u, v in each
 * @returns `[3]`, in the unit of the cameras' positions
 * @throws ArgumentError if there are fewer than two cameras, or their lines are parallel
 */
export function triangulate(
  cameras: readonly ProjectiveCamera[],
  pixels: ArrayLike<number>,
): Float64Array<ArrayBuffer> {
  if (cameras.length < 2)
    throw new ArgumentError(`triangulate: expected two cameras or more, got ${cameras.length}`);
  const normal = new Float64Array(9);
  const right = new Float64Array(3);
  cameras.forEach(({ matrix, position }, c) => {
    const seen = pointOfSight(matrix, pixels[2 * c]!, pixels[2 * c + 1]!);
    const direction = seen.map((value, i) => value - position[i]!);
    const squared = direction.reduce((sum, value) => sum + value * value, 0);
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) {
        const across = Number(i === j) - (direction[i]! * direction[j]!) / squared;
        normal[3 * i + j]! += across;
        right[i]! += across * position[j]!;
      }
    }
  });
  return solve3(normal, right);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

/** Solves a system of three equations by Cramer's rule. */
function solve3(m: Float64Array, right: Float64Array): Float64Array<ArrayBuffer> {
  const [a, b, c, d, e, f, g, h, i] = m as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [x, y, z] = right as unknown as [number, number, number];
  const [ei, di, dh] = [e * i - f * h, d * i - f * g, d * h - e * g];
  const determinant = a * ei - b * di + c * dh;
  // No determinant is larger than the product of its rows' lengths.
  const most = Math.hypot(a, b, c) * Math.hypot(d, e, f) * Math.hypot(g, h, i);
  if (!(Math.abs(determinant) > 1e-13 * most)) {
    throw new ArgumentError("triangulate: expected lines of sight that meet, got parallel ones");
  }
  return Float64Array.of(
    (x * ei - b * (y * i - f * z) + c * (y * h - e * z)) / determinant,
    (a * (y * i - f * z) - x * di + c * (d * z - y * g)) / determinant,
    (a * (e * z - y * h) - b * (d * z - y * g) + x * dh) / determinant,
  );
}
