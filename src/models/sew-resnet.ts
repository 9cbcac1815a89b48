/** SEW-ResNet as a backbone [Fang2021a], with the stem of the pose tracker. */
import { maxPool2d, mean } from "../autograd/index.ts";
import type { Random } from "../core/index.ts";
import { Module } from "../nn/index.ts";
import {
  type NeuronConfig,
  SEW_DEPTHS,
  SewBlock,
  type SewDepth,
  type SewFunction,
  SpikingConv,
} from "../snn/index.ts";
import { scope, type Tensor } from "../tensor/index.ts";

/** Options of {@link SewResNet}. */
export type SewResNetOptions = {
  readonly depth: SewDepth;
  readonly inChannels: number;
  readonly connection: SewFunction;
  readonly neurons: NeuronConfig;
};

/** The blocks at one resolution. */
class SewStage extends Module {
  readonly blocks: SewBlock[];

  constructor(blocks: SewBlock[]) {
    super();
    this.blocks = blocks;
  }

  forward(x: Tensor): Tensor {
    return scope(() => this.blocks.reduce((u, block) => scope(() => block.forward(u)), x));
  }
}

/**
 * 7×7 stride 2 → BN → neurons → max-pooling 3×3 stride 2 → four stages of {@link SewBlock}s of widths 64 to 512, each but
 * the first halving the resolution: `[T, B, H, W, Ci]` → `[T, B, H/32, W/32, C]`, C = 512, or 2048 from depth 50 on.
 */
export class SewResNet extends Module {
  readonly stem: SpikingConv;
  readonly stages: SewStage[];

  constructor(random: Random, { depth, inChannels, connection, neurons }: SewResNetOptions) {
    super();
    const { blocks, bottleneck } = SEW_DEPTHS[depth];
    const expansion = bottleneck ? 4 : 1;
    this.stem = new SpikingConv(random, inChannels, 64, 7, { stride: 2, neurons });
    let channels = 64;
    this.stages = blocks.map((count, stage) => {
      const width = 64 << stage;
      return new SewStage(
        Array.from({ length: count }, (_, i) => {
          const stride = i === 0 && stage > 0 ? 2 : 1;
          const block = new SewBlock(random, channels, width, { bottleneck, stride, connection, neurons });
          channels = expansion * width;
          return block;
        }),
      );
    });
  }

  forward(x: Tensor): Tensor {
    const pooled = scope(() => maxPool2d(this.stem.forward(x), 3, { stride: 2, padding: 1 }));
    return this.stages.reduce((u, stage) => stage.forward(u), pooled);
  }
}

/** Mean over the map, `[T, B, H, W, C]` → `[T, B, C]`. */
export function averagePool(features: Tensor): Tensor {
  return mean(features, [2, 3]);
}
