/** Convolutions with their normalisation. Tensors are `[..., H, W, C]`. */
import type { Random } from "../core/index.ts";
import { BatchNorm, Conv2d, kaimingNormal, Module } from "../nn/index.ts";
import type { Tensor } from "../tensor/index.ts";

/** Convolution → BN, without neurons. */
export class ConvNorm extends Module {
  readonly conv: Conv2d;
  readonly norm: BatchNorm;

  constructor(
    random: Random,
    inChannels: number,
    outChannels: number,
    kernel: number,
    { stride = 1, bias = false }: { readonly stride?: number; readonly bias?: boolean } = {},
  ) {
    super();
    this.conv = new Conv2d(random, inChannels, outChannels, kernel, { stride, padding: kernel >> 1, bias });
    kaimingNormal(random, this.conv.weight);
    this.norm = new BatchNorm(outChannels);
  }

  /** Currents, `[..., H/stride, W/stride, Co]`. */
  forward(x: Tensor): Tensor {
    return this.norm.forward(this.conv.forward(x));
  }
}
