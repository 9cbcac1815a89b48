/** SMPL's kinematic tree of 24 joints, and forward kinematics along it. */
import { ShapeError } from "../core/index.ts";
import { rotate3, subtract3 } from "./matrix3.ts";
import { JOINTS } from "./pose.ts";
import { axisAngleToMatrix, matrixToAxisAngle } from "./rotation.ts";

/** Names of the 24 joints, in SMPL's order. */
export const JOINT_NAMES = [
  "pelvis",
  "left_hip",
  "right_hip",
  "spine1",
  "left_knee",
  "right_knee",
  "spine2",
  "left_ankle",
  "right_ankle",
  "spine3",
  "left_foot",
  "right_foot",
  "neck",
  "left_collar",
  "right_collar",
  "head",
  "left_shoulder",
  "right_shoulder",
  "left_elbow",
  "right_elbow",
  "left_wrist",
  "right_wrist",
  "left_hand",
  "right_hand",
] as const;

/** Name of a joint. */
export type JointName = (typeof JOINT_NAMES)[number];

/** Index of a joint's parent, −1 for the root; a parent always comes before its children. */
export const JOINT_PARENTS: readonly number[] = [
  -1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21,
];

/** Index of a joint. */
export function jointIndex(name: JointName): number {
  return JOINT_NAMES.indexOf(name);
}

/** Where the joints of a posed body are. */
export type JointTransforms = {
  /** Positions, `[24, 3]`, metres. */
  readonly joints: Float64Array;
  /** Orientation of each joint's frame in the world, `[24, 3, 3]`; the identity in the rest pose. */
  readonly rotations: Float64Array;
};

/**
 * Forward kinematics: with R_j the rotation of joint j relative to its parent p, J_j its rest position and t the
 * translation, W_0 = R_0, x_0 = J_0 + t, W_j = W_p R_j, x_j = x_p + W_p (J_j − J_p). This is the chain of 4×4
 * matrices of [Loper2015, eq. 4]; the root turns about its own rest position.
 *
 * @param restJoints - joints of the rest pose, `[24, 3]`, metres
 * @param rotations - `[24, 3, 3]`, relative to the parent
 * @param translation - `[3]`, metres
 * @param parents - as {@link JOINT_PARENTS}
 */
export function forwardKinematics(
  restJoints: ArrayLike<number>,
  rotations: ArrayLike<number>,
  translation: ArrayLike<number> = [0, 0, 0],
  parents: ArrayLike<number> = JOINT_PARENTS,
): JointTransforms {
  const n = parents.length;
  if (restJoints.length !== 3 * n || rotations.length !== 9 * n) {
    throw new ShapeError(
      `forwardKinematics: expected ${3 * n} and ${9 * n} numbers, got ${restJoints.length} and ${rotations.length}`,
    );
  }
  const joints = new Float64Array(3 * n);
  const world = new Float64Array(9 * n);
  for (let j = 0; j < n; j++) {
    const p = parents[j]!;
    if (p < 0) {
      for (let i = 0; i < 9; i++) world[9 * j + i] = rotations[9 * j + i]!;
      for (let i = 0; i < 3; i++) joints[3 * j + i] = restJoints[3 * j + i]! + translation[i]!;
      continue;
    }
    // In place, as this is done for every joint of every rendered frame.
    for (let r = 0; r < 9; r += 3) {
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let k = 0; k < 3; k++) sum += world[9 * p + r + k]! * rotations[9 * j + 3 * k + c]!;
        world[9 * j + r + c] = sum;
      }
    }
    const bone = rotate3(world, subtract3(restJoints, restJoints, 3 * j, 3 * p), 9 * p);
    for (let i = 0; i < 3; i++) joints[3 * j + i] = joints[3 * p + i]! + bone[i]!;
  }
  return { joints, rotations: world };
}

/** {@link forwardKinematics} from axis-angle rotations, `[24, 3]` radians. */
export function poseJoints(
  restJoints: ArrayLike<number>,
  pose: ArrayLike<number>,
  translation: ArrayLike<number> = [0, 0, 0],
): JointTransforms {
  if (pose.length !== 3 * JOINTS) {
    throw new ShapeError(`poseJoints: expected a pose [24, 3] of 72 numbers, got ${pose.length}`);
  }
  return forwardKinematics(restJoints, axisAngleToMatrix(pose), translation);
}

/**
 * Inverse of the rotation part of {@link forwardKinematics}: world orientations `[24, 3, 3]` to axis-angle rotations
 * relative to the parent, `[24, 3]` radians.
 */
export function localPose(world: ArrayLike<number>): Float64Array {
  const local = new Float64Array(9 * JOINTS);
  for (let j = 0; j < JOINTS; j++) {
    const p = JOINT_PARENTS[j]!;
    for (let r = 0; r < 3; r++) {
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        if (p < 0) sum = world[9 * j + 3 * r + c]!;
        else for (let k = 0; k < 3; k++) sum += world[9 * p + 3 * k + r]! * world[9 * j + 3 * k + c]!;
        local[9 * j + 3 * r + c] = sum;
      }
    }
  }
  return matrixToAxisAngle(local);
}
