/** Errors between predicted and true joints, with and without alignment. Joints are flat `[J, 3]`, metres. */
import { ShapeError } from "../core/index.ts";
import { jointIndex } from "./kinematics.ts";
import { subtract3 } from "./matrix3.ts";
import { axisAngleToMatrix, quaternionToAxisAngle } from "./rotation.ts";

const [PELVIS, LEFT_HIP, RIGHT_HIP] = [jointIndex("pelvis"), jointIndex("left_hip"), jointIndex("right_hip")];
const [NECK, HEAD] = [jointIndex("neck"), jointIndex("head")];

/** A similarity transform y = scale · R x + t. */
export type Similarity = {
  readonly scale: number;
  /** `[3, 3]`, a proper rotation. */
  readonly rotation: Float64Array;
  /** `[3]`, metres. */
  readonly translation: Float64Array;
};

function checkPair(where: string, predicted: ArrayLike<number>, target: ArrayLike<number>): number {
  if (predicted.length !== target.length || predicted.length % 3 !== 0 || predicted.length === 0) {
    throw new ShapeError(
      `${where}: expected two arrays [J, 3] of one size, got ${predicted.length} and ${target.length} numbers`,
    );
  }
  return predicted.length / 3;
}

/** Distance of each joint to its target, `[J]` metres. Its mean is the MPJPE. */
export function jointErrors(predicted: ArrayLike<number>, target: ArrayLike<number>): Float64Array {
  const n = checkPair("jointErrors", predicted, target);
  return Float64Array.from({ length: n }, (_, j) =>
    Math.hypot(...subtract3(predicted, target, 3 * j, 3 * j)),
  );
}

/** The joints relative to the mid-point of the two hips (joints 1 and 2), `[J, 3]`. */
export function pelvisAligned(joints: ArrayLike<number>): Float64Array {
  return Float64Array.from(joints, (value, i) => {
    const axis = i % 3;
    return value - (joints[3 * LEFT_HIP + axis]! + joints[3 * RIGHT_HIP + axis]!) / 2;
  });
}

/** Distances after moving both mid-hips to the origin, `[J]` metres. Their mean is the PEL-MPJPE. */
export function pelvisAlignedErrors(predicted: ArrayLike<number>, target: ArrayLike<number>): Float64Array {
  checkPair("pelvisAlignedErrors", predicted, target);
  return jointErrors(pelvisAligned(predicted), pelvisAligned(target));
}

/** Distances after the best similarity transform, `[J]` metres. Their mean is the PA-MPJPE. */
export function procrustesErrors(predicted: ArrayLike<number>, target: ArrayLike<number>): Float64Array {
  return jointErrors(applySimilarity(procrustes(predicted, target), predicted), target);
}

/**
 * The similarity transform that takes `source` closest to `target` in the sum of squares. The rotation is the
 * eigenvector of the largest eigenvalue λ of Horn's 4×4 matrix [Horn1987], hence never a reflection, and equals
 * the singular value solution with the sign fixed [Umeyama1991]; scale = λ / Σ|x|². Points that all coincide give
 * scale 1 and no rotation.
 *
 * @throws ShapeError if the arrays are not both `[J, 3]`
 */
export function procrustes(source: ArrayLike<number>, target: ArrayLike<number>): Similarity {
  const n = checkPair("procrustes", source, target);
  const centreOf = (points: ArrayLike<number>) => {
    const sum = [0, 0, 0];
    for (let i = 0; i < 3 * n; i++) sum[i % 3]! += points[i]! / n;
    return sum;
  };
  const from = centreOf(source);
  const to = centreOf(target);
  const s = new Float64Array(9); // s[a, b] = Σ x_a y_b
  let spread = 0;
  for (let j = 0; j < n; j++) {
    for (let a = 0; a < 3; a++) {
      const x = source[3 * j + a]! - from[a]!;
      spread += x * x;
      for (let b = 0; b < 3; b++) s[3 * a + b]! += x * (target[3 * j + b]! - to[b]!);
    }
  }
  const [xx, xy, xz] = [s[0]!, s[1]!, s[2]!];
  const [yx, yy, yz] = [s[3]!, s[4]!, s[5]!];
  const [zx, zy, zz] = [s[6]!, s[7]!, s[8]!];
  const { value, vector } = largestEigenpair([
    [xx + yy + zz, yz - zy, zx - xz, xy - yx],
    [yz - zy, xx - yy - zz, xy + yx, zx + xz],
    [zx - xz, xy + yx, yy - xx - zz, yz + zy],
    [xy - yx, zx + xz, yz + zy, zz - xx - yy],
  ]);
  const rotation = axisAngleToMatrix(quaternionToAxisAngle(vector));
  const scale = spread > 0 ? value / spread : 1;
  const translation = Float64Array.from({ length: 3 }, (_, a) => {
    let turned = 0;
    for (let b = 0; b < 3; b++) turned += rotation[3 * a + b]! * from[b]!;
    return to[a]! - scale * turned;
  });
  return { scale, rotation, translation };
}

