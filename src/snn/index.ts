export { attention, linearAttention, type Score, scores } from "./attention.ts";
export { ConvBlock, Downsample, Mlp, RepConv, ResidualBranch, scaleResiduals, SepConv } from "./blocks.ts";
export { DOT_THRESHOLD, dotAttention } from "./dot-attention.ts";
export { MultiDimensionalAttention, type MultiDimensionalOptions } from "./multi-dimensional-attention.ts";
export { integerLif, lif, type LifOptions, type NeuronOutput, parametricLif } from "./neuron.ts";
export {
  IntegerLif,
  Lif,
  type NeuronConfig,
  NeuronLayer,
  neuronLayer,
  ParametricLif,
} from "./neuron-layers.ts";
export {
  type AttentionDesign,
  type AttentionOptions,
  attentionModules,
  SpikingAttention,
} from "./spiking-attention.ts";
export { type Surrogate, surrogate } from "./surrogate.ts";
export {
  Recalibration,
  SEW_DEPTHS,
  SewBlock,
  sewChannels,
  type SewDepth,
  type SewFunction,
  sew,
  SpikingConv,
} from "./sew.ts";
export {
  positionalEncoding,
  Projection,
  SpatiotemporalAttention,
  type SpatiotemporalOptions,
  SpikingFeedForward,
} from "./spatiotemporal-attention.ts";
export { type Extent, fromTokens, toTokens } from "./tokens.ts";
