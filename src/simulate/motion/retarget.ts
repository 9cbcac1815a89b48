/** From the skeleton of a motion capture to our 24 joints. */
import { FormatError } from "../../core/index.ts";
import {
  cross3,
  identity3,
  JOINT_PARENTS,
  JOINTS,
  type JointName,
  type JointTransforms,
  jointIndex,
  JOINT_NAMES,
  length3,
  localPose,
  lowestPoint,
  type Motion,
  multiply3,
  normalise3,
  poseJoints,
  restJoints,
  rotate3,
  rotationBetween,
  SHAPE_COEFFICIENTS,
  subtract3,
  surface,
  transpose3,
  type Vec3,
} from "../../body/index.ts";
import { bvhRest, bvhTransforms } from "./bvh-kinematics.ts";
import type { BvhDocument } from "./bvh.ts";
import { type BoneMap, mapBones } from "./skeletons.ts";

/** A captured motion of a skeleton with bones of its own. */
export type SkeletonMotion = {
  /** Name of the format, for messages. */
  readonly format: string;
  readonly frameRateHz: number;
  /** Number of frames F. */
  readonly frames: number;
  readonly bones: BoneMap;
  /** Rest positions of the joints, `[J, 3]`, in any unit. */
  readonly rest: Float64Array;
  /** Positions, in the unit of `rest`, and world orientations of the joints in a frame. */
  readonly transforms: (frame: number) => JointTransforms;
};

/** Who performs a captured motion, and which part of it. */
export type Performance = {
  /** Coefficients of the body, `[10]`; the mean body by default. */
  readonly shape?: ArrayLike<number>;
  /** First frame; 0 by default. */
  readonly first?: number;
  /** Number of frames; up to the end by default. */
  readonly frames?: number;
};

/**
 * Retargets a motion to the built-in body, so that corresponding bones point the same way in the world: with R_s
 * the world orientation of the source's joint and A the smallest rotation from our rest bone to the source's,
 * W = R_s A; joints without a bone of their own (head, chest) keep the source's rotation from rest. The way of the
 * pelvis is scaled by the ratio of leg lengths, whatever unit the file has (CMU's is 0.0564444 m), and the body set
 * so that in one frame out of five its lowest sole is at y = 0 or below.
 *
 * The source's rest pose must stand upright along a coordinate axis; it is turned to y up, facing +z.
 *
 * @throws FormatError if the source's legs have no length
 */
export function retargetSkeleton(source: SkeletonMotion, options: Performance = {}): Motion {
  const { shape = new Float64Array(SHAPE_COEFFICIENTS), first = 0 } = options;
  const { bones, rest: sourceRest } = source;
  const frames = Math.min(options.frames ?? Infinity, source.frames - first);
  const ourRest = restJoints(shape);
  const upright = uprightFrame(bones, sourceRest);
  const alignment = boneAlignment(bones, sourceRest, ourRest, upright);
  const scale = legLength(ourRest, jointIndex) / legLength(sourceRest, (name) => bones.get(name)!);
  if (!Number.isFinite(scale)) {
    throw new FormatError(source.format, 0, "expected legs of some length, got 0");
  }
  const toOurWorld = transpose3(upright);
  const pose = new Float64Array(frames * JOINTS * 3);
  const translation = new Float64Array(frames * 3);
  const root = bones.get("pelvis")!;
  for (let f = 0; f < frames; f++) {
    const { joints, rotations } = source.transforms(first + f);
    const world = new Float64Array(9 * JOINTS);
    for (let j = 0; j < JOINTS; j++) {
      const s = bones.get(JOINT_NAMES[j]!);
      if (s === undefined) {
        const parent = JOINT_PARENTS[j]!;
        world.copyWithin(9 * j, 9 * parent, 9 * parent + 9);
      } else {
        const turned = multiply3(rotations, alignment[j]!, 9 * s);
        world.set(multiply3(toOurWorld, turned), 9 * j);
      }
    }
    pose.set(localPose(world), f * JOINTS * 3);
    translation.set(
      rotate3(toOurWorld, joints, 0, 3 * root).map((v) => v * scale),
      3 * f,
    );
  }
  const motion = { frameRateHz: source.frameRateHz, pose, translation };
  standOnFloor(motion, shape);
  return motion;
}

/**
 * Retargets a BVH motion as {@link retargetSkeleton} does. Skeletons of CMU (cgspeed), Mixamo (also LAFAN1) and this
 * library are known by the names of their bones.
 *
 * @param options.shape - coefficients of the body that will perform the motion, `[10]`
 * @throws FormatError if the skeleton is not known (names the missing bones)
 */
