/** Attention of a whole map on each of its places, and of a step on itself [Zhang2025]. Maps are `[..., H, W, C]`. */
import { add, affine, matmul, mean, mul, relu, reshape, sigmoid } from "../autograd/index.ts";
import { ArgumentError, dims, type Random } from "../core/index.ts";
import { LayerNorm, Linear, Module } from "../nn/index.ts";
import type { Tensor } from "../tensor/index.ts";

/**
 * Global context block [Zhang2025, eq. 7–10], after [Cao2019]: what a weighted sum over the map says, added to each place.
 *
 *     W_k = Σ_p X[p]·sigmoid(Conv_k(X)[p])       C → 1, one weight a place p: the context, of C numbers
 *     W_q = Conv_q(W_k)                          C → C/r
 *     W_v = Conv_v(ReLU(LN(W_q)))                C/r → C
 *     Z = X + W_v                                the same for all places
 *
 * The paper's "·" is a matrix product, X reshaped to C×HW; the sum is not divided by HW (the normalisation behind it
 * takes the scale out). The 1×1 convolutions are linear layers with biases. At X = 0 the block gives W_v of the biases.
 */
export class GlobalContext extends Module {
  readonly key: Linear;
  readonly query: Linear;
  readonly norm: LayerNorm;
  readonly value: Linear;

  /** @param options - `reduction` r, at most C @throws ArgumentError */
  constructor(random: Random, channels: number, { reduction = 4 } = {}) {
    super();
    const hidden = reduced("GlobalContext", channels, reduction);
    this.key = new Linear(random, channels, 1);
    this.query = new Linear(random, channels, hidden);
    this.norm = new LayerNorm(hidden);
    this.value = new Linear(random, hidden, channels);
  }

  /** Z of each map. @param x - `[..., H, W, C]` @throws ShapeError */
  forward(x: Tensor): Tensor {
    const { H, W, C } = dims("GlobalContext", "... H W C", x.shape) as { H: number; W: number; C: number };
    const lead = x.shape.slice(0, -3);
    const places = reshape(x, [-1, H * W, C]);
    const weights = reshape(sigmoid(this.key.forward(places)), [-1, 1, H * W]);
    this.observer?.({ kind: "synapse", macs: x.size, input: x });
    const context = matmul(weights, places);
    const value = this.value.forward(relu(this.norm.forward(this.query.forward(context))));
    return add(x, reshape(value, [...lead, 1, 1, C]));
  }
}

/**
 * What a step's gate hangs on: `step`, the mean of all numbers of the step, which 16 hidden units turn into one gate for
 * the step; or `channels`, the mean of each channel, which C/16 hidden units turn into one gate for each channel.
 */
export type StepAttentionDesign = "step" | "channels";

/**
 * Step attention [Zhang2025, eq. 12]: V = U ⊙ sigmoid(Conv₂(ReLU(Conv₁(α·AvgPool(U))))), each step by itself, so that a
 * recurrence may hold it. The paper does not say which axes AvgPool takes; `docs/staa.md` tells both designs apart.
 */
export class StepAttention extends Module {
  readonly squeeze: Linear;
  readonly excite: Linear;
  readonly design: StepAttentionDesign;
  /** α, which multiplies the mean. */
  readonly scale: number;

  /** @param options - `scale` α; `reduction`: hidden units of `step`, or what divides the channels @throws ArgumentError */
  constructor(
    random: Random,
    channels: number,
    options: {
      readonly design?: StepAttentionDesign;
      readonly scale?: number;
      readonly reduction?: number;
    } = {},
  ) {
    super();
    const { design = "step", scale = 2, reduction = 16 } = options;
    const [width, hidden] =
      design === "step" ? [1, reduction] : [channels, reduced("StepAttention", channels, reduction)];
    this.squeeze = new Linear(random, width, hidden);
    this.excite = new Linear(random, hidden, width);
    this.design = design;
    this.scale = scale;
  }

  /** V of each map. @param u - `[..., H, W, C]` @throws ShapeError */
  forward(u: Tensor): Tensor {
    dims("StepAttention", "... H W C", u.shape);
    const axis = u.shape.length - 3;
    const lead = u.shape.slice(0, axis);
    const axes = this.design === "step" ? [axis, axis + 1, axis + 2] : [axis, axis + 1];
    const pooled = reshape(affine(mean(u, axes), this.scale), [...lead, 1, 1, -1]);
    return mul(u, sigmoid(this.excite.forward(relu(this.squeeze.forward(pooled)))));
  }
}

function reduced(where: string, channels: number, reduction: number): number {
  if (!(reduction >= 1) || !Number.isInteger(reduction)) {
    throw new ArgumentError(`${where}: expected a reduction of 1 or more, got ${reduction}`);
  }
  return Math.max(1, Math.floor(channels / reduction));
}
