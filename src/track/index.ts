export { encodePoseModel, parsePoseModel, type PoseModel } from "./pose-model-file.ts";
export { type PoseOutputs, type PredictedPose, predictPoses } from "./pose-prediction.ts";
export { type TrackedStep, type TrackOptions, trackPoses, voxelThreshold } from "./track.ts";
