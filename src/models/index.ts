export { CheckpointMismatch, type CheckpointReport, loadCheckpoint, modelTensors } from "./checkpoint.ts";
export { createModel, parseModelConfig, presetConfig } from "./config.ts";
export type { Inputs, ModelKind, ModelStatus, TaskName } from "./kinds/kind.ts";
export { encodeModelFile, type LoadedModel, type ModelFileOptions, parseModelFile } from "./model-file.ts";
export {
  type ConfigOf,
  type ConfiguredModel,
  isKind,
  kindOf,
  type ModelConfig,
  modelKinds,
  type ModelName,
  type ModelOf,
  runModel,
  taskOf,
} from "./registry.ts";
export {
  ClassificationHead,
  DenseHead,
  type HeadConfig,
  officialName,
  type Outputs,
  type PoseEstimator,
  poseFeatures,
  PoseHead,
  type PoseRun,
  presets,
  SpikeVideoFormer,
  type SpikeVideoFormerConfig,
  Stage,
  TransformerBlock,
} from "./spikevideoformer.ts";
export {
  officialPoseTrackerName,
  PoseTracker,
  type PoseTrackerConfig,
  poseTrackerPresets,
  type PoseTrackerRun,
  type TokenGrid,
} from "./pose-tracker.ts";
export { type AttentionMapOptions, attentionMaps, type AttentionQuery } from "./attention-maps.ts";
export { attentionPicture, type AttentionPictureOptions } from "./attention-picture.ts";
export { DomainDiscriminator } from "./domain-discriminator.ts";
export { gradCam } from "./grad-cam.ts";
export { DenseUNet, type DenseUNetConfig, denseUNetPresets, type UNetMaps } from "./dense-unet.ts";
export {
  decayingSum,
  type HeatmapModel,
  Hybrid,
  type HybridConfig,
  hybridPresets,
  type HybridRun,
  type HybridStart,
  type HybridState,
  officialDenseName,
  officialHybridName,
  officialSpikingPoseName,
  SpikingPose,
  type SpikingPoseConfig,
  spikingPosePreset,
  STATE_INITIALISERS,
  StateInitialiser,
  type StateInitialiserKind,
  tellsHeatmaps,
} from "./hybrid.ts";
export { SPIKING_UNET_LAYERS, SpikingUNet, type SpikingUNetRun } from "./spiking-unet.ts";
export { Staa, type StaaArchitecture, type StaaConfig, staaPresets } from "./staa.ts";
export {
  TemporalTriangulation,
  type TemporalTriangulationConfig,
  temporalTriangulationPresets,
  viewsOf,
} from "./temporal-triangulation.ts";
export { averagePool, betweenSteps, Regressor, type RegressorHead } from "./pose-regressor.ts";
export {
  Backbone,
  type PoseHeadConfig,
  PoseNetwork,
  poseNetwork,
  type PoseParts,
  TemporalPart,
} from "./pose-network.ts";
export {
  poseNeurons,
  SewResNet,
  type SewResNetConfig,
  type SewResNetOptions,
  sewResNetPose,
  sewResNetPresets,
} from "./sew-resnet.ts";
export { ResNet } from "./resnet.ts";
export { GruPart, resNetGru, type ResNetGruConfig, resNetGruPresets } from "./resnet-gru.ts";
export { type TransformerOptions, TransformerPart } from "./transformer-part.ts";
export {
  resNetTransformer,
  type ResNetTransformerConfig,
  resNetTransformerPresets,
} from "./resnet-transformer.ts";
export { VideoSwin, videoSwin, type VideoSwinConfig, videoSwinPresets } from "./video-swin.ts";
export { Spikformer, spikformer, type SpikformerConfig, spikformerPresets } from "./spikformer.ts";
export {
  Spikingformer,
  spikingformer,
  type SpikingformerConfig,
  spikingformerPresets,
} from "./spikingformer.ts";
export { maSnn, type MaSnnConfig, maSnnPresets } from "./ma-snn.ts";
export {
  MetaSpikeFormer,
  metaSpikeFormer,
  type MetaSpikeFormerConfig,
  metaSpikeFormerPresets,
} from "./meta-spikeformer.ts";
export {
  ConvertedResNet,
  type ConversionOptions,
  convertToSpiking,
  IntegrateAndFire,
  maxPoolRates,
} from "./spiking-conversion.ts";
