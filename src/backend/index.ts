export type {
  AdamStep,
  Backend,
  BinaryOp,
  Broadcast,
  Convolution,
  Floats,
  Gemm,
  Neuron,
  NeuronGradients,
  Pooling,
  SgdStep,
  SpikeLists,
  Surrogate,
  UnaryOp,
} from "./backend.ts";
export {
  type AttentionTerms,
  type NeuronDynamics,
  type PackedAttention,
  type PackedKernels,
  type PackedWeights,
  planesOf,
  type Precision,
  type Settlement,
  type SpikeConvolution,
  stateChannels,
  tableSize,
  wordsOf,
} from "./packed.ts";
export { ReferenceBackend } from "./reference/index.ts";
export { backend, setBackend } from "./registry.ts";
