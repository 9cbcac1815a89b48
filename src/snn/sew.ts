/** Spike-element-wise residual networks [Fang2021a]. Tensors are `[T, B, H, W, C]`. */
import { add, affine, mul } from "../autograd/index.ts";
import { ArgumentError, type Random } from "../core/index.ts";
import { type BatchNorm, Module } from "../nn/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { ConvNorm } from "./conv-norm.ts";
import {
  LeakyLayer,
  type NeuronConfig,
  type NeuronFactory,
  type NeuronLayer,
  neuronLayer,
} from "./neuron-layers.ts";
import type { NeuronOutput } from "./neuron.ts";

/**
 * How the spikes of a branch a and those of the shortcut s become one: `add` a + s (which counts up along a stage), `and`
 * a·s, `iand` (1 − a)·s.
 */
export type SewFunction = "add" | "and" | "iand";

/**
 * Joins the spikes of a residual branch with those of its shortcut [Fang2021a, table 1].
 *
 * @param branch - spikes of the branch, any shape
 * @param shortcut - spikes of the shortcut, the same shape
 */
export function sew(branch: Tensor, shortcut: Tensor, connection: SewFunction): Tensor {
  switch (connection) {
    case "add":
      return add(branch, shortcut);
    case "and":
      return mul(branch, shortcut);
    case "iand":
      return mul(affine(branch, -1, 1), shortcut);
  }
}

/**
 * Starts the last normalisation of a branch so that {@link sew} passes the shortcut on, whatever the branch gets: its
 * weight is 0, so that the neurons behind it never fire, and for `and` its bias the current that makes them fire at every
 * step [Fang2021a]. (With a bias of 0, as in [Zou2023]'s released code, nothing passes an `and`, and nothing learns.)
 *
 * @param neurons - those behind the normalisation
 */
export function startAsIdentity(norm: BatchNorm, connection: SewFunction, neurons: NeuronConfig): void {
  const { kind, tau = 2, decayInput = true, firingThreshold = 1 } = neurons;
  norm.weight.data.fill(0);
  if (connection !== "and") return;
  norm.bias.data.fill(kind === "integer-lif" ? 1 : firingThreshold * (decayInput ? tau : 1));
}

/** Changes currents `[T, B, H, W, C]` before neurons integrate them; the shape stays. */
export abstract class Recalibration extends Module {
  abstract forward(current: Tensor): Tensor;
}

/** Convolution → BN → neurons; where there is a recalibration, it stands before the neurons. */
export class SpikingConv extends ConvNorm {
  readonly recalibration: Recalibration | null;
  readonly neurons: NeuronLayer;

  constructor(
    random: Random,
    inChannels: number,
    outChannels: number,
    kernel: number,
    options: {
      readonly stride?: number;
      readonly bias?: boolean;
      readonly neurons: NeuronConfig | NeuronFactory;
      readonly recalibration?: Recalibration | null;
    },
  ) {
    super(random, inChannels, outChannels, kernel, options);
    const { neurons, recalibration = null } = options;
    this.recalibration = recalibration;
    this.neurons = typeof neurons === "function" ? neurons(outChannels) : neuronLayer(neurons);
  }

  /** `[T, B, H, W, Ci]` → spikes `[T, B, H/stride, W/stride, Co]` */
  override forward(x: Tensor): Tensor {
    const current = super.forward(x);
    return this.neurons.forward(this.recalibration === null ? current : this.recalibration.forward(current));
  }
}

/** Runs neurons from given membrane potentials. @throws ArgumentError if they have none that can be set */
export function runFrom(neurons: NeuronLayer, current: Tensor, initial?: Tensor): NeuronOutput {
  if (neurons instanceof LeakyLayer) return neurons.run(current, initial);
  throw new ArgumentError("neurons: expected a kind with a membrane potential that can be set, got another");
}

/**
 * A residual block: two 3×3 convolutions, or 1×1, 3×3 and 1×1 that widens fourfold, each with BN and neurons, joined with
 * the shortcut by {@link sew}. The stride is that of the (first) 3×3; where shapes differ the shortcut is a 1×1
 * convolution with BN and neurons of its own. It starts as its shortcut, see {@link startAsIdentity}.
 */
export class SewBlock extends Module {
  readonly units: SpikingConv[];
  readonly shortcut: SpikingConv | null;
  readonly connection: SewFunction;

  constructor(
    random: Random,
    inChannels: number,
    width: number,
    options: {
      readonly bottleneck: boolean;
      readonly stride: number;
      readonly connection: SewFunction;
      readonly neurons: NeuronConfig;
      /** Makes what recalibrates the currents of the branch's last convolution, for its channels. */
      readonly recalibration?: (channels: number) => Recalibration;
    },
  ) {
    super();
    const { bottleneck, stride, connection, neurons } = options;
    const outChannels = bottleneck ? 4 * width : width;
    const unit = (from: number, to: number, kernel: number, step = 1) =>
      new SpikingConv(random, from, to, kernel, { stride: step, neurons });
    const last = (kernel: number) => {
      const recalibration = options.recalibration?.(outChannels) ?? null;
      return new SpikingConv(random, width, outChannels, kernel, { neurons, recalibration });
    };
    this.units = bottleneck
      ? [unit(inChannels, width, 1), unit(width, width, 3, stride), last(1)]
      : [unit(inChannels, width, 3, stride), last(3)];
    startAsIdentity(this.units.at(-1)!.norm, connection, neurons);
    this.shortcut =
      stride === 1 && inChannels === outChannels ? null : unit(inChannels, outChannels, 1, stride);
    this.connection = connection;
  }

  /** `[T, B, H, W, Ci]` → `[T, B, H/stride, W/stride, Co]` */
  forward(x: Tensor): Tensor {
    const branch = this.units.reduce((u, unit) => unit.forward(u), x);
    return sew(branch, this.shortcut === null ? x : this.shortcut.forward(x), this.connection);
  }
}

/** Blocks of each stage by the depth of the network, and whether they are bottlenecks [He2016, table 1]. */
export const SEW_DEPTHS = {
  18: { blocks: [2, 2, 2, 2], bottleneck: false },
  34: { blocks: [3, 4, 6, 3], bottleneck: false },
  50: { blocks: [3, 4, 6, 3], bottleneck: true },
  101: { blocks: [3, 4, 23, 3], bottleneck: true },
  152: { blocks: [3, 8, 36, 3], bottleneck: true },
} as const;

/** Depth of a SEW-ResNet. */
export type SewDepth = keyof typeof SEW_DEPTHS;

/**
 * Channels that a residual network ends with.
 * @param width - channels of its first stage
 * @throws ArgumentError if there is none of the depth
 */
export function sewChannels(depth: SewDepth, width = 64): number {
  const kind = SEW_DEPTHS[depth] as (typeof SEW_DEPTHS)[SewDepth] | undefined;
  if (kind === undefined) {
    throw new ArgumentError(
      `SewResNet: expected a depth of ${Object.keys(SEW_DEPTHS).join(", ")}, got ${depth}`,
    );
  }
  return (kind.bottleneck ? 32 : 8) * width;
}
