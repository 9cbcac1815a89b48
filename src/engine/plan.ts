/** Compilation: a model becomes a list of steps with packed weights. */
import {
  backend,
  type Floats,
  type PackedKernels,
  type PackedWeights,
  planesOf,
  type Precision,
  type SpikeConvolution,
} from "../backend/index.ts";
import { ArgumentError, ShapeError, show, UnsupportedError } from "../core/index.ts";
import type { Module } from "../nn/index.ts";
import {
  chooseKernel,
  type ConvolutionKernel,
  costOf,
  type KernelCosts,
  type KernelEstimate,
  mergingCosts,
  TYPICAL_FIRING_RATE,
  typicalCosts,
} from "./choice.ts";
import { expand, fuse, type Step, type Work } from "./fuse.ts";
import type { ConvolutionWeights, Graph, GraphOutput, Value, ValueId } from "./graph.ts";
import { lower } from "./lower.ts";
import { mergeFactors } from "./merge.ts";

/** Options of {@link compile}. */
export type CompileOptions = {
  /** `[C, H, W]` of a frame, or `[B, C, H, W]` of the frames of a batch. */
  readonly input: readonly number[];
  /** T, the steps of a run. */
  readonly timeSteps: number;
  /** `f32` (default), or `int16` weights and sums where spikes are gathered. */
  readonly precision?: Precision;
  /**
   * Causal: membranes are carried from one `push` to the next, and attention across time sees no later step: all
   * before (`true`), or the last `window` steps, the present one included.
   */
  readonly stream?: boolean | { readonly window: number };
  /** Spikes per neuron and step by layer of neurons, see `measureFiringRates`; 0.15 where unknown. */
  readonly firingRates?: ReadonlyMap<string, number>;
  /** What kernels cost on this machine, see `measureKernelCosts`. */
  readonly costs?: KernelCosts;
  /** Keep all spikes of a run for `Session.spikes`, instead of reusing their memory. */
  readonly keepSpikes?: boolean;
};

/** Which kernel a step runs, as `saccade profile` shows it. */
export type KernelName =
  | "gather"
  | "dense"
  | "depthwise"
  | "depthwise gather"
  | "popcount attention"
  | "attention by pixel"
  | "mean"
  | "resize"
  | "settle";

/** Weights of a convolution: packed for gathering spikes, plain for dense products, or both (the input). */
export type StepWeights = {
  readonly gather: PackedWeights | null;
  readonly depthwise: Float32Array | null;
  readonly dense: { readonly weight: Floats; readonly bias: Floats | null } | null;
};

/** A step with its kernel and weights. */
export type PlannedStep = Step & {
  readonly kernel: KernelName;
  readonly weights: StepWeights | null;
  /** What there was to choose from, for a whole run: `gather` and `dense`, and of a RepConv `merged` and `factored`. */
  readonly estimates: readonly KernelEstimate[];
};

/** How attention sees time in a plan: the whole clip, or the past (with a window, or Infinity). */
export type Horizon = { readonly kind: "clip" } | { readonly kind: "past"; readonly window: number };

/**
 * A model compiled for one shape of input: what to do in which order, and with which weights. Several sessions may run
 * it. Weights are copied: later training does not change a plan.
 */
export class Plan {
  readonly graph: Graph;
  readonly steps: readonly PlannedStep[];
  readonly timeSteps: number;
  /** B, clips of a batch. */
  readonly batch: number;
  readonly precision: Precision;
  readonly horizon: Horizon;
  readonly keepSpikes: boolean;
  readonly kernels: PackedKernels;
  #disposed = false;

  /** See {@link compile}. */
  constructor(
    graph: Graph,
    steps: readonly PlannedStep[],
    options: {
      readonly timeSteps: number;
      readonly batch: number;
      readonly precision: Precision;
      readonly horizon: Horizon;
      readonly keepSpikes: boolean;
    },
  ) {
    this.graph = graph;
    this.steps = steps;
    this.timeSteps = options.timeSteps;
    this.batch = options.batch;
    this.precision = options.precision;
    this.horizon = options.horizon;
    this.keepSpikes = options.keepSpikes;
    this.kernels = backend().packed;
  }

