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
