/** Vectors of three numbers and 3×3 matrices, flat and row-major. */

/** A point or direction. */
export type Vec3 = readonly [number, number, number];

/** The 3×3 identity, row-major `[9]`. */
export function identity3(): Float64Array {
  return Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
}

/** Product a·b of two 3×3 matrices, each read from an offset of a longer array. */
export function multiply3(a: ArrayLike<number>, b: ArrayLike<number>, aAt = 0, bAt = 0): Float64Array {
  const out = new Float64Array(9);
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) {
      let sum = 0;
      for (let k = 0; k < 3; k++) sum += a[aAt + 3 * i + k]! * b[bAt + 3 * k + j]!;
      out[3 * i + j] = sum;
    }
  }
  return out;
}

/** Transpose of a 3×3 matrix; the inverse, if it is a rotation. */
export function transpose3(m: ArrayLike<number>, at = 0): Float64Array {
  const out = new Float64Array(9);
  for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) out[3 * i + j] = m[at + 3 * j + i]!;
  return out;
}

/** Matrix times vector, each read from an offset of a longer array. */
export function rotate3(
  m: ArrayLike<number>,
  v: ArrayLike<number>,
  mAt = 0,
  vAt = 0,
): [number, number, number] {
  const x = v[vAt]!;
  const y = v[vAt + 1]!;
  const z = v[vAt + 2]!;
  return [
    m[mAt]! * x + m[mAt + 1]! * y + m[mAt + 2]! * z,
    m[mAt + 3]! * x + m[mAt + 4]! * y + m[mAt + 5]! * z,
    m[mAt + 6]! * x + m[mAt + 7]! * y + m[mAt + 8]! * z,
  ];
}

/** a − b of two points, each read from an offset of a longer array. */
export function subtract3(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  aAt = 0,
  bAt = 0,
): [number, number, number] {
  return [a[aAt]! - b[bAt]!, a[aAt + 1]! - b[bAt + 1]!, a[aAt + 2]! - b[bAt + 2]!];
}

/** Cross product a × b. */
export function cross3(a: ArrayLike<number>, b: ArrayLike<number>): [number, number, number] {
  return [a[1]! * b[2]! - a[2]! * b[1]!, a[2]! * b[0]! - a[0]! * b[2]!, a[0]! * b[1]! - a[1]! * b[0]!];
}

/** Scalar product. */
export function dot3(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return a[0]! * b[0]! + a[1]! * b[1]! + a[2]! * b[2]!;
}

/** Euclidean length. */
export function length3(v: ArrayLike<number>): number {
  return Math.hypot(v[0]!, v[1]!, v[2]!);
}

/** v / max(|v|, 1e-8): a unit vector, or (nearly) zero for a (nearly) zero vector. */
export function normalise3(v: ArrayLike<number>): [number, number, number] {
  const n = Math.max(length3(v), 1e-8);
  return [v[0]! / n, v[1]! / n, v[2]! / n];
}
