export { modelTensors } from "./checkpoint.ts";
export { createModel, parseModelConfig } from "./config.ts";
export {
  type HeadConfig,
  officialName,
  type Outputs,
  poseFeatures,
  presets,
  SpikeVideoFormer,
  type SpikeVideoFormerConfig,
} from "./spikevideoformer.ts";
