/**
 * Blocks of spike-driven transformers: residual sums are membrane potentials, every convolution is fed by spikes.
 * Tensors are `[T, B, H, W, C]`. Sources: [Yao2024] (Meta-SpikeFormer), [Zou2025, §3.1].
 */
import { add, conv2d, pad } from "../autograd/index.ts";
import type { Random } from "../core/index.ts";
import { BatchNorm, Conv2d, Linear, Module } from "../nn/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { type NeuronConfig, type NeuronLayer, neuronLayer } from "./neuron-layers.ts";

/** Neurons (except before the first), then a strided convolution and batch normalisation. */
export class Downsample extends Module {
  readonly neurons: NeuronLayer | null;
  readonly conv: Conv2d;
  readonly norm: BatchNorm;

  constructor(
    random: Random,
    inChannels: number,
    outChannels: number,
    options: { readonly kernel: number; readonly stride: number; readonly neurons: NeuronConfig | null },
  ) {
    super();
    const { kernel, stride, neurons } = options;
    this.neurons = neurons === null ? null : neuronLayer(neurons);
    this.conv = new Conv2d(random, inChannels, outChannels, kernel, {
      stride,
      padding: kernel >> 1,
      bias: true,
    });
    this.norm = new BatchNorm(outChannels);
  }

  /** `[T, B, H, W, Ci]` → `[T, B, H/stride, W/stride, Co]` */
  forward(x: Tensor): Tensor {
    return this.norm.forward(this.conv.forward(this.neurons === null ? x : this.neurons.forward(x)));
  }
}

/** A branch that is added to the membrane potential it starts from. */
export abstract class ResidualBranch extends Module {
  /** The normalisation that the sum sees. */
  abstract get lastNorm(): BatchNorm;
}

/**
 * Sets the weight of the last normalisation of every residual branch. Starting near 0 (PyTorch's
 * `zero_init_residual`, which the pose tracker's code uses) keeps gradients from growing with every block: at the
 * default of 1 their norm starts near 10⁴, at 0.1 near 20.
 */
export function scaleResiduals(model: Module, scale: number): void {
  for (const [, module] of model.namedModules()) {
    if (module instanceof ResidualBranch) module.lastNorm.weight.data.fill(scale);
  }
}

/** Separable convolution: SN → 1×1 (C → 2C) → BN → SN → depthwise 7×7 → 1×1 (2C → C) → BN. */
export class SepConv extends ResidualBranch {
  readonly neurons1: NeuronLayer;
  readonly expand: Conv2d;
  readonly norm1: BatchNorm;
  readonly neurons2: NeuronLayer;
  readonly depthwise: Conv2d;
  readonly project: Conv2d;
  readonly norm2: BatchNorm;

  constructor(random: Random, channels: number, neurons: NeuronConfig) {
    super();
    const hidden = 2 * channels;
    this.neurons1 = neuronLayer(neurons);
    this.expand = new Conv2d(random, channels, hidden, 1);
    this.norm1 = new BatchNorm(hidden);
    this.neurons2 = neuronLayer(neurons);
    this.depthwise = new Conv2d(random, hidden, hidden, 7, { padding: 3, groups: hidden });
    this.project = new Conv2d(random, hidden, channels, 1);
    this.norm2 = new BatchNorm(channels);
  }

  override get lastNorm(): BatchNorm {
    return this.norm2;
  }

  /** `[T, B, H, W, C]` → the same shape; the residual sum is the caller's. */
  forward(x: Tensor): Tensor {
    const hidden = this.norm1.forward(this.expand.forward(this.neurons1.forward(x)));
    const mixed = this.project.forward(this.depthwise.forward(this.neurons2.forward(hidden)));
    return this.norm2.forward(mixed);
  }
}

/** U' = U + SepConv(U); U'' = U' + BN(Conv3×3(SN(BN(Conv3×3(SN(U')))))), hidden width 4C. */
export class ConvBlock extends ResidualBranch {
  readonly sep: SepConv;
  readonly neurons1: NeuronLayer;
  readonly conv1: Conv2d;
  readonly norm1: BatchNorm;
  readonly neurons2: NeuronLayer;
  readonly conv2: Conv2d;
  readonly norm2: BatchNorm;

