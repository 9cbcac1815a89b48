/** A compiled model: steps with their kernels and packed weights. */
import {
  backend,
  type Floats,
  type PackedKernels,
  type PackedWeights,
  type Precision,
} from "../backend/index.ts";
import type { KernelEstimate } from "./choice.ts";
import type { Step } from "./fuse.ts";
import type { Graph, GraphOutput, Value, ValueId } from "./graph.ts";

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

/** Gives the weights of a step back. */
export function releaseWeights(weights: StepWeights | null): void {
  if (weights === null) return;
  const { gather, depthwise, dense } = weights;
  if (gather !== null) backend().packed.releaseWeights(gather);
  if (depthwise !== null) backend().free(depthwise);
  if (dense !== null) backend().free(dense.weight);
  if (dense !== null && dense.bias !== null) backend().free(dense.bias);
}
