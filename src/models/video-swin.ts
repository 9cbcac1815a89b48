/** Video Swin [Liu2022]: attention in shifted windows of space and time, as a network of poses [Zou2023, table II]. */
import { add, permute, reshape, rows, stack } from "../autograd/index.ts";
import { ArgumentError, Random } from "../core/index.ts";
import { constantOf, gelu, LayerNorm, Linear, Module, MultiheadAttention } from "../nn/index.ts";
import { scope, type Tensor } from "../tensor/index.ts";
import { Backbone, type PoseHeadConfig, type PoseNetwork, poseNetwork } from "./pose-network.ts";
import { GruPart } from "./resnet-gru.ts";
import {
  type Extent3,
  fromWindows,
  planWindows,
  relativeIndices,
  relativePlaces,
  toWindows,
  type WindowPlan,
  windowMask,
} from "./shifted-windows.ts";

/** Configuration of {@link videoSwin}; see {@link videoSwinPresets}. */
export type VideoSwinConfig = PoseHeadConfig & {
  readonly model: "video-swin";
  /** Channels of the first stage; each next one has twice as many. */
  readonly embedDim: number;
  /** Blocks of each stage. */
  readonly depths: readonly number[];
  /** Heads of each stage. */
  readonly heads: readonly number[];
  /** Tokens of a window. */
  readonly window: Extent3;
  /** Steps and pixels of a patch; steps of a patch share their features. */
  readonly patch: Extent3;
  readonly mlpRatio: number;
  /** Channels of a recurrent state behind the maps, of each direction; null without. */
  readonly gruWidth: number | null;
};

const base = {
  model: "video-swin",
  inChannels: 4,
  embedDim: 96,
  depths: [2, 2, 6, 2],
  heads: [3, 6, 12, 24],
  window: [8, 8, 8],
  patch: [1, 4, 4],
  mlpRatio: 4,
  gruWidth: 1024,
  head: "smpl",
  regressorWidth: null,
} as const;

/**
 * The sizes of [Zou2023, table II] with the GRU of its ResNet-GRU behind, which was chosen for the count of parameters;
 * `deep`, which has the count and the operations that the paper prints: 18 blocks in the third stage, patches of two steps
 * as in [Liu2022], no GRU; and a small one.
 */
export const videoSwinPresets = {
  paper: base,
  deep: { ...base, depths: [2, 2, 18, 2], patch: [2, 4, 4], gruWidth: null },
  tiny: { ...base, embedDim: 8, depths: [2, 2], heads: [2, 2], window: [2, 2, 2], gruWidth: 8 },
} as const satisfies Record<string, VideoSwinConfig>;

/** x′ = x + attention(LN(x)) within windows, then x′ + W₂·GELU(W₁·LN(x′)). */
class SwinBlock extends Module {
  readonly norm1: LayerNorm;
  readonly attention: MultiheadAttention;
  /** Biases of the scores by relative place, `[places, heads]`. */
  readonly relativeBias: Tensor;
  readonly norm2: LayerNorm;
  readonly expand: Linear;
  readonly project: Linear;
  readonly window: Extent3;
  readonly shifted: boolean;

  constructor(
    random: Random,
    channels: number,
    options: { readonly heads: number; readonly shifted: boolean } & Pick<
      VideoSwinConfig,
      "window" | "mlpRatio"
    >,
  ) {
    super();
    const { heads, window, mlpRatio, shifted } = options;
    this.norm1 = new LayerNorm(channels);
    this.attention = new MultiheadAttention(random, channels, heads);
    this.relativeBias = constantOf([relativePlaces(window), heads], 0);
    for (let i = 0; i < this.relativeBias.size; i++) this.relativeBias.data[i] = random.normal(0, 0.02);
    this.norm2 = new LayerNorm(channels);
    this.expand = new Linear(random, channels, Math.round(mlpRatio * channels));
    this.project = new Linear(random, Math.round(mlpRatio * channels), channels);
    this.window = window;
    this.shifted = shifted;
  }

  forward(x: Tensor): Tensor {
    const [T, , H, W] = x.shape as [number, number, number, number, number];
    const plan = planWindows([T, H, W], this.window, this.shifted);
    const mixed = scope(() => add(x, this.#attend(x, plan)));
    return add(mixed, this.project.forward(gelu(this.expand.forward(this.norm2.forward(mixed)))));
  }

  #attend(x: Tensor, plan: WindowPlan): Tensor {
    const tokens = toWindows(this.norm1.forward(x), plan);
    const bias = this.#bias(plan.window);
    const mask = windowMask(plan);
    const attended = this.attention.forward(tokens, tokens, tokens, mask === null ? bias : add(bias, mask));
    return fromWindows(attended, plan);
  }

  /** `[heads, tokens, tokens]` */
  #bias(window: Extent3): Tensor {
    const tokens = window.reduce((product, size) => product * size, 1);
    const pairs = rows(this.relativeBias, relativeIndices(window, this.window));
    return reshape(permute(pairs, [1, 0]), [this.attention.heads, tokens, tokens]);
  }
}

