/** ResNet as a backbone [He2016], with ReLU, over the frames of a clip one by one. */
import { add, maxPool2d, relu } from "../autograd/index.ts";
import type { Random } from "../core/index.ts";
import { BatchNorm, Conv2d, kaimingNormal, Module } from "../nn/index.ts";
import { sewChannels, type SewDepth } from "../snn/index.ts";
import { scope, type Tensor } from "../tensor/index.ts";
import { Backbone } from "./pose-network.ts";
import { type BlockPlace, type ResidualStage, residualStages } from "./residual-stages.ts";

/** Convolution → BN. */
export class NormedConv extends Module {
  readonly conv: Conv2d;
  readonly norm: BatchNorm;

  constructor(random: Random, inChannels: number, outChannels: number, kernel: number, stride = 1) {
    super();
    this.conv = new Conv2d(random, inChannels, outChannels, kernel, { stride, padding: kernel >> 1 });
    kaimingNormal(random, this.conv.weight);
    this.norm = new BatchNorm(outChannels);
  }

  /** `[..., H, W, Ci]` → `[..., H/stride, W/stride, Co]` */
  forward(x: Tensor): Tensor {
    return this.norm.forward(this.conv.forward(x));
  }
}

/** Told what a ReLU gives, in the order in which they run: the stem's first, the block's own last. */
export type ActivationWatch = (activation: Tensor) => void;

/**
 * ReLU(branch + shortcut): two 3×3 convolutions, or 1×1, 3×3 and 1×1 that widens fourfold, each with BN, and ReLU between
 * them. The stride is that of the (first) 3×3; where shapes differ the shortcut is a 1×1 convolution with BN.
 */
export class ResidualBlock extends Module {
  readonly units: NormedConv[];
  readonly shortcut: NormedConv | null;
  watch: ActivationWatch | null = null;

  constructor(random: Random, { inChannels, width, stride, bottleneck }: BlockPlace) {
    super();
    const outChannels = bottleneck ? 4 * width : width;
    this.units = bottleneck
      ? [
          new NormedConv(random, inChannels, width, 1),
          new NormedConv(random, width, width, 3, stride),
          new NormedConv(random, width, outChannels, 1),
        ]
      : [new NormedConv(random, inChannels, width, 3, stride), new NormedConv(random, width, width, 3)];
    this.shortcut =
      stride === 1 && inChannels === outChannels
        ? null
        : new NormedConv(random, inChannels, outChannels, 1, stride);
  }

  /** `[..., H, W, Ci]` → `[..., H/stride, W/stride, Co]` */
  forward(x: Tensor): Tensor {
    const last = this.units.length - 1;
    const inner = this.units.slice(0, last).reduce((u, unit) => this.#activate(unit.forward(u)), x);
    const branch = this.units[last]!.forward(inner);
    return this.#activate(add(branch, this.shortcut === null ? x : this.shortcut.forward(x)));
  }

  #activate(current: Tensor): Tensor {
    const activation = relu(current);
    this.watch?.(activation);
    return activation;
  }
}

/**
 * 7×7 stride 2 → BN → ReLU → max-pooling 3×3 stride 2 → four stages: `[T, B, H, W, Ci]` → `[T, B, H/32, W/32, C]`, C = 512,
 * or 2048 from depth 50 on.
 */
export class ResNet extends Backbone {
  readonly stem: NormedConv;
  readonly stages: ResidualStage<ResidualBlock>[];
  readonly channels: number;
  watch: ActivationWatch | null = null;

  /** @param options - `width`: channels of the stem and of the first stage, 64 in the published networks */
  constructor(
    random: Random,
    {
      depth,
      inChannels,
      width = 64,
    }: { readonly depth: SewDepth; readonly inChannels: number; readonly width?: number },
  ) {
    super();
    this.channels = sewChannels(depth, width);
    this.stem = new NormedConv(random, inChannels, width, 7, 2);
    this.stages = residualStages(depth, width, (place) => new ResidualBlock(random, place));
  }

  forward(x: Tensor): Tensor {
    const pooled = scope(() => {
      const activation = relu(this.stem.forward(x));
      this.watch?.(activation);
      return maxPool2d(activation, 3, { stride: 2, padding: 1 });
    });
    return this.stages.reduce((u, stage) => stage.forward(u), pooled);
  }

  /** Calls `watch` with the result of every ReLU, in the order in which they run, until the returned function is called. */
  watchActivations(watch: ActivationWatch): () => void {
    const blocks = this.stages.flatMap((stage) => stage.blocks);
    const set = (to: ActivationWatch | null) => {
      this.watch = to;
      for (const block of blocks) block.watch = to;
    };
    set(watch);
    return () => set(null);
  }
}
