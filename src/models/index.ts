export { modelTensors } from "./checkpoint.ts";
export { createModel, parseModelConfig } from "./config.ts";
export {
  ClassificationHead,
  DenseHead,
  type HeadConfig,
  officialName,
  type Outputs,
  poseFeatures,
  PoseHead,
  presets,
  SpikeVideoFormer,
  type SpikeVideoFormerConfig,
  Stage,
  TransformerBlock,
} from "./spikevideoformer.ts";
export {
  betweenSteps,
  officialPoseTrackerName,
  PoseTracker,
  type PoseTrackerConfig,
  poseTrackerPresets,
  type PoseTrackerRun,
} from "./pose-tracker.ts";
export { gradCam } from "./grad-cam.ts";
export { averagePool, SewResNet, type SewResNetOptions } from "./sew-resnet.ts";
export { Staa, type StaaArchitecture, type StaaConfig, staaPresets } from "./staa.ts";
