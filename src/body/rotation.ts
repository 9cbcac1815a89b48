/**
 * Rotations: axis-angle `[N, 3]`, matrices `[N, 3, 3]` (row-major), the continuous 6D form `[N, 6]`, quaternions
 * `[4]` as (w, x, y, z). All arrays are flat; the functions on `[N, …]` work on one rotation (N = 1) or on many.
 */
import { ShapeError } from "../core/index.ts";
import { cross3, dot3, length3, multiply3, normalise3, type Vec3 } from "./matrix3.ts";

function count(where: string, array: ArrayLike<number>, width: number): number {
  if (array.length % width !== 0) {
    throw new ShapeError(`${where}: expected a multiple of ${width} numbers, got ${array.length}`);
  }
  return array.length / width;
}

/**
 * Rodrigues' formula, `[N, 3]` radians to `[N, 3, 3]`: R = I + a K + b K², where K is the cross-product matrix of
 * the axis-angle vector r, θ = |r|, a = sin θ / θ, b = (1 − cos θ) / θ². Smooth at zero. SMPL's `batch_rodrigues`
 * adds 1e-8 to r before taking its length; it agrees with this within 2e-8.
 */
export function axisAngleToMatrix(axisAngle: ArrayLike<number>): Float64Array {
  const n = count("axisAngleToMatrix", axisAngle, 3);
  const out = new Float64Array(9 * n);
  for (let i = 0; i < n; i++) {
    const x = axisAngle[3 * i]!;
    const y = axisAngle[3 * i + 1]!;
    const z = axisAngle[3 * i + 2]!;
    const square = x * x + y * y + z * z;
    const angle = Math.sqrt(square);
    const small = angle < 1e-4; // two Taylor terms are exact to rounding below this
    const a = small ? 1 - square / 6 : Math.sin(angle) / angle;
    const b = small ? 0.5 - square / 24 : (1 - Math.cos(angle)) / square;
    out.set(
      [
        1 - b * (y * y + z * z),
        b * x * y - a * z,
        b * x * z + a * y,
        b * x * y + a * z,
        1 - b * (x * x + z * z),
        b * y * z - a * x,
        b * x * z - a * y,
        b * y * z + a * x,
        1 - b * (x * x + y * y),
      ],
      9 * i,
    );
  }
  return out;
}

/** Matrices `[N, 3, 3]` to axis-angle `[N, 3]` with angles in [0, π], by way of quaternions. */
export function matrixToAxisAngle(matrix: ArrayLike<number>): Float64Array {
  const n = count("matrixToAxisAngle", matrix, 9);
  const out = new Float64Array(3 * n);
  for (let i = 0; i < n; i++) {
    out.set(quaternionToAxisAngle(matrixToQuaternion(matrix, 9 * i)), 3 * i);
  }
  return out;
}

/**
 * The 6D form of [Zhou2019], `[N, 6]` to `[N, 3, 3]`. The first three numbers are the raw x column, the next
 * three the raw y column (not interleaved): x = x̂/|x̂|, z = x × ŷ / |x × ŷ|, y = z × x; columns [x y z]. Lengths are
 * clamped at 1e-8.
 */
export function sixDToMatrix(sixD: ArrayLike<number>): Float64Array {
  const n = count("sixDToMatrix", sixD, 6);
  const out = new Float64Array(9 * n);
  for (let i = 0; i < n; i++) {
    const at = 6 * i;
    const x = normalise3([sixD[at]!, sixD[at + 1]!, sixD[at + 2]!]);
    const z = normalise3(cross3(x, [sixD[at + 3]!, sixD[at + 4]!, sixD[at + 5]!]));
    const y = cross3(z, x);
    for (let row = 0; row < 3; row++) out.set([x[row]!, y[row]!, z[row]!], 9 * i + 3 * row);
  }
  return out;
}

