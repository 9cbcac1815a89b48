/** Positions and orientations of a BVH skeleton. */
import { axisRotation, identity3, multiply3, rotate3 } from "../../body/index.ts";
import type { JointTransforms } from "../../body/index.ts";
import type { BvhDocument, BvhJoint } from "./bvh.ts";

const RADIANS = Math.PI / 180;

/** Rest positions of the joints, `[J, 3]`, units of the file. */
export function bvhRest(document: BvhDocument): Float64Array {
  const rest = new Float64Array(3 * document.joints.length);
  document.joints.forEach(({ parent, offset }, j) => {
    for (let i = 0; i < 3; i++) rest[3 * j + i] = offset[i]! + (parent < 0 ? 0 : rest[3 * parent + i]!);
  });
  return rest;
}

/** The motion of one joint in one frame: its rotation, and its offset from the parent. */
function localMotion(document: BvhDocument, joint: BvhJoint, frame: number) {
  let rotation = identity3();
  const offset = [...joint.offset] as [number, number, number];
  let moved = false;
  joint.channels.forEach((channel, c) => {
    const value = document.values[frame * document.columns + joint.column + c]!;
    const axis = channel[0] as "X" | "Y" | "Z";
    if (channel.endsWith("rotation")) {
      rotation = multiply3(rotation, axisRotation(axis, value * RADIANS));
      return;
    }
    // Positions replace the offset, as Blender and MotionBuilder read them.
    if (!moved) offset.fill(0);
    moved = true;
    offset["XYZ".indexOf(axis)] = value;
  });
  return { rotation, offset };
}

/**
 * Forward kinematics of one frame. Position channels replace the OFFSET of their joint.
 *
 * @returns positions `[J, 3]` in units of the file, and world orientations `[J, 3, 3]`
 */
export function bvhTransforms(document: BvhDocument, frame: number): JointTransforms {
  const n = document.joints.length;
  const joints = new Float64Array(3 * n);
  const rotations = new Float64Array(9 * n);
  document.joints.forEach((joint, j) => {
    const { rotation, offset } = localMotion(document, joint, frame);
    const p = joint.parent;
    const bone = p < 0 ? offset : rotate3(rotations, offset, 9 * p);
    for (let i = 0; i < 3; i++) joints[3 * j + i] = bone[i]! + (p < 0 ? 0 : joints[3 * p + i]!);
    rotations.set(p < 0 ? rotation : multiply3(rotations, rotation, 9 * p), 9 * j);
  });
  return { joints, rotations };
}
