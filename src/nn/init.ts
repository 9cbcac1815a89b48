/** Initial values of parameters, seeded. */
import { type Random, type Shape, sizeOf } from "../core/index.ts";
import { full, Tensor } from "../tensor/index.ts";
import { parameter } from "./module.ts";

/** Uniform in ±1/√fanIn: PyTorch's default for convolutions and linear layers (He et al., a = √5). */
export function uniformFanIn(random: Random, shape: Shape, fanIn: number): Tensor {
  const bound = 1 / Math.sqrt(fanIn);
  return filled(shape, () => random.uniform(-bound, bound));
}

/** Normal with the given deviation, cut at ±2 (PyTorch's trunc_normal_). */
export function truncatedNormal(random: Random, shape: Shape, deviation: number): Tensor {
  return filled(shape, () => {
    for (;;) {
      const value = random.normal(0, deviation);
      if (Math.abs(value) <= 2) return value;
    }
  });
}

/**
 * Draws weights anew: normal with variance 2 over the number of outputs that an input reaches (PyTorch's
 * `kaiming_normal_` with `mode="fan_out"` and ReLU).
 *
 * @param weight - of a convolution `[Co, Ci/groups, k, k]` or a linear layer `[O, I]`
 */
export function kaimingNormal(random: Random, weight: Tensor): void {
  const fanOut = weight.shape[0]! * sizeOf(weight.shape.slice(2));
  const deviation = Math.sqrt(2 / fanOut);
  const { data } = weight;
  for (let i = 0; i < data.length; i++) data[i] = random.normal(0, deviation);
}

/** Draws weights anew: normal with variance 2/(fanIn + fanOut) (PyTorch's `xavier_normal_`). */
export function xavierNormal(random: Random, weight: Tensor): void {
  const area = sizeOf(weight.shape.slice(2));
  const deviation = Math.sqrt(2 / ((weight.shape[0]! + weight.shape[1]!) * area));
  const { data } = weight;
  for (let i = 0; i < data.length; i++) data[i] = random.normal(0, deviation);
}

/** One number everywhere. */
export function constantOf(shape: Shape, value: number): Tensor {
  return parameter(full(shape, value));
}

function filled(shape: Shape, next: () => number): Tensor {
  const tensor = Tensor.empty(shape);
  const { data } = tensor;
  for (let i = 0; i < data.length; i++) data[i] = next();
  return parameter(tensor);
}
