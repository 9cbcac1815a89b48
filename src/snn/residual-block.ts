/** Residual blocks with neurons for their ReLUs. Tensors are `[T, B, H, W, C]`. */
import { add, avgPool2d } from "../autograd/index.ts";
import type { Random } from "../core/index.ts";
import { Module } from "../nn/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { ConvNorm } from "./conv-norm.ts";
import type { NeuronFactory, NeuronLayer } from "./neuron-layers.ts";
import { SpikingConv } from "./sew.ts";

/** How a residual block's shortcut changes shape: 1×1 convolution with the stride, or mean over its windows before one. */
export type ShortcutDesign = "stride" | "average";

/**
 * Basic block of a residual network [He2016] with neurons for its ReLUs: the currents of branch and shortcut are added
 * before the second neurons, so that what a convolution gets are spikes.
 */
export class ResidualBlock extends Module {
  readonly first: SpikingConv;
  readonly second: ConvNorm;
  readonly shortcut: ConvNorm | null;
  readonly neurons: NeuronLayer;
  /** Side of the windows that the shortcut takes means over. */
  readonly average: number;

  constructor(
    random: Random,
    inChannels: number,
    outChannels: number,
    options: {
      readonly stride: number;
      readonly shortcut: ShortcutDesign;
      readonly neurons: NeuronFactory;
    },
  ) {
    super();
    const { stride, neurons } = options;
    this.average = options.shortcut === "average" ? stride : 1;
    this.first = new SpikingConv(random, inChannels, outChannels, 3, { stride, neurons });
    this.second = new ConvNorm(random, outChannels, outChannels, 3);
    const same = stride === 1 && inChannels === outChannels;
    this.shortcut = same
      ? null
      : new ConvNorm(random, inChannels, outChannels, 1, { stride: stride / this.average });
    this.neurons = neurons(outChannels);
  }

  /** `[T, B, H, W, Ci]` → spikes `[T, B, H/stride, W/stride, Co]` */
  forward(x: Tensor): Tensor {
    const branch = this.second.forward(this.first.forward(x));
    const pooled = this.average === 1 ? x : avgPool2d(x, this.average);
    return this.neurons.forward(add(branch, this.shortcut === null ? x : this.shortcut.forward(pooled)));
  }
}
