/** Layer normalisation. */
import { add, affine, div, mean, mul, reshape, sqrt, square, sub } from "../autograd/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { constantOf } from "./init.ts";
import { Module } from "./module.ts";

/** weight·(x − mean)/√(variance + ε) + bias over the last axis, with the biased variance [Ba2016]. */
export class LayerNorm extends Module {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly epsilon: number;

  constructor(channels: number, { epsilon = 1e-5 } = {}) {
    super();
    this.weight = constantOf([channels], 1);
    this.bias = constantOf([channels], 0);
    this.epsilon = epsilon;
  }

  /** Normalises each row. @param x - `[..., C]` */
  forward(x: Tensor): Tensor {
    const centred = sub(x, lastMean(x));
    const deviation = sqrt(affine(lastMean(square(centred)), 1, this.epsilon));
    return add(mul(div(centred, deviation), this.weight), this.bias);
  }
}

/** Means over the last axis, which stays with size 1. */
function lastMean(x: Tensor): Tensor {
  return reshape(mean(x, [x.shape.length - 1]), [...x.shape.slice(0, -1), 1]);
}