/** Matrices `[N, 3, 3]` to 6D `[N, 6]`: the x column, then the y column. Inverse of {@link sixDToMatrix}. */
export function matrixToSixD(matrix: ArrayLike<number>): Float64Array {
  const n = count("matrixToSixD", matrix, 9);
  const out = new Float64Array(6 * n);
  for (let i = 0; i < n; i++) {
    for (let row = 0; row < 3; row++) {
      out[6 * i + row] = matrix[9 * i + 3 * row]!;
      out[6 * i + 3 + row] = matrix[9 * i + 3 * row + 1]!;
    }
  }
  return out;
}

/**
 * Angle of the rotation Aᵀ B between matrices, `[N, 3, 3]` each, to `[N]` radians in [0, π]. By atan2 of the sine and
 * cosine, hence exact near 0 and π, where arccos((trace − 1) / 2) is not.
 */
export function geodesicDistance(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  const n = count("geodesicDistance", a, 9);
  if (a.length !== b.length) {
    throw new ShapeError(
      `geodesicDistance: expected as many numbers in b as in a (${a.length}), got ${b.length}`,
    );
  }
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const q = matrixToQuaternion(a, 9 * i);
    const p = matrixToQuaternion(b, 9 * i);
    const [w, x, y, z] = multiplyQuaternions([q[0], -q[1], -q[2], -q[3]], p);
    out[i] = 2 * Math.atan2(Math.hypot(x, y, z), Math.abs(w));
  }
  return out;
}

/** A unit quaternion (w, x, y, z). */
export type Quaternion = readonly [number, number, number, number];

/** Hamilton product: the rotation q after p. */
export function multiplyQuaternions(q: Quaternion, p: Quaternion): Quaternion {
  const [a, b, c, d] = q;
  const [e, f, g, h] = p;
  return [
    a * e - b * f - c * g - d * h,
    a * f + b * e + c * h - d * g,
    a * g - b * h + c * e + d * f,
    a * h + b * g - c * f + d * e,
  ];
}

/** Quaternion of one rotation matrix, with w ≥ 0; Shepperd's method (the largest component is found first). */
export function matrixToQuaternion(m: ArrayLike<number>, at = 0): Quaternion {
  const xx = m[at]!;
  const yy = m[at + 4]!;
  const zz = m[at + 8]!;
  const x = m[at + 7]! - m[at + 5]!;
  const y = m[at + 2]! - m[at + 6]!;
  const z = m[at + 3]! - m[at + 1]!;
  const xy = m[at + 1]! + m[at + 3]!;
  const xz = m[at + 2]! + m[at + 6]!;
  const yz = m[at + 5]! + m[at + 7]!;
  const trace = xx + yy + zz;
  const largest = Math.max(trace, xx, yy, zz);
  let q: Quaternion;
  if (largest === trace) q = [1 + trace, x, y, z];
  else if (largest === xx) q = [x, 1 + xx - yy - zz, xy, xz];
  else if (largest === yy) q = [y, xy, 1 + yy - xx - zz, yz];
  else q = [z, xz, yz, 1 + zz - xx - yy];
  const n = Math.hypot(...q) * (q[0] < 0 ? -1 : 1);
  return [q[0] / n, q[1] / n, q[2] / n, q[3] / n];
}

/** Quaternion of one axis-angle vector, read from an offset of a longer array. */
export function axisAngleToQuaternion(r: ArrayLike<number>, at = 0): Quaternion {
  const angle = Math.hypot(r[at]!, r[at + 1]!, r[at + 2]!);
  const s = angle < 1e-8 ? 0.5 : Math.sin(angle / 2) / angle;
  return [Math.cos(angle / 2), r[at]! * s, r[at + 1]! * s, r[at + 2]! * s];
}

/** Axis-angle vector of a quaternion, angle in [0, π] for w ≥ 0. */
export function quaternionToAxisAngle(q: Quaternion): Vec3 {
  const sine = Math.hypot(q[1], q[2], q[3]);
  const s = sine < 1e-12 ? 2 : (2 * Math.atan2(sine, q[0])) / sine;
  return [q[1] * s, q[2] * s, q[3] * s];
}

