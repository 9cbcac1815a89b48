export { gelu, tanh } from "./activations.ts";
export { bilinear } from "./bilinear.ts";
export { constantOf, kaimingNormal, truncatedNormal, uniformFanIn, xavierNormal } from "./init.ts";
export { doubled, leakyRelu } from "./functional.ts";
export { GRU, GRUCell } from "./gru.ts";
export { LayerNorm } from "./layer-norm.ts";
export { BatchNorm, Conv2d, Linear } from "./layers.ts";
export { crossEntropy, meanSquaredError, softCrossEntropy, weightedSum } from "./loss.ts";
export {
  buffer,
  differenceTexts,
  Module,
  type Observation,
  observe,
  parameter,
  type TensorDifferences,
  tensorDifferences,
} from "./module.ts";
export { MultiheadAttention } from "./multihead-attention.ts";
export { Adam, clipGradientNorm, type Optimizer, Sgd } from "./optimizer.ts";
export { constantRate, cosineRate, type Schedule, stepRate } from "./schedule.ts";
