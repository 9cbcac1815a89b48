export {
  applySimilarity,
  correctKeypoints,
  jointErrors,
  type PckThreshold,
  pelvisAligned,
  pelvisAlignedErrors,
  procrustes,
  procrustesErrors,
  type Similarity,
} from "./alignment.ts";
export {
  BUILTIN_JOINT_BASIS,
  BUILTIN_JOINT_TEMPLATE,
  poseBuiltinBody,
  restJoints,
  SHAPE_LIMIT,
} from "./builtin.ts";
export {
  type Camera,
  cameraAtOrigin,
  cameraPosition,
  INTRINSICS,
  type Intrinsics,
  lookAt,
  pointsInCamera,
  poseInCamera,
  poseInWorld,
  projectPoints,
  type Projection,
} from "./camera.ts";
export {
  forwardKinematics,
  JOINT_NAMES,
  JOINT_PARENTS,
  jointIndex,
  type JointName,
  type JointTransforms,
  localPose,
  poseJoints,
} from "./kinematics.ts";
export {
  cross3,
  dot3,
  identity3,
  length3,
  multiply3,
  normalise3,
  rotate3,
  subtract3,
  transpose3,
  type Vec3,
} from "./matrix3.ts";
export { JOINTS, type Motion, type Pose, SHAPE_COEFFICIENTS } from "./pose.ts";
export {
  axisAngleToMatrix,
  axisAngleToQuaternion,
  axisRotation,
  geodesicDistance,
  matrixToAxisAngle,
  matrixToEulerZyx,
  matrixToQuaternion,
  matrixToSixD,
  multiplyQuaternions,
  type Quaternion,
  quaternionToAxisAngle,
  rotationBetween,
  sixDToMatrix,
  slerp,
} from "./rotation.ts";
export { smplBody, type SmplBody, type SmplModel, smplRestJoints } from "./smpl.ts";
export { type Capsule, capsuleEnd, lowestPoint, surface } from "./surface.ts";
export {
  bodyJoints,
  projectNormalized,
  type RestJoints,
  rotationAngle,
  rotationFromSixD,
  smplJointBasis,
} from "./tensor-body.ts";
export type { BodyPart } from "./surface-patterns.ts";
export { decodeHeatmaps, type HeatmapOptions, jointHeatmaps, meanPixelError } from "./heatmap.ts";
export { pointOfSight, type ProjectiveCamera, triangulate } from "./triangulation.ts";
