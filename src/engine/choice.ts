/** Which kernel computes a layer: the cheapest at its firing rate on this machine. */
import { type Precision, wordsOf } from "../backend/index.ts";
import type { ConvolutionWeights, Operation, Value } from "./graph.ts";

/** Nanoseconds on one thread, by precision of the weights that spikes gather. */
export type KernelCosts = {
  /** Adding one weight of one spike. */
  readonly addNs: Readonly<Record<Precision, number>>;
  /** Listing one 32-bit word of packed spikes and joining it to runs, see {@link listedWords}. */
  readonly wordNs: number;
  /** One multiply-accumulate of a dense product. */
  readonly macNs: number;
  /** One multiply-accumulate of a depthwise convolution. */
  readonly depthwiseMacNs: number;
  /** Settling one real that a kernel left in memory. */
  readonly settleNs: number;
};

/** Measured on the machine of the README's figures; `measureKernelCosts` measures another. */
export const typicalCosts: KernelCosts = {
  addNs: { f32: 1 / 21, int16: 1 / 43 },
  wordNs: 14,
  macNs: 1 / 27,
  depthwiseMacNs: 1 / 9,
  settleNs: 0.3,
};

/** Spikes per neuron and step that are assumed where none were measured: typical of trained networks. */
export const TYPICAL_FIRING_RATE = 0.15;

/**
 * Words that are listed for an output pixel: those under a block of 4×4 of them are listed once. A row of the kernel
 * that fits into one word is one.
 */
export function listedWords(kernel: number, stride: number, channels: number): number {
  const reach = kernel === 1 ? 1 : (3 * stride + kernel) / 4;
  return kernel > 1 && kernel * channels <= 32 ? reach : reach ** 2 * wordsOf(channels);
}

/** How a convolution from spikes is computed. */
export type ConvolutionKernel = "event-driven" | "dense";

/** Estimated nanoseconds a pixel of a convolution from spikes that fire at `rate`. */
export function costOf(
  kernel: ConvolutionKernel,
  weights: ConvolutionWeights,
  rate: number,
  precision: Precision,
  costs: KernelCosts,
): number {
  const { outChannels, groups, kernel: side, stride } = weights;
  const inputs = weights.weight.length / outChannels;
  if (groups > 1) return inputs * outChannels * costs.depthwiseMacNs;
  if (kernel === "dense") return inputs * outChannels * costs.macNs + outChannels * costs.settleNs;
  const columns = Math.ceil(outChannels / 16) * 16;
  const words = listedWords(side, stride, inputs / side ** 2);
  return inputs * rate * columns * costs.addNs[precision] + words * costs.wordNs;
}

/** The cheaper kernel of a convolution from spikes. */
export function chooseKernel(
  weights: ConvolutionWeights,
  rate: number,
  precision: Precision,
  costs: KernelCosts,
): ConvolutionKernel {
  const cost = (kernel: ConvolutionKernel): number => costOf(kernel, weights, rate, precision, costs);
  return cost("event-driven") <= cost("dense") ? "event-driven" : "dense";
}

/** A way to compute a layer, and the nanoseconds it was estimated to take. */
export type KernelEstimate = {
  readonly kernel: "gather" | "dense" | "merged" | "factored";
  readonly ns: number;
};

/** Estimated nanoseconds a pixel of one 3×3 convolution and of its three factors. */
export function mergingCosts(
  { factors }: Extract<Operation, { readonly kind: "factored-convolution" }>,
  input: Value,
  rate: number,
  precision: Precision,
  costs: KernelCosts,
): { readonly merged: number; readonly factored: number } {
  const [first, depthwise, second] = factors;
  const inChannels = input.shape[2];
  const merged = inChannels * 9 * rate * second.outChannels * costs.addNs[precision];
  const listing = listedWords(3, 1, inChannels) * costs.wordNs;
  const kernel = chooseKernel(first, rate, precision, costs);
  const factored =
    costOf(kernel, first, rate, precision, costs) +
    costOf("dense", depthwise, 1, precision, costs) +
    costOf("dense", second, 1, precision, costs) +
    (first.outChannels + depthwise.outChannels) * costs.settleNs;
  return { merged: merged + listing, factored };
}
