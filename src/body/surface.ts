/** The surface of the built-in body as tapered capsules, each rigidly attached to one joint. */
import { restJoints } from "./builtin.ts";
import { type JointName, jointIndex, type JointTransforms } from "./kinematics.ts";
import { rotate3, type Vec3 } from "./matrix3.ts";
import { type BodyPart, type Girth, type Pattern, PATTERNS } from "./surface-patterns.ts";

/** A capsule whose radius changes linearly along its axis: the convex hull of two spheres. */
export type Capsule = {
  /** Index of the joint that carries it. */
  readonly joint: number;
  /** Centres of its ends in the joint's frame (rest orientation, relative to the joint), metres. */
  readonly a: Vec3;
  readonly b: Vec3;
  /** Radii at its ends, metres. */
  readonly radiusA: number;
  readonly radiusB: number;
  readonly part: BodyPart;
};

function scale(girth: Girth, shape: ArrayLike<number>): number {
  let factor = 1;
  for (const [k, share] of Object.entries(girth)) factor += share! * shape[Number(k)]!;
  return Math.max(factor, 0.3);
}

function mirrored(pattern: Pattern): Pattern {
  const flip = (v: Vec3): Vec3 => [-v[0], v[1], v[2]];
  const right = (name: JointName) => name.replace("left_", "right_") as JointName;
  return {
    ...pattern,
    joint: right(pattern.joint),
    ...(pattern.towards && { towards: right(pattern.towards) }),
    ...(pattern.a && { a: flip(pattern.a) }),
    ...(pattern.b && { b: flip(pattern.b) }),
  };
}

/**
 * Capsules of the built-in body. To pose one, transform its ends by its joint: x = x_j + W_j a.
 *
 * @param shape - `[10]`; see `builtin.ts`. Beyond ±3, girths are held at 30 % of the mean or more.
 * @throws ShapeError if shape has not 10 numbers
 */
export function surface(shape: ArrayLike<number>): Capsule[] {
  const rest = restJoints(shape);
  const sided = PATTERNS.flatMap((p) => (p.joint.startsWith("left_") ? [p, mirrored(p)] : [p]));
  return sided.map((pattern) => {
    const { along = [0, 0], a = [0, 0, 0], b = [0, 0, 0] } = pattern;
    const joint = jointIndex(pattern.joint);
    const towards = pattern.towards === undefined ? joint : jointIndex(pattern.towards);
    const factor = scale(pattern.girth, shape);
    const end = (share: number, offset: Vec3): Vec3 => {
      const at = (i: number) => share * (rest[3 * towards + i]! - rest[3 * joint + i]!) + factor * offset[i]!;
      return [at(0), at(1), at(2)];
    };
    return {
      joint,
      a: end(along[0], a),
      b: end(along[1], b),
      radiusA: factor * pattern.radii[0],
      radiusB: factor * pattern.radii[1],
      part: pattern.part,
    };
  });
}

/** Centre of one end of a capsule in the world. */
export function capsuleEnd(transforms: JointTransforms, capsule: Capsule, end: "a" | "b"): Vec3 {
  const { joints, rotations } = transforms;
  const j = capsule.joint;
  const [x, y, z] = rotate3(rotations, capsule[end], 9 * j);
  return [joints[3 * j]! + x, joints[3 * j + 1]! + y, joints[3 * j + 2]! + z];
}

/** Height (y, metres) of the lowest point of some capsules of a posed body. */
export function lowestPoint(transforms: JointTransforms, capsules: readonly Capsule[]): number {
  let lowest = Infinity;
  for (const capsule of capsules) {
    lowest = Math.min(
      lowest,
      capsuleEnd(transforms, capsule, "a")[1] - capsule.radiusA,
      capsuleEnd(transforms, capsule, "b")[1] - capsule.radiusB,
    );
  }
  return lowest;
}
