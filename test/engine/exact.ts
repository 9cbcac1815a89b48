/**
 * Numbers that make every sum of a network exact: multiples of small powers of two. Then all orders of summation agree
 * to the last bit, also where a neuron is exactly at its threshold, and on every machine.
 */
import { Random, sizeOf } from "../../src/core/index.ts";
import { createModel, parseModelConfig, type SpikeVideoFormer } from "../../src/models/index.ts";
import { BatchNorm, type Module } from "../../src/nn/index.ts";

/** A model of such weights in evaluation mode, most of whose neurons fire now and then. Needs a backend. */
export function exactModel(config: object, seed = 1): SpikeVideoFormer {
  const small = { embedDims: [8, 8, 16, 16], depths: [1, 1, 1, 1, 1], heads: 2, mlpRatio: 2, inChannels: 2 };
  const model = createModel(
    parseModelConfig({ model: "spikevideoformer", ...small, ...config }, "spikevideoformer"),
  ).eval();
  const random = new Random(seed);
  for (const [, module] of model.namedModules()) {
    if (module instanceof BatchNorm) fillNorm(module, random);
    else fillWeights(module, random);
  }
  return model;
}

/** An input of the network. */
export function exactInput(shape: readonly number[], seed = 2): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: sizeOf(shape) }, () => random.integer(-8, 9) / 4);
}

function fillNorm({ weight, bias, runningMean, runningVariance, epsilon }: BatchNorm, random: Random): void {
  for (let c = 0; c < weight.size; c++) {
    weight.data[c] = 2 ** random.integer(-1, 2);
    runningMean.data[c] = random.integer(-1, 2) / 2;
    // Never equal to mean·weight, so that the shift rounds to what it is.
    bias.data[c] = random.integer(-1, 5) / 2 + 1 / 8;
    // With ε it rounds to 1.
    runningVariance.data[c] = 1 - epsilon;
  }
}

function fillWeights(module: Module, random: Random): void {
  const { weight, bias } = module as Partial<
    Record<"weight" | "bias", { shape: number[]; data: Float32Array }>
  >;
  if (weight === undefined) return;
  const step = 2 ** -Math.ceil(Math.log2(sizeOf(weight.shape.slice(1))) / 2);
  for (let i = 0; i < weight.data.length; i++) weight.data[i] = step * random.integer(-2, 3);
  bias?.data.forEach((_, i, data) => (data[i] = random.integer(-2, 3) / 4));
}
