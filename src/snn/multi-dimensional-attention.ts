/** Attention over time, channels and places before neurons [Yao2023]. Tensors are `[T, B, H, W, C]`. */
import { add, max, mean, mul, permute, relu, reshape, sigmoid, stack } from "../autograd/index.ts";
import { ArgumentError, type Random } from "../core/index.ts";
import { Conv2d, Linear, Module } from "../nn/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { Recalibration } from "./sew.ts";

/** Options of {@link MultiDimensionalAttention}. */
export type MultiDimensionalOptions = {
  /** Steps of a clip; the weights over time are for as many. */
  readonly timeSteps: number;
  /** How much narrower the hidden layers are than steps and channels; rounded, at least 1. */
  readonly timeReduction: number;
  readonly channelReduction: number;
};

/** σ(W₁ ReLU(W₀ mean) + W₁ ReLU(W₀ max)), one gate an entry of the last axis. */
class Gate extends Module {
  readonly squeeze: Linear;
  readonly excite: Linear;

  constructor(random: Random, size: number, reduction: number) {
    super();
    const hidden = Math.max(1, Math.round(size / reduction));
    this.squeeze = new Linear(random, size, hidden, { bias: false });
    this.excite = new Linear(random, hidden, size, { bias: false });
  }

  /** @param pooled - means and largest entries, `[..., size]` each */
  forward(pooled: readonly [Tensor, Tensor]): Tensor {
    const [a, b] = pooled.map((x) => this.excite.forward(relu(this.squeeze.forward(x)))) as [Tensor, Tensor];
    return sigmoid(add(a, b));
  }
}

/** Pixels that see each other in the attention over places. */
const KERNEL = 7;

/**
 * Currents times three gates in turn, each worked out from what the one before left [Yao2023, §III]:
 *
 *     time      σ(MLP(mean) + MLP(max)) over H, W, C     a gate a step
 *     channels  σ(MLP(mean) + MLP(max)) over H, W        a gate a channel and step
 *     places    σ(7×7([mean, max])) over C               a gate a pixel and step
 *
 * A clip is seen as a whole, so that gates of early steps depend on late ones.
 */
export class MultiDimensionalAttention extends Recalibration {
  readonly time: Gate;
  readonly channel: Gate;
  readonly place: Conv2d;
  readonly timeSteps: number;

  constructor(random: Random, channels: number, options: MultiDimensionalOptions) {
    super();
    const { timeSteps, timeReduction, channelReduction } = options;
    this.time = new Gate(random, timeSteps, timeReduction);
    this.channel = new Gate(random, channels, channelReduction);
    this.place = new Conv2d(random, 2, 1, KERNEL, { padding: KERNEL >> 1 });
    this.timeSteps = timeSteps;
  }

  /** `[T, B, H, W, C]` → the same shape. @throws ArgumentError when T is another than that of the weights */
  forward(x: Tensor): Tensor {
    const [T, B, H, W, C] = x.shape as [number, number, number, number, number];
    if (T !== this.timeSteps) {
      throw new ArgumentError(`MultiDimensionalAttention: expected ${this.timeSteps} steps, got ${T}`);
    }
    const steps = reshape(x, [T, B, H * W * C]);
    const overSteps = [mean(steps, [2]), max(steps, 2)].map((pooled) => permute(pooled, [1, 0]));
    const timeGate = permute(this.time.forward(overSteps as [Tensor, Tensor]), [1, 0]);
    const timed = mul(x, reshape(timeGate, [T, B, 1, 1, 1]));
    const maps = reshape(timed, [T, B, H * W, C]);
    const channelGate = this.channel.forward([mean(maps, [2]), max(maps, 2)]);
    const chosen = mul(timed, reshape(channelGate, [T, B, 1, 1, C]));
    return mul(chosen, sigmoid(this.place.forward(stack([mean(chosen, [4]), max(chosen, 4)], 4))));
  }
}
