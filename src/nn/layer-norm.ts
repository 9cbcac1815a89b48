/** Layer normalisation, under PyTorch's name. */
import { add, affine, div, mean, mul, reshape, sqrt, square, sub } from "../autograd/index.ts";
import { dims } from "../core/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { constantOf } from "./init.ts";
import { Module } from "./module.ts";

/**
 * y = weight·(x − mean)/√(variance + ε) + bias, mean and biased variance being those of each row of the last axis
 * (PyTorch's `LayerNorm` over one axis) [Ba2016]. The gradient flows through both. Rows of equal numbers give the bias.
 */
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

  /** Normalises each row. @param x - `[..., C]` @throws ShapeError */
  forward(x: Tensor): Tensor {
    dims("LayerNorm", `... ${this.weight.size}`, x.shape);
    const last = x.shape.length - 1;
    const column = [...x.shape.slice(0, last), 1];
    const centred = sub(x, reshape(mean(x, [last]), column));
    const variance = reshape(mean(square(centred), [last]), column);
    const normal = div(centred, sqrt(affine(variance, 1, this.epsilon)));
    return add(mul(normal, this.weight), this.bias);
  }
}
