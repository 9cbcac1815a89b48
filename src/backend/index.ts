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
export { ReferenceBackend } from "./reference/index.ts";
export { backend, setBackend } from "./registry.ts";