/** Spherical interpolation from q (at 0) to p (at 1) along the shorter arc [Shoemake1985]. */
export function slerp(q: Quaternion, p: Quaternion, fraction: number): Quaternion {
  let cosine = q[0] * p[0] + q[1] * p[1] + q[2] * p[2] + q[3] * p[3];
  const sign = cosine < 0 ? -1 : 1;
  cosine = Math.min(1, cosine * sign);
  const angle = Math.acos(cosine);
  const sine = Math.sin(angle);
  const nearly = sine < 1e-6; // then the chord is the arc
  const a = nearly ? 1 - fraction : Math.sin((1 - fraction) * angle) / sine;
  const b = (nearly ? fraction : Math.sin(fraction * angle) / sine) * sign;
  const mixed = q.map((value, i) => a * value + b * p[i]!);
  const n = Math.hypot(...mixed);
  return [mixed[0]! / n, mixed[1]! / n, mixed[2]! / n, mixed[3]! / n];
}

/** Rotation by an angle (radians) about a coordinate axis. */
export function axisRotation(axis: "X" | "Y" | "Z", angle: number): Float64Array {
  const c = Math.cos(angle);
  const s = Math.sin(angle);
  if (axis === "X") return Float64Array.of(1, 0, 0, 0, c, -s, 0, s, c);
  if (axis === "Y") return Float64Array.of(c, 0, s, 0, 1, 0, -s, 0, c);
  return Float64Array.of(c, -s, 0, s, c, 0, 0, 0, 1);
}

/**
 * Angles (z, y, x) in radians with R = Rz(z) Ry(y) Rx(x), y in [−π/2, π/2]; at |y| = π/2, where z and x turn about
 * the same axis, x is 0.
 */
export function matrixToEulerZyx(m: ArrayLike<number>, at = 0): Vec3 {
  const cosineY = Math.hypot(m[at]!, m[at + 3]!);
  const y = Math.atan2(-m[at + 6]!, cosineY);
  if (cosineY < 1e-9) return [Math.atan2(-m[at + 1]!, m[at + 4]!), y, 0];
  return [Math.atan2(m[at + 3]!, m[at]!), y, Math.atan2(m[at + 7]!, m[at + 8]!)];
}

/**
 * The smallest rotation that takes direction `from` to direction `to`; neither need be of unit length. For opposite
 * directions it is half a turn about some axis square to them.
 */
export function rotationBetween(from: ArrayLike<number>, to: ArrayLike<number>): Float64Array {
  const a = normalise3(from);
  const b = normalise3(to);
  if (dot3(a, b) >= 0) return acuteRotation(a, b);
  // Half a turn about the common normal takes a to −a, from where the rest is acute and hence accurate.
  const normal = cross3(a, b);
  // Too near to opposite for a normal that means something, any axis square to a will do.
  const hint: Vec3 = length3(normal) > 1e-6 ? normal : Math.abs(a[0]) < 0.9 ? [1, 0, 0] : [0, 1, 0];
  const axis = normalise3(cross3(cross3(a, hint), a));
  const halfTurn = axisAngleToMatrix(axis.map((v) => v * Math.PI));
  return multiply3(acuteRotation([-a[0], -a[1], -a[2]], b), halfTurn);
}

/** R = I + K + K² / (1 + a·b), with K the cross-product matrix of a × b, for unit vectors less than π/2 apart. */
function acuteRotation(a: Vec3, b: Vec3): Float64Array {
  const [x, y, z] = cross3(a, b);
  const k = 1 / (1 + dot3(a, b));
  return Float64Array.of(
    1 - k * (y * y + z * z),
    k * x * y - z,
    k * x * z + y,
    k * x * y + z,
    1 - k * (x * x + z * z),
    k * y * z - x,
    k * x * z - y,
    k * y * z + x,
    1 - k * (x * x + y * y),
  );
}
