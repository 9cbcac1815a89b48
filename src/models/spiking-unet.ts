/** The SNN of the hybrid [Aydin2024, §3.2]: a U-Net of spikes. Maps are `[T, B, H, W, C]`. */
import { add, concat, slice } from "../autograd/index.ts";
import type { Random } from "../core/index.ts";
import { BatchNorm, Conv2d, doubled, Module } from "../nn/index.ts";
import { type NeuronConfig, type NeuronLayer, neuronLayer, runFrom, SpikingConv } from "../snn/index.ts";
import { scope, type Tensor } from "../tensor/index.ts";

/** Layers of neurons, whose membrane potentials can be set and read: {@link SpikingUNet.forward}. */
export const SPIKING_UNET_LAYERS = 9;

/** Spikes behind the last layer beside those of the entry, and where a run leaves the neurons. */
export type SpikingUNetRun = {
  /** `[T, B, H, W, 2·width]` */
  readonly features: Tensor;
  /** Membrane potentials after the last step, in the order of the layers, `[B, H', W', C']` each. */
  readonly membranePotentials: readonly Tensor[];
};

/**
 * Nine layers of neurons: 5×5 at full resolution, three 5×5 of stride 2, a residual block of two 3×3 whose sum with its
 * input fires again, and three times the map and its counterpart of the way down, doubled bilinearly, through a 5×5.
 */
export class SpikingUNet extends Module {
  readonly entry: SpikingConv;
  readonly down: SpikingConv[];
  readonly residual: SpikingConv;
  readonly residualConv: Conv2d;
  readonly residualNorm: BatchNorm;
  readonly residualNeurons: NeuronLayer;
  readonly up: SpikingConv[];

  /** @param width - channels at full resolution, which all others are multiples of */
  constructor(random: Random, inChannels: number, width: number, neurons: NeuronConfig) {
    super();
    const unit = (from: number, to: number, kernel: number, stride = 1) =>
      new SpikingConv(random, from, to, kernel, { stride, neurons });
    const [c1, c2, c4, c8] = [width, 2 * width, 4 * width, 8 * width];
    this.entry = unit(inChannels, c1, 5);
    this.down = [unit(c1, c2, 5, 2), unit(c2, c4, 5, 2), unit(c4, c8, 5, 2)];
    this.residual = unit(c8, c8, 3);
    this.residualConv = new Conv2d(random, c8, c8, 3, { padding: 1 });
    this.residualNorm = new BatchNorm(c8);
    this.residualNeurons = neuronLayer(neurons);
    this.up = [unit(2 * c8, c4, 5), unit(2 * c4, c2, 5), unit(2 * c2, c1, 5)];
  }

  /**
   * Runs all steps, layer by layer.
   *
   * @param x - events, `[T, B, H, W, C]`, H and W multiples of 8
   * @param initial - membrane potentials before the first step, one for each layer; all at rest if left out
   */
  forward(x: Tensor, initial?: readonly Tensor[]): SpikingUNetRun {
    const membranePotentials: Tensor[] = [];
    const fire = (neurons: NeuronLayer, current: Tensor): Tensor => {
      const { spikes, membranePotential } = runFrom(neurons, current, initial?.[membranePotentials.length]);
      membranePotentials.push(membranePotential);
      return spikes;
    };
    const pass = ({ conv, norm, neurons }: SpikingConv, input: Tensor): Tensor =>
      fire(neurons, eachStep(norm, conv.forward(input)));
    const entry = pass(this.entry, x);
    const down = [entry];
    for (const unit of this.down) down.push(pass(unit, down.at(-1)!));
    const bottom = down.at(-1)!;
    const branch = pass(this.residual, bottom);
    const current = add(eachStep(this.residualNorm, this.residualConv.forward(branch)), bottom);
    let up = fire(this.residualNeurons, current);
    this.up.forEach((unit, i) => {
      const beside = down[down.length - 1 - i]!;
      const wide = scope(() => doubled(concat([up, beside], 4)));
      up = pass(unit, wide);
    });
    return { features: concat([up, entry], 4), membranePotentials };
  }
}

/**
 * Batch normalisation of a layer that sees one step after another, as the released code has it: in training the statistics
 * are those of each step, not of all.
 *
 * @param x - `[T, ...]`
 */
export function eachStep(norm: BatchNorm, x: Tensor): Tensor {
  if (!norm.training) return norm.forward(x);
  const steps = Array.from({ length: x.shape[0]! }, (_, t) => norm.forward(slice(x, 0, t, t + 1)));
  return concat(steps, 0);
}
