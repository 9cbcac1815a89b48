/** Which kernel each step of a plan runs, with the weights that it reads. */
import {
  backend,
  type Floats,
  type PackedWeights,
  planesOf,
  type Precision,
  type SpikeConvolution,
} from "../backend/index.ts";
import {
  chooseKernel,
  type ConvolutionKernel,
  costOf,
  type KernelCosts,
  type KernelEstimate,
  mergingCosts,
} from "./choice.ts";
import { expand, type Step, type Work } from "./fuse.ts";
import type { ConvolutionWeights, Graph, Value, ValueId } from "./graph.ts";
import { mergeFactors } from "./merge.ts";
import type { KernelName, PlannedStep, StepWeights } from "./plan.ts";

/** What choices depend on. */
export type PlannerOptions = {
  readonly precision: Precision;
  readonly costs: KernelCosts;
  /** Spikes per neuron and step of a value. */
  readonly rateOf: (value: ValueId) => number;
  /** Images of a run, T·B. */
  readonly images: number;
};

/** Chooses by estimated time. */
export class Planner {
  /** The network with each RepConv as one convolution or as three. */
  readonly graph: Graph;
  readonly #options: PlannerOptions;
  readonly #merging = new Map<string, readonly KernelEstimate[]>();

  constructor(lowered: Graph, options: PlannerOptions) {
    const { precision, costs, rateOf, images } = options;
    this.#options = options;
    this.graph = expand(lowered, (operation) => {
      const input = lowered.values[operation.input]!;
      const { merged, factored } = mergingCosts(operation, input, rateOf(operation.input), precision, costs);
      const pixels = images * input.shape[0] * input.shape[1];
      this.#merging.set(operation.layer, [
        { kernel: "merged", ns: pixels * merged },
        { kernel: "factored", ns: pixels * factored },
      ]);
      return merged <= factored ? mergeFactors(operation.factors) : null;
    });
  }

  /** A step with its kernel and weights. @throws ArgumentError, RangeError */
  plan(step: Step): PlannedStep {
    const { work } = step;
    if (work.kind !== "convolution") return { ...step, kernel: kernelOf(work), weights: null, estimates: [] };
    const { weights, layer } = work;
    const input = this.graph.values[work.input]!;
    const output = this.graph.values[work.output]!;
    const estimates: KernelEstimate[] = [];
    const choose = (): ConvolutionKernel => {
      const { precision, costs, rateOf, images } = this.#options;
      const rate = rateOf(work.input);
      const pixels = images * output.shape[0] * output.shape[1];
      const ns = (way: ConvolutionKernel): number => pixels * costOf(way, weights, rate, precision, costs);
      estimates.push({ kernel: "gather", ns: ns("event-driven") }, { kernel: "dense", ns: ns("dense") });
      return chooseKernel(weights, rate, precision, costs);
    };
    const kernel = convolutionKernel(weights, input, output, choose);
    // Frames that hold events alone are gathered where that is cheaper; others never are.
    const gathersInput =
      work.input === this.graph.input && servesSpikes(weights, input, 1) && choose() === "event-driven";
    const factored = layer.replace(/\.(?:pointwise1|depthwise|pointwise2)$/, "");
    estimates.push(...(this.#merging.get(factored) ?? []));
    return { ...step, kernel, estimates, weights: this.#weights(weights, input, kernel, gathersInput) };
  }

  #weights(
    weights: ConvolutionWeights,
    input: Value,
    kernel: KernelName,
    gathersInput: boolean,
  ): StepWeights {
    const { precision } = this.#options;
    const gathers = kernel === "gather" || gathersInput;
    const spreads = kernel === "depthwise gather";
    return {
      gather: gathers ? packed(weights, input, precision, Math.max(1, input.levels)) : null,
      depthwise: spreads ? backend().packed.packDepthwise(weights.weight, weights.kernel) : null,
      dense: kernel === "gather" || spreads ? null : plain(weights),
    };
  }
}

function kernelOf(work: Exclude<Work, { readonly kind: "convolution" }>): KernelName {
  switch (work.kind) {
    case "attention":
      return work.extent === "temporal" ? "attention by pixel" : "popcount attention";
    case "mean":
    case "resize":
      return work.kind;
    case "value":
      return "settle";
  }
}

function convolutionKernel(
  weights: ConvolutionWeights,
  input: Value,
  output: Value,
  choose: () => ConvolutionKernel,
): KernelName {
  if (weights.groups > 1) {
    const served =
      input.levels > 0 &&
      weights.bias === null &&
      backend().packed.servesDepthwise(spikeConvolution(weights, input, output, 1));
    return served ? "depthwise gather" : "depthwise";
  }
  if (input.levels === 0 || !servesSpikes(weights, input, input.levels)) return "dense";
  return choose() === "dense" ? "dense" : "gather";
}

/** The shape of a convolution from packed spikes of `images` images a step. */
export function spikeConvolution(
  { outChannels, kernel, stride, padding }: ConvolutionWeights,
  { shape: [height, width, inChannels], levels }: Value,
  { shape: [outHeight, outWidth] }: Value,
  images: number,
): SpikeConvolution {
  const planes = planesOf(Math.max(1, levels));
  const shape = { images, height, width, inChannels, planes, outChannels };
  return { ...shape, kernel, stride, padding, outHeight, outWidth };
}

function servesSpikes({ groups, kernel }: ConvolutionWeights, input: Value, levels: number): boolean {
  const size = { inChannels: input.shape[2], kernel };
  return groups === 1 && backend().packed.servesConvolution(size, levels);
}

function packed(
  { weight, bias, outChannels, kernel }: ConvolutionWeights,
  input: Value,
  precision: Precision,
  levels: number,
): PackedWeights {
  const shape = { outChannels, inChannels: input.shape[2], kernel };
  return backend().packed.packWeights(weight, bias, shape, precision, levels);
}

function plain({ weight, bias }: ConvolutionWeights): StepWeights["dense"] {
  const copy = (numbers: Float32Array): Floats => {
    const block = backend().alloc(numbers.length);
    block.set(numbers);
    return block;
  };
  return { weight: copy(weight), bias: bias === null ? null : copy(bias) };
}
