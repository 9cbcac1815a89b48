export {
  encodePoseModel,
  meanJointsOf,
  parsePoseModel,
  poseMetadata,
  type PoseModel,
} from "./pose-model-file.ts";
export {
  type JointOutputs,
  type PoseOutputs,
  posesBody,
  type PredictedJoints,
  type PredictedPose,
  predictJoints,
  predictPoses,
  tellsJoints,
} from "./pose-prediction.ts";
export { type TrackedStep, trackPoses } from "./track.ts";
export {
  type TrackOptions,
  voxelGrid,
  type VoxelGridOptions,
  type VoxelInput,
  voxelThreshold,
  type VoxelWindow,
  voxelWindows,
} from "./voxel-windows.ts";
export { JointTracker, type JointTrackerOptions, type TrackedJoints, trackJoints } from "./joint-tracker.ts";
