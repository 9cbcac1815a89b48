/** The four stages that all residual networks share, whatever their blocks compute. */
import { Module } from "../nn/index.ts";
import { SEW_DEPTHS, type SewDepth } from "../snn/index.ts";
import { scope, type Tensor } from "../tensor/index.ts";

/** Where a block stands, and what that asks of it. */
export type BlockPlace = {
  readonly inChannels: number;
  /** Channels of its 3×3 convolutions; a bottleneck ends with four times as many. */
  readonly width: number;
  readonly stride: number;
  readonly bottleneck: boolean;
};

/** The blocks at one resolution. */
export class ResidualStage<B extends Module & { forward(x: Tensor): Tensor }> extends Module {
  readonly blocks: B[];

  constructor(blocks: B[]) {
    super();
    this.blocks = blocks;
  }

  /** Runs one block after the other. */
  forward(x: Tensor): Tensor {
    return scope(() => this.blocks.reduce((u, block) => scope(() => block.forward(u)), x));
  }
}

/**
 * Four stages [He2016, table 1]: as many blocks as the depth has, each stage twice as wide as the one before, each but the
 * first halving the resolution.
 *
 * @param width - channels of the stem and of the first stage
 */
export function residualStages<B extends Module & { forward(x: Tensor): Tensor }>(
  depth: SewDepth,
  width: number,
  make: (place: BlockPlace) => B,
): ResidualStage<B>[] {
  const { blocks, bottleneck } = SEW_DEPTHS[depth];
  let inChannels = width;
  return blocks.map((count, stage) => {
    const inner = width << stage;
    const made = Array.from({ length: count }, (_, i) => {
      const block = make({ inChannels, width: inner, stride: i === 0 && stage > 0 ? 2 : 1, bottleneck });
      inChannels = bottleneck ? 4 * inner : inner;
      return block;
    });
    return new ResidualStage(made);
  });
}
