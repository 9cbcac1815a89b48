/** Activations made of several operations. */
import { add, affine, mul, sigmoid, square } from "../autograd/index.ts";
import type { Tensor } from "../tensor/index.ts";

/** tanh x = 2σ(2x) − 1 */
export function tanh(x: Tensor): Tensor {
  return affine(sigmoid(affine(x, 2)), 2, -1);
}

const GELU_SLOPE = 2 * Math.sqrt(2 / Math.PI);

/**
 * Gaussian error linear unit x·Φ(x) in the form x·σ(2√(2/π)·(x + 0.044715·x³)) [Hendrycks2016], which is PyTorch's
 * `approximate="tanh"`: within 5e-4 of the exact one.
 */
export function gelu(x: Tensor): Tensor {
  const cubic = mul(x, affine(square(x), 0.044715 * GELU_SLOPE));
  return mul(x, sigmoid(add(affine(x, GELU_SLOPE), cubic)));
}