/** Four neighbours' channels side by side, normalised and halved: half the height and width, twice the channels. */
class PatchMerging extends Module {
  readonly norm: LayerNorm;
  readonly reduction: Linear;

  constructor(random: Random, channels: number) {
    super();
    this.norm = new LayerNorm(4 * channels);
    this.reduction = new Linear(random, 4 * channels, 2 * channels, { bias: false });
  }

  forward(x: Tensor): Tensor {
    return this.reduction.forward(this.norm.forward(patches(x, [1, 2, 2])));
  }
}

/** The blocks at one resolution, behind a merging of patches but at first. */
class SwinStage extends Module {
  readonly merging: PatchMerging | null;
  readonly blocks: SwinBlock[];

  constructor(merging: PatchMerging | null, blocks: SwinBlock[]) {
    super();
    this.merging = merging;
    this.blocks = blocks;
  }

  forward(x: Tensor): Tensor {
    const merged = this.merging === null ? x : scope(() => this.merging!.forward(x));
    return this.blocks.reduce((u, block) => scope(() => block.forward(u)), merged);
  }
}

/** `[T, B, H, W, Ci]` → `[T, B, H/s, W/s, C]`, s the side of a patch times 2 for every stage but the first. */
export class VideoSwin extends Backbone {
  readonly embed: Linear;
  readonly embedNorm: LayerNorm;
  readonly stages: SwinStage[];
  readonly norm: LayerNorm;
  readonly channels: number;
  readonly patch: Extent3;

  constructor(random: Random, config: VideoSwinConfig) {
    super();
    const { inChannels, embedDim, depths, heads, window, patch, mlpRatio } = config;
    this.embed = new Linear(random, patch[0] * patch[1] * patch[2] * inChannels, embedDim);
    this.embedNorm = new LayerNorm(embedDim);
    this.stages = depths.map((depth, stage) => {
      const width = embedDim << stage;
      const merging = stage === 0 ? null : new PatchMerging(random, width / 2);
      const options = { heads: heads[stage]!, window, mlpRatio };
      const blocks = Array.from(
        { length: depth },
        (_, i) => new SwinBlock(random, width, { ...options, shifted: i % 2 === 1 }),
      );
      return new SwinStage(merging, blocks);
    });
    this.channels = embedDim << (depths.length - 1);
    this.norm = new LayerNorm(this.channels);
    this.patch = patch;
  }

  /** @throws ArgumentError when patches and windows do not divide the clip */
  forward(clip: Tensor): Tensor {
    const embedded = scope(() => this.embedNorm.forward(this.embed.forward(patches(clip, this.patch))));
    const x = this.stages.reduce((u, stage) => stage.forward(u), embedded);
    return repeatSteps(this.norm.forward(x), this.patch[0]);
  }
}

/** Patches as tokens, their numbers in the order steps, rows, columns, channels. @throws ArgumentError */
function patches(x: Tensor, [t, h, w]: Extent3): Tensor {
  const [T, B, H, W, C] = x.shape as [number, number, number, number, number];
  if (T % t !== 0 || H % h !== 0 || W % w !== 0) {
    throw new ArgumentError(`patches: expected sizes that divide into ${t}×${h}×${w}, got ${T}×${H}×${W}`);
  }
  const cut = reshape(x, [T / t, t, B, H / h, h, W / w, w, C]);
  return reshape(permute(cut, [0, 2, 3, 5, 1, 4, 6, 7]), [T / t, B, H / h, W / w, t * h * w * C]);
}

/** Each step `times` times. */
function repeatSteps(x: Tensor, times: number): Tensor {
  if (times === 1) return x;
  const repeated = stack(Array<Tensor>(times).fill(x), 1);
  return reshape(repeated, [x.shape[0]! * times, ...x.shape.slice(1)]);
}

/**
 * Video Swin → GRU or mean over the map → regressors.
 *
 * @param config - one of {@link videoSwinPresets}, or changes to it
 * @throws ArgumentError
 */
export function videoSwin(
  config: VideoSwinConfig,
  random: Random = new Random(0),
): PoseNetwork<VideoSwinConfig, VideoSwin> {
  const backbone = new VideoSwin(random, config);
  const { gruWidth } = config;
  const temporal = gruWidth === null ? null : new GruPart(random, backbone.channels, gruWidth);
  return poseNetwork(random, config, { backbone, temporal });
}