  constructor(random: Random, channels: number, neurons: NeuronConfig) {
    super();
    const hidden = 4 * channels;
    this.sep = new SepConv(random, channels, neurons);
    this.neurons1 = neuronLayer(neurons);
    this.conv1 = new Conv2d(random, channels, hidden, 3, { padding: 1 });
    this.norm1 = new BatchNorm(hidden);
    this.neurons2 = neuronLayer(neurons);
    this.conv2 = new Conv2d(random, hidden, channels, 3, { padding: 1 });
    this.norm2 = new BatchNorm(channels);
  }

  override get lastNorm(): BatchNorm {
    return this.norm2;
  }

  /** `[T, B, H, W, C]` → the same shape. */
  forward(x: Tensor): Tensor {
    const mixed = add(x, this.sep.forward(x));
    const hidden = this.norm1.forward(this.conv1.forward(this.neurons1.forward(mixed)));
    return add(mixed, this.norm2.forward(this.conv2.forward(this.neurons2.forward(hidden))));
  }
}

/**
 * RepConv, a 3×3 convolution in factors: 1×1 → BN → border of 1 → depthwise 3×3 → 1×1 → BN → BN. The border holds
 * what the first BN turns a zero into, by running statistics and without gradient, so that at inference the whole is
 * exactly one padded 3×3 convolution. The second BN behind it is part of the released code.
 */
export class RepConv extends Module {
  readonly pointwise1: Conv2d;
  readonly norm1: BatchNorm;
  readonly depthwise: Conv2d;
  readonly pointwise2: Conv2d;
  readonly norm2: BatchNorm;
  readonly norm3: BatchNorm;

  constructor(random: Random, channels: number) {
    super();
    this.pointwise1 = new Conv2d(random, channels, channels, 1);
    this.norm1 = new BatchNorm(channels);
    this.depthwise = new Conv2d(random, channels, channels, 3, { groups: channels });
    this.pointwise2 = new Conv2d(random, channels, channels, 1);
    this.norm2 = new BatchNorm(channels);
    this.norm3 = new BatchNorm(channels);
  }

  /** `[T, B, H, W, C]` → the same shape. */
  forward(x: Tensor): Tensor {
    const normed = this.norm1.forward(conv2d(x, this.pointwise1.weight, null));
    const bordered = pad(normed, 1, this.norm1.responseToZero());
    const mixed = conv2d(
      conv2d(bordered, this.depthwise.weight, null, this.depthwise),
      this.pointwise2.weight,
      null,
    );
    // At inference the factors are one 3×3 convolution: that is what is told, not the factors.
    this.observer?.({
      kind: "synapse",
      macs: 9 * this.pointwise1.weight.size * (x.size / x.shape.at(-1)!),
      input: x,
    });
    return this.norm3.forward(this.norm2.forward(mixed));
  }
}

/** Channel MLP: SN → linear (C → ratio·C) → BN → SN → linear → BN; the residual sum is the caller's. */
export class Mlp extends ResidualBranch {
  readonly neurons1: NeuronLayer;
  readonly linear1: Linear;
  readonly norm1: BatchNorm;
  readonly neurons2: NeuronLayer;
  readonly linear2: Linear;
  readonly norm2: BatchNorm;

  constructor(random: Random, channels: number, ratio: number, neurons: NeuronConfig) {
    super();
    const hidden = Math.round(channels * ratio);
    this.neurons1 = neuronLayer(neurons);
    this.linear1 = new Linear(random, channels, hidden);
    this.norm1 = new BatchNorm(hidden);
    this.neurons2 = neuronLayer(neurons);
    this.linear2 = new Linear(random, hidden, channels);
    this.norm2 = new BatchNorm(channels);
  }

  override get lastNorm(): BatchNorm {
    return this.norm2;
  }

  /** `[T, B, ..., C]` → the same shape. */
  forward(x: Tensor): Tensor {
    const hidden = this.norm1.forward(this.linear1.forward(this.neurons1.forward(x)));
    return this.norm2.forward(this.linear2.forward(this.neurons2.forward(hidden)));
  }
}
