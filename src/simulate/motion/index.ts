export { type AcclaimSkeleton, parseAmc, parseAsf } from "./acclaim.ts";
export { MOTION_KINDS, type MotionKind } from "./actions.ts";
export { type BvhChannel, type BvhDocument, type BvhJoint, parseBvh } from "./bvh.ts";
export { bvhFrame, bvhHeader, encodeBvh } from "./bvh-encode.ts";
export { bvhRest, bvhTransforms } from "./bvh-kinematics.ts";
export { generateMotion, type MotionOptions } from "./procedural.ts";
export { type CapturedMotion, performMotion } from "./captured.ts";
export { parseDeepMimic } from "./deepmimic.ts";
export {
  bvhSkeleton,
  type Performance,
  retargetBvh,
  retargetSkeleton,
  type SkeletonMotion,
} from "./retarget.ts";
export { performSmpl, smplSequence, type SmplSequence } from "./smpl-sequence.ts";
export { motionSeconds, poseAt } from "./sample.ts";
export { type BoneMap, mapBones } from "./skeletons.ts";
export { varyMotion } from "./vary.ts";
