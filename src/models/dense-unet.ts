/** The U-Net of the hybrid's ANN [Aydin2024, §3.2], after Super SloMo's. Maps are `[B, H, W, C]`. */
import { avgPool2d, concat, permute } from "../autograd/index.ts";
import { ArgumentError, dims, Random } from "../core/index.ts";
import { Conv2d, doubled, leakyRelu, Module } from "../nn/index.ts";
import { scope, type Tensor } from "../tensor/index.ts";
import type { Outputs } from "./spikevideoformer.ts";

/** Slope of the leaky rectifiers. */
const SLOPE = 0.1;

/** Two convolutions, each behind it a leaky rectifier. */
class ConvPair extends Module {
  readonly conv1: Conv2d;
  readonly conv2: Conv2d;

  constructor(random: Random, sizes: readonly [from: number, to: number, between: number], kernel: number) {
    super();
    const [from, to, between] = sizes;
    const options = { padding: kernel >> 1, bias: true };
    this.conv1 = new Conv2d(random, from, to, kernel, options);
    this.conv2 = new Conv2d(random, between, to, kernel, options);
  }

  first(x: Tensor): Tensor {
    return leakyRelu(this.conv1.forward(x), SLOPE);
  }

  second(x: Tensor): Tensor {
    return leakyRelu(this.conv2.forward(x), SLOPE);
  }
}

/** Channels, as multiples of the entry's, and kernels on the way down. */
const DOWN = [
  { multiple: 2, kernel: 5 },
  { multiple: 4, kernel: 3 },
  { multiple: 8, kernel: 3 },
  { multiple: 16, kernel: 3 },
  { multiple: 16, kernel: 3 },
] as const;
const UP = [16, 8, 4, 2, 1] as const;

/** Configuration of {@link DenseUNet}; see {@link denseUNetPresets}. */
export type DenseUNetConfig = {
  readonly model: "dense-unet";
  /** Channels of what it sees: 20 for a stack of ten histograms, 3 for a picture. */
  readonly inChannels: number;
  /** Channels at full resolution, which all others are multiples of; 32 in the published network. */
  readonly width: number;
  /** Heatmaps wanted. */
  readonly joints: number;
};

const base = { model: "dense-unet", inChannels: 20, width: 32, joints: 13 } as const;

/** The ANN of the comparison, of stacked histograms and of pictures, and one for small runs. */
export const denseUNetPresets = {
  released: base,
  rgb: { ...base, inChannels: 3 },
  small: { ...base, width: 8 },
} as const satisfies Record<string, DenseUNetConfig>;

/** What the network computes on its way. */
export type UNetMaps = {
  /** At full resolution, and behind each halving: 1, 1/2, … 1/32. */
  readonly down: readonly Tensor[];
  /** Behind each doubling: 1/16, 1/8, … 1. */
  readonly up: readonly Tensor[];
  /** `[B, H, W, joints]` */
  readonly heatmaps: Tensor;
};

/**
 * 23 convolutions: two 7×7 at full resolution, five halvings by average pooling, five bilinear doublings with the map of
 * the way down beside, and a 3×3 to one heatmap a joint. All have biases; none is normalised.
 */
export class DenseUNet extends Module {
  readonly config: DenseUNetConfig;
  readonly entry: ConvPair;
  readonly down: ConvPair[];
  readonly up: ConvPair[];
  readonly output: Conv2d;

  /**
   * @param config - one of {@link denseUNetPresets}, or changes to it
   * @param random - source of the initial parameters
   */
  constructor(config: DenseUNetConfig = base, random: Random = new Random(0)) {
    super();
    this.config = config;
    const { inChannels, width, joints } = config;
    this.entry = new ConvPair(random, [inChannels, width, width], 7);
    let channels = width;
    this.down = DOWN.map(({ multiple, kernel }) => {
      const to = multiple * width;
      const pair = new ConvPair(random, [channels, to, to], kernel);
      channels = to;
      return pair;
    });
    this.up = UP.map((multiple) => {
      const to = multiple * width;
      const pair = new ConvPair(random, [channels, to, 2 * to], 3);
      channels = to;
      return pair;
    });
    this.output = new Conv2d(random, channels, joints, 3, { padding: 1, bias: true });
  }

  /**
   * Heatmaps of the joints.
   *
   * @param input - stacked histograms or a picture, `[B, C, H, W]`, H and W multiples of 32
   * @returns `heatmaps` `[B, joints, H, W]`
   * @throws ShapeError, ArgumentError
   */
  forward(input: Tensor): Outputs {
    return scope(() => ({ heatmaps: permute(this.maps(input).heatmaps, [0, 3, 1, 2]) }));
  }

  /** {@link forward}, and the maps on the way. @param input - `[B, C, H, W]` @throws ShapeError, ArgumentError */
  maps(input: Tensor): UNetMaps {
    const { H, W } = dims("DenseUNet", `B ${this.config.inChannels} H W`, input.shape) as {
      H: number;
      W: number;
    };
    if (H % 32 !== 0 || W % 32 !== 0) {
      throw new ArgumentError(`DenseUNet: expected sides that are multiples of 32, got ${H}×${W}`);
    }
    const x = permute(input, [0, 2, 3, 1]);
    const down = [scope(() => this.entry.second(this.entry.first(x)))];
    for (const pair of this.down) down.push(scope(() => pair.second(pair.first(avgPool2d(down.at(-1)!, 2)))));
    const up: Tensor[] = [];
    this.up.forEach((pair, i) => {
      const from = i === 0 ? down.at(-1)! : up[i - 1]!;
      const skip = down[down.length - 2 - i]!;
      up.push(scope(() => pair.second(concat([pair.first(doubled(from)), skip], 3))));
    });
    return { down, up, heatmaps: this.output.forward(up.at(-1)!) };
  }
}
