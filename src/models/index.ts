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
export { DenseUNet, type UNetMaps } from "./dense-unet.ts";
export {
  decayingSum,
  Hybrid,
  type HybridConfig,
  hybridPresets,
  type HybridRun,
  type HybridStart,
  officialDenseName,
  officialHybridName,
  officialSpikingPoseName,
  SpikingPose,
  type SpikingPoseConfig,
  spikingPosePreset,
  STATE_INITIALISERS,
  StateInitialiser,
  type StateInitialiserKind,
} from "./hybrid.ts";
export { SPIKING_UNET_LAYERS, SpikingUNet, type SpikingUNetRun } from "./spiking-unet.ts";
export { Staa, type StaaArchitecture, type StaaConfig, staaPresets } from "./staa.ts";
