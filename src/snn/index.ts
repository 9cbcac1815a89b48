export { AdaptiveLif, adaptiveLif, type FiringOptions, STAA_FIRING } from "./adaptive-lif.ts";
export { attention, linearAttention, type Score, scores } from "./attention.ts";
export { ConvBlock, Downsample, Mlp, RepConv, ResidualBranch, scaleResiduals, SepConv } from "./blocks.ts";
export { GlobalContext, StepAttention, type StepAttentionDesign } from "./global-context.ts";
export { DOT_THRESHOLD, dotAttention } from "./dot-attention.ts";
export { MultiDimensionalAttention, type MultiDimensionalOptions } from "./multi-dimensional-attention.ts";
export { integerLif, lif, type LifOptions, type NeuronOutput, parametricLif } from "./neuron.ts";
export {
  IntegerLif,
  LeakyLayer,
  Lif,
  type NeuronConfig,
  type NeuronFactory,
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
  runFrom,
  sew,
  Recalibration,
  SEW_DEPTHS,
  SewBlock,
  sewChannels,
  type SewDepth,
  type SewFunction,
  SpikingConv,
  startAsIdentity,
} from "./sew.ts";
export {
  positionalEncoding,
  Projection,
  SpatiotemporalAttention,
  type SpatiotemporalOptions,
  SpikingFeedForward,
} from "./spatiotemporal-attention.ts";
export { ResidualBlock, type ShortcutDesign } from "./residual-block.ts";
export { PositionEncoding, type PositionPlacement, StaaLif, type StaaOptions } from "./staa.ts";
export { type Extent, fromTokens, toTokens } from "./tokens.ts";
