export {
  type Augmentation,
  evaluationBatches,
  type PoseBatch,
  PoseBatches,
  type PoseBatchesState,
} from "./batches.ts";
export { toTensor } from "./event-tensor.ts";
export { type ClipSubject, generatePoseClip, type RecordingOptions } from "./generate.ts";
export { type MeanPose, meanPose } from "./mean-pose.ts";
export {
  bvhSources,
  type ClipPlan,
  generatePlanned,
  type MotionSource,
  planClips,
  proceduralSources,
} from "./plan.ts";
export { encodePoseClip, parsePoseClip, type PoseClip } from "./pose-clip.ts";