  /** A value of the graph. */
  value(id: ValueId): Value {
    return this.graph.values[id]!;
  }

  /** What the network hands out. */
  get outputs(): readonly GraphOutput[] {
    return this.graph.outputs;
  }

  /** Frees the weights; sessions of the plan throw from then on. */
  dispose(): void {
    if (!this.#disposed) this.steps.forEach(({ weights }) => releaseWeights(weights));
    this.#disposed = true;
  }

  /** Whether the weights were freed. */
  get disposed(): boolean {
    return this.#disposed;
  }
}

/**
 * Compiles a model for event-driven inference: batch normalisation is folded into weights, RepConv is one convolution
 * or three, whichever is cheaper, and every step ends in packed spikes or in a membrane potential that is wanted.
 *
 * @param model - a model of this library; its running statistics are used
 * @throws ShapeError, ArgumentError
 * @throws UnsupportedError naming a module that has no compiled form, or whose sums could leave 32 bits
 */
export function compile(model: Module, options: CompileOptions): Plan {
  const { timeSteps, precision = "f32", keepSpikes = false } = options;
  const [batch, frame] = sizesOf(options.input);
  if (!Number.isInteger(timeSteps) || timeSteps < 1) {
    throw new ArgumentError(`compile: timeSteps: expected a whole number ≥ 1, got ${timeSteps}`);
  }
  if (precision !== "f32" && precision !== "int16") {
    throw new ArgumentError(`compile: precision: expected f32 or int16, got ${String(precision)}`);
  }
  const horizon = horizonOf(options.stream);
  const costs = options.costs ?? typicalCosts;
  const lowered = lower(model, frame);
  const rateOf = (value: ValueId): number =>
    options.firingRates?.get(lowered.values[value]!.layer) ?? TYPICAL_FIRING_RATE;
  const merging = new Map<string, readonly KernelEstimate[]>();
  const graph = expand(lowered, (operation) => {
    const input = lowered.values[operation.input]!;
    const { merged, factored } = mergingCosts(operation, input, rateOf(operation.input), precision, costs);
    const pixels = timeSteps * batch * input.shape[0] * input.shape[1];
    merging.set(operation.layer, [
      { kernel: "merged", ns: pixels * merged },
      { kernel: "factored", ns: pixels * factored },
    ]);
    return merged <= factored ? mergeFactors(operation.factors) : null;
  });
  const fused = fuse(graph);
  for (const { work } of fused) {
    if (work.kind === "attention") checkAttention(work, graph.values, timeSteps, horizon);
  }
  const steps: PlannedStep[] = [];
  const plan = (step: Step): PlannedStep => {
    const { work } = step;
    if (work.kind !== "convolution") return { ...step, kernel: kernelOf(work), weights: null, estimates: [] };
    const input = graph.values[work.input]!;
    const output = graph.values[work.output]!;
    const estimates: KernelEstimate[] = [];
    const choose = (): ConvolutionKernel => {
      const rate = rateOf(work.input);
      const pixels = timeSteps * batch * output.shape[0] * output.shape[1];
      const ns = (way: ConvolutionKernel): number =>
        pixels * costOf(way, work.weights, rate, precision, costs);
      estimates.push({ kernel: "gather", ns: ns("event-driven") }, { kernel: "dense", ns: ns("dense") });
      return chooseKernel(work.weights, rate, precision, costs);
    };
    const kernel = convolutionKernel(work.weights, input, output, choose);
    // Frames that hold events alone are gathered where that is cheaper; others never are.
    const gathersInput =
      work.input === graph.input && servesSpikes(work.weights, input, 1) && choose() === "event-driven";
    const factored = work.layer.replace(/\.(?:pointwise1|depthwise|pointwise2)$/, "");
    estimates.push(...(merging.get(factored) ?? []));
    return {
      ...step,
      kernel,
      estimates,
      weights: {
        gather:
          kernel === "gather" || gathersInput
            ? packed(work.weights, input, precision, Math.max(1, input.levels))
            : null,
        depthwise:
          kernel === "depthwise gather"
            ? backend().packed.packDepthwise(work.weights.weight, work.weights.kernel)
            : null,
        dense: kernel === "gather" || kernel === "depthwise gather" ? null : plain(work.weights),
      },
    };
  };
  try {
    for (const step of fused) steps.push(plan(step));
  } catch (error) {
    for (const { weights } of steps) releaseWeights(weights);
    throw error;
  }
  return new Plan(graph, steps, { timeSteps, batch, precision, horizon, keepSpikes });
}

function releaseWeights(weights: StepWeights | null): void {
  if (weights === null) return;
  const { gather, depthwise, dense } = weights;
  if (gather !== null) backend().packed.releaseWeights(gather);
  if (depthwise !== null) backend().free(depthwise);
  if (dense !== null) backend().free(dense.weight);
  if (dense !== null && dense.bias !== null) backend().free(dense.bias);
}

function sizesOf(input: readonly number[]): [batch: number, frame: readonly number[]] {
  const whole = input.every((size) => Number.isInteger(size) && size >= 1);
  if (!whole || (input.length !== 3 && input.length !== 4)) {
    throw new ShapeError(`compile: expected an input of [C, H, W] or [B, C, H, W], got ${show(input)}`);
  }
  return input.length === 3 ? [1, input] : [input[0]!, input.slice(1)];
}

function horizonOf(stream: CompileOptions["stream"]): Horizon {
  if (stream === undefined || stream === false) return { kind: "clip" };
  if (stream === true) return { kind: "past", window: Infinity };
  const { window } = stream;
  if (!Number.isInteger(window) || window < 1) {
    throw new ArgumentError(`compile: stream.window: expected a whole number of steps ≥ 1, got ${window}`);
  }
  return { kind: "past", window };
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

/** @throws UnsupportedError where sums of attention could leave 32-bit integers */
function checkAttention(
  work: Extract<Work, { readonly kind: "attention" }>,
  values: readonly Value[],
  timeSteps: number,
  horizon: Horizon,
): void {
  const channels = values[work.q]!.shape[2];
  const levels = values[work.q]!.levels;
  const size = { heads: work.heads, channels, queryPlanes: planesOf(levels) };
  if (!backend().packed.servesAttention(size)) {
    throw new UnsupportedError(
      `compile: attention at ${work.layer}: expected heads of fewer channels than ${channels / work.heads}`,
    );
  }
  if (levels > 1 && (work.score === "euclidean" || work.score === "manhattan")) {
    throw new UnsupportedError(
      `compile: ${work.score} attention at ${work.layer}: expected binary neurons, got spike counts up to ${levels}`,
    );
  }
  const steps = horizon.kind === "clip" || horizon.window === Infinity ? timeSteps : horizon.window;
  const tokens = tokensOfStep(work, values) * (work.extent === "spatial" ? 1 : steps);
  const most = mostTokens(work, values);
  if (tokens > most) {
    throw new UnsupportedError(
      `compile: attention at ${work.layer}: expected at most ${most} tokens, whose sums fit 32 bits, got ${tokens}`,
    );
  }
}

/** Tokens of a step that attend to each other. */
export function tokensOfStep(
  work: Extract<Work, { readonly kind: "attention" }>,
  values: readonly Value[],
): number {
  const [H, W] = values[work.q]!.shape;
  return work.extent === "temporal" ? 1 : H * W;
}

/** Tokens that keys and values can come from before a sum could leave 32-bit integers. */
export function mostTokens(
  work: Extract<Work, { readonly kind: "attention" }>,
  values: readonly Value[],
): number {
  const depth = values[work.q]!.shape[2] / work.heads;
  const levels = values[work.q]!.levels * values[work.k]!.levels * values[work.v]!.levels;
  return Math.floor((2 ** 31 - 1) / (8 * depth * levels));
}
