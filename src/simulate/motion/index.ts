export { type BvhChannel, type BvhDocument, type BvhJoint, parseBvh } from "./bvh.ts";
export { bvhFrame, bvhHeader, encodeBvh } from "./bvh-encode.ts";
export { bvhRest, bvhTransforms } from "./bvh-kinematics.ts";
export { retargetBvh } from "./retarget.ts";
export { type BoneMap, mapBones } from "./skeletons.ts";
