export { encodePoseModel, parsePoseModel, type PoseModel } from "./pose-model-file.ts";
export { type PoseOutputs, type PredictedPose, predictPoses } from "./pose-prediction.ts";
export { type TrackedStep, trackPoses } from "./track.ts";
export { type TrackOptions, voxelThreshold, type VoxelWindow, voxelWindows } from "./voxel-windows.ts";
