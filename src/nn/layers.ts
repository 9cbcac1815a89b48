/** Layers that are not spiking, under PyTorch's names. Images are channels-last, `[..., H, W, C]`. */
import { batchNorm, conv2d, linear, normalize } from "../autograd/index.ts";
import type { Random } from "../core/index.ts";
import { full, Tensor, zeros } from "../tensor/index.ts";
import { constantOf, truncatedNormal, uniformFanIn } from "./init.ts";
import { buffer, Module, parameter } from "./module.ts";

/** 2D convolution; weights `[Co, Ci/groups, k, k]`. Input `[..., H, W, Ci]`, output `[..., H', W', Co]`. */
export class Conv2d extends Module {
  readonly weight: Tensor;
  readonly bias: Tensor | null;
  readonly stride: number;
  readonly padding: number;
  readonly groups: number;

  constructor(
    random: Random,
    inChannels: number,
    outChannels: number,
    kernel: number,
    options: {
      readonly stride?: number;
      readonly padding?: number;
      readonly groups?: number;
      readonly bias?: boolean;
    } = {},
  ) {
    super();
    const { stride = 1, padding = 0, groups = 1, bias = false } = options;
    const fanIn = (inChannels / groups) * kernel * kernel;
    this.weight = uniformFanIn(random, [outChannels, inChannels / groups, kernel, kernel], fanIn);
    this.bias = bias ? uniformFanIn(random, [outChannels], fanIn) : null;
    this.stride = stride;
    this.padding = padding;
    this.groups = groups;
  }

  /** The convolved images. @param x - `[..., H, W, Ci]` */
  forward(x: Tensor): Tensor {
    const out = conv2d(x, this.weight, this.bias, this);
    this.observer?.({
      kind: "synapse",
      macs: (out.size / this.weight.shape[0]!) * this.weight.size,
      input: x,
    });
    return out;
  }
}

/** y = x·Wᵀ + b over the last axis; weights `[O, I]`. */
export class Linear extends Module {
  readonly weight: Tensor;
  readonly bias: Tensor | null;

  /** @param options - `deviation`: truncated normal weights and zero bias instead of PyTorch's default */
  constructor(
    random: Random,
    inFeatures: number,
    outFeatures: number,
    { bias = true, deviation }: { readonly bias?: boolean; readonly deviation?: number } = {},
  ) {
    super();
    const shape = [outFeatures, inFeatures];
    if (deviation === undefined) {
      this.weight = uniformFanIn(random, shape, inFeatures);
      this.bias = bias ? uniformFanIn(random, [outFeatures], inFeatures) : null;
    } else {
      this.weight = truncatedNormal(random, shape, deviation);
      this.bias = bias ? parameter(zeros([outFeatures])) : null;
    }
  }

  /** x·Wᵀ + b. @param x - `[..., I]` */
  forward(x: Tensor): Tensor {
    const out = linear(x, this.weight, this.bias);
    this.observer?.({
      kind: "synapse",
      macs: (out.size / this.weight.shape[0]!) * this.weight.size,
      input: x,
    });
    return out;
  }
}

/**
 * Batch normalisation over the last axis; statistics run over all others (T·B·H·W). Running statistics move by
 * `momentum` towards each batch's mean and unbiased variance, as in PyTorch.
 */
export class BatchNorm extends Module {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly runningMean: Tensor;
  readonly runningVariance: Tensor;
  readonly epsilon: number;
  readonly momentum: number;

  constructor(channels: number, { epsilon = 1e-5, momentum = 0.1 } = {}) {
    super();
    this.weight = constantOf([channels], 1);
    this.bias = constantOf([channels], 0);
    this.runningMean = buffer(zeros([channels]));
    this.runningVariance = buffer(full([channels], 1));
    this.epsilon = epsilon;
    this.momentum = momentum;
  }

  /** Normalises; moves the running statistics while training. @param x - `[..., C]` */
  forward(x: Tensor): Tensor {
    if (!this.training) {
      const moments = { mean: this.runningMean, variance: this.runningVariance };
      return normalize(x, this.weight, this.bias, moments, this.epsilon);
    }
    const { out, moments } = batchNorm(x, this.weight, this.bias, this.epsilon);
    const rows = x.size / this.weight.size;
    const unbiased = rows / Math.max(1, rows - 1);
    for (let c = 0; c < this.weight.size; c++) {
      this.runningMean.data[c]! += this.momentum * (moments.mean.data[c]! - this.runningMean.data[c]!);
      const variance = moments.variance.data[c]! * unbiased;
      this.runningVariance.data[c]! += this.momentum * (variance - this.runningVariance.data[c]!);
    }
    return out;
  }

  /** What the normalisation turns a zero into, by running statistics, `[C]`; without gradient. */
  responseToZero(): Tensor {
    const response = Tensor.empty([this.weight.size]);
    for (let c = 0; c < response.size; c++) {
      const deviation = Math.sqrt(this.runningVariance.data[c]! + this.epsilon);
      response.data[c] = this.bias.data[c]! - (this.runningMean.data[c]! * this.weight.data[c]!) / deviation;
    }
    return response;
  }
}