export function retargetBvh(document: BvhDocument, options: Performance = {}): Motion {
  return retargetSkeleton(bvhSkeleton(document), options);
}

/**
 * A BVH file as a motion that can be retargeted.
 *
 * @throws FormatError if the skeleton is not known (names the missing bones)
 */
export function bvhSkeleton(document: BvhDocument): SkeletonMotion {
  return {
    format: "bvh",
    frameRateHz: 1 / document.frameTimeSeconds,
    frames: document.frames,
    bones: mapBones(document.joints.map((joint) => joint.name)),
    rest: bvhRest(document),
    transforms: (frame) => bvhTransforms(document, frame),
  };
}

/** Sets a motion so that in one frame out of five the lowest sole is at y = 0 or below; changes it. */
export function standOnFloor({ pose, translation }: Motion, shape: ArrayLike<number>): void {
  const frames = translation.length / 3;
  const rest = restJoints(shape);
  const soles = surface(shape).filter((capsule) => capsule.part === "foot");
  const lowest = Float64Array.from({ length: frames }, (_, f) => {
    const angles = pose.subarray(f * JOINTS * 3, (f + 1) * JOINTS * 3);
    return lowestPoint(poseJoints(rest, angles, translation.subarray(3 * f, 3 * f + 3)), soles);
  });
  const floor = lowest.sort()[Math.floor(frames / 5)]!;
  for (let f = 0; f < frames; f++) translation[3 * f + 1]! -= floor;
}

/** The child that gives a joint's bone its direction, where it is not the only one. */
const BONE_ENDS: Partial<Record<JointName, JointName>> = {
  left_hip: "left_knee",
  right_hip: "right_knee",
  left_knee: "left_ankle",
  right_knee: "right_ankle",
  left_ankle: "left_foot",
  right_ankle: "right_foot",
  spine1: "spine2",
  spine2: "spine3",
  neck: "head",
  left_collar: "left_shoulder",
  right_collar: "right_shoulder",
  left_shoulder: "left_elbow",
  right_shoulder: "right_elbow",
  left_elbow: "left_wrist",
  right_elbow: "right_wrist",
  left_wrist: "left_hand",
  right_wrist: "right_hand",
};

/** For each joint the rotation A from our rest orientation to the source's, by the directions of the bones. */
function boneAlignment(
  bones: BoneMap,
  sourceRest: Float64Array,
  ourRest: Float64Array,
  upright: Float64Array,
): Float64Array[] {
  return JOINT_NAMES.map((name, j) => {
    const endName = BONE_ENDS[name];
    const from = bones.get(name);
    const to = endName && bones.get(endName);
    if (endName === undefined || from === undefined || to === undefined) return upright;
    const bone = subtract3(sourceRest, sourceRest, 3 * to, 3 * from);
    if (length3(bone) === 0) return upright;
    const ours = rotate3(upright, subtract3(ourRest, ourRest, 3 * jointIndex(endName), 3 * j));
    return multiply3(rotationBetween(ours, bone), upright);
  });
}

/**
 * The axes of our frame in the file's: columns left (x), up (y), forward (z), each along a coordinate axis. Up is the
 * axis nearest to the left thigh, from the knee, and left the one nearest to the way from the right hip to the left.
 */
function uprightFrame(bones: BoneMap, rest: Float64Array): Float64Array {
  const way = (from: JointName, to: JointName) =>
    subtract3(rest, rest, 3 * bones.get(to)!, 3 * bones.get(from)!);
  const up = nearestAxis(way("left_knee", "left_hip"));
  const across = normalise3(way("right_hip", "left_hip"));
  const left = nearestAxis(across.map((v, i) => v * (up[i] === 0 ? 1 : 0)) as [number, number, number]);
  const out = identity3();
  const forward = cross3(left, up);
  for (let i = 0; i < 3; i++) out.set([left[i]!, up[i]!, forward[i]!], 3 * i);
  return out;
}

function nearestAxis(v: Vec3): Vec3 {
  const sizes = v.map(Math.abs);
  const largest = sizes.indexOf(Math.max(...sizes));
  const along = (i: number) => (i === largest ? Math.sign(v[i]!) : 0);
  return [along(0), along(1), along(2)];
}

/** Mean length of thigh and shin of the two legs. */
function legLength(rest: Float64Array, index: (name: JointName) => number): number {
  const bone = (from: JointName, to: JointName) =>
    length3(subtract3(rest, rest, 3 * index(to), 3 * index(from)));
  const left = bone("left_hip", "left_knee") + bone("left_knee", "left_ankle");
  const right = bone("right_hip", "right_knee") + bone("right_knee", "right_ankle");
  return (left + right) / 2;
}
