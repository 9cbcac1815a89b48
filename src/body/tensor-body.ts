/** The built-in body on tensors: what {@link poseBuiltinBody} computes, differentiable. */
import {
  acos,
  add,
  affine,
  clamp,
  concat,
  div,
  linear,
  matmul,
  mul,
  permute,
  reshape,
  slice,
  sqrt,
  square,
  stack,
  sub,
  sum,
} from "../autograd/index.ts";
import { dims } from "../core/index.ts";
import { type Tensor, tensor } from "../tensor/index.ts";
import { BUILTIN_JOINT_BASIS, BUILTIN_JOINT_TEMPLATE } from "./builtin.ts";
import { JOINT_PARENTS } from "./kinematics.ts";
import { JOINTS, SHAPE_COEFFICIENTS } from "./pose.ts";
import { type SmplModel, smplRestJoints } from "./smpl.ts";

/**
 * 6D rotations to matrices, the twin of {@link sixDToMatrix}: x = a/|a|, z = x×b/|x×b|, y = z×x are the columns.
 *
 * @param sixD - `[..., 6]`: a, then b
 * @returns `[..., 3, 3]`
 * @throws ShapeError
 */
export function rotationFromSixD(sixD: Tensor): Tensor {
  dims("rotationFromSixD", "... 6", sixD.shape);
  const last = sixD.shape.length - 1;
  const x = normalised(slice(sixD, last, 0, 3));
  const z = normalised(cross(x, slice(sixD, last, 3, 6)));
  return stack([x, cross(z, x), z], last + 1);
}

function normalised(v: Tensor): Tensor {
  const squares = sum(square(v), [v.shape.length - 1]);
  const norm = sqrt(clamp(squares, 1e-16, Infinity));
  return div(v, reshape(norm, [...norm.shape, 1]));
}

function cross(a: Tensor, b: Tensor): Tensor {
  return sub(mul(rolled(a, 1), rolled(b, 2)), mul(rolled(a, 2), rolled(b, 1)));
}

/** (v₀, v₁, v₂) → (vₖ, vₖ₊₁, vₖ₊₂), indices modulo 3. */
function rolled(v: Tensor, k: number): Tensor {
  const last = v.shape.length - 1;
  return concat([slice(v, last, k, 3), slice(v, last, 0, k)], last);
}

/**
 * Angle between rotations, the geodesic distance on SO(3): arccos((tr(AᵀB) − 1)/2), the cosine kept 1e-6 from ±1.
 *
 * @param a - `[..., 3, 3]`
 * @param b - `[..., 3, 3]`
 * @returns `[...]`, radians
 */
export function rotationAngle(a: Tensor, b: Tensor): Tensor {
  dims("rotationAngle", "... 3 3", a.shape);
  const last = a.shape.length - 1;
  const trace = sum(mul(a, b), [last - 1, last]);
  return acos(clamp(affine(trace, 0.5, -0.5), -1 + 1e-6, 1 - 1e-6));
}

/** Joints of a body at rest, linear in its shape: `template [24, 3]` + `basis [24, 3, 10]` · shape, metres. */
export type RestJoints = { readonly template: ArrayLike<number>; readonly basis: ArrayLike<number> };

const BUILTIN: RestJoints = { template: BUILTIN_JOINT_TEMPLATE, basis: BUILTIN_JOINT_BASIS };

/** Joints of an SMPL body at rest: its regressor applied to the template and to each of the shape's directions. */
export function smplJointBasis(model: SmplModel): RestJoints {
  const template = smplRestJoints(model, new Float64Array(SHAPE_COEFFICIENTS));
  const basis = new Float64Array(3 * JOINTS * SHAPE_COEFFICIENTS);
  for (let k = 0; k < SHAPE_COEFFICIENTS; k++) {
    const unit = Float64Array.from({ length: SHAPE_COEFFICIENTS }, (_, i) => Number(i === k));
    smplRestJoints(model, unit).forEach((value, at) => {
      basis[at * SHAPE_COEFFICIENTS + k] = value - template[at]!;
    });
  }
  return { template, basis };
}

/**
 * Joints of a body, relative to its pelvis if that rests at the origin, as the built-in body's does.
 *
 * @param rotations - of each joint relative to its parent, `[N, 24, 3, 3]`
 * @param shape - `[N, 10]`
 * @param rest - the body; the built-in one by default, {@link smplJointBasis} for SMPL
 * @returns `[N, 24, 3]`, metres; add the translation for places in space
 * @throws ShapeError
 */
export function bodyJoints(rotations: Tensor, shape: Tensor, rest: RestJoints = BUILTIN): Tensor {
  const { N } = dims("bodyJoints", "N 24 3 3", rotations.shape) as { N: number };
  dims("bodyJoints shape", "N 10", shape.shape, { N });
  const { template, basis } = boneOffsets(rest);
  const offsets = add(linear(shape, tensor(basis, [3 * JOINTS, SHAPE_COEFFICIENTS]), null), tensor(template));
  const bones = permute(reshape(offsets, [N, JOINTS, 3, 1]), [1, 0, 2, 3]);
  const local = permute(rotations, [1, 0, 2, 3]);
  const at = (x: Tensor, joint: number) => reshape(slice(x, 0, joint, joint + 1), [N, 3, -1]);
  const world: Tensor[] = [at(local, 0)];
  const places: Tensor[] = [at(bones, 0)];
  for (let joint = 1; joint < JOINTS; joint++) {
    const parent = JOINT_PARENTS[joint]!;
    world.push(matmul(world[parent]!, at(local, joint)));
    places.push(add(places[parent]!, matmul(world[parent]!, at(bones, joint))));
  }
  return reshape(stack(places, 1), [N, JOINTS, 3]);
}

/** Bone from the parent to each joint, in rest: `template [72]` and `basis [72, 10]`; that of the root is its place. */
function boneOffsets({ template, basis }: RestJoints): { template: Float64Array; basis: Float64Array } {
  const bones = { template: Float64Array.from(template), basis: Float64Array.from(basis) };
  const perJoint = 3 * SHAPE_COEFFICIENTS;
  for (let joint = 1; joint < JOINTS; joint++) {
    const parent = JOINT_PARENTS[joint]!;
    for (let i = 0; i < 3; i++) bones.template[3 * joint + i]! -= template[3 * parent + i]!;
    for (let i = 0; i < perJoint; i++) bones.basis[perJoint * joint + i]! -= basis[perJoint * parent + i]!;
  }
  return bones;
}

/**
 * Projects points by pinhole cameras: (x/z·fx + cx)/width and likewise for y, z kept at 0.1 m or more.
 *
 * @param points - camera coordinates, `[N, J, 3]`, metres
 * @param intrinsics - fx/width, fy/height, cx/width, cy/height of each sample, `[N, 1, 4]`
 * @returns `[N, J, 2]`, in units of the image's size
 */
export function projectNormalized(points: Tensor, intrinsics: Tensor): Tensor {
  const depth = clamp(slice(points, 2, 2, 3), 0.1, Infinity);
  const plane = div(slice(points, 2, 0, 2), depth);
  return add(mul(plane, slice(intrinsics, 2, 0, 2)), slice(intrinsics, 2, 2, 4));
}