/** Applies a similarity transform to points `[J, 3]`. */
export function applySimilarity(transform: Similarity, points: ArrayLike<number>): Float64Array {
  const { scale, rotation, translation } = transform;
  return Float64Array.from(points, (_, i) => {
    const row = 3 * (i % 3);
    const at = i - (i % 3);
    const turned =
      rotation[row]! * points[at]! +
      rotation[row + 1]! * points[at + 1]! +
      rotation[row + 2]! * points[at + 2]!;
    return scale * turned + translation[i % 3]!;
  });
}

/** Threshold of {@link correctKeypoints}: metres, or a length of the target's body. */
export type PckThreshold = number | "head" | "torso";

/**
 * Percentage of correct keypoints, per joint, `[J]` of 0 or 1: mid-hip-aligned error below a threshold.
 *
 * @param threshold - metres; `"head"` is the target's neck–head distance (joints 12 and 15); `"torso"` a fifth of its
 *   neck–pelvis distance (joints 12 and 0)
 */
export function correctKeypoints(
  predicted: ArrayLike<number>,
  target: ArrayLike<number>,
  threshold: PckThreshold,
): Uint8Array {
  const errors = pelvisAlignedErrors(predicted, target);
  const distance = (a: number, b: number) => Math.hypot(...subtract3(target, target, 3 * a, 3 * b));
  let limit: number;
  if (threshold === "head") limit = distance(NECK, HEAD);
  else if (threshold === "torso") limit = 0.2 * distance(NECK, PELVIS);
  else limit = threshold;
  return Uint8Array.from(errors, (error) => (error < limit ? 1 : 0));
}

/** Largest eigenvalue and its eigenvector of a symmetric 4×4 matrix, by cyclic Jacobi rotations. */
function largestEigenpair(matrix: number[][]): { value: number; vector: [number, number, number, number] } {
  const a = matrix.map((row) => row.slice());
  const v = matrix.map((_, i) => matrix.map((__, j) => (i === j ? 1 : 0)));
  const size = Math.max(...a.flat().map(Math.abs));
  for (let sweep = 0; sweep < 50; sweep++) {
    let off = 0;
    for (let p = 0; p < 4; p++) for (let q = p + 1; q < 4; q++) off = Math.max(off, Math.abs(a[p]![q]!));
    if (!(off > size * 1e-15)) break;
    for (let p = 0; p < 4; p++) for (let q = p + 1; q < 4; q++) jacobiRotation(a, v, p, q);
  }
  let best = 0;
  for (let i = 1; i < 4; i++) if (a[i]![i]! > a[best]![best]!) best = i;
  return { value: a[best]![best]!, vector: [v[0]![best]!, v[1]![best]!, v[2]![best]!, v[3]![best]!] };
}

/** Zeroes a[p][q] of a symmetric matrix by a rotation of axes p and q, and gathers the rotation in v. */
function jacobiRotation(a: number[][], v: number[][], p: number, q: number): void {
  if (a[p]![q] === 0) return;
  const theta = (a[q]![q]! - a[p]![p]!) / (2 * a[p]![q]!);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1);
  const s = t * c;
  for (let k = 0; k < 4; k++) {
    const kp = a[k]![p]!;
    const kq = a[k]![q]!;
    a[k]![p] = c * kp - s * kq;
    a[k]![q] = s * kp + c * kq;
  }
  for (let k = 0; k < 4; k++) {
    const pk = a[p]![k]!;
    const qk = a[q]![k]!;
    a[p]![k] = c * pk - s * qk;
    a[q]![k] = s * pk + c * qk;
    const vp = v[k]![p]!;
    const vq = v[k]![q]!;
    v[k]![p] = c * vp - s * vq;
    v[k]![q] = s * vp + c * vq;
  }
}
