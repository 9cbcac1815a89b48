/** Compilation: a model becomes a {@link Plan}. */
import type { Precision } from "../backend/index.ts";
import { ArgumentError, ShapeError, show } from "../core/index.ts";
import type { Module } from "../nn/index.ts";
import { checkAttention } from "./attention-limits.ts";
import { type KernelCosts, TYPICAL_FIRING_RATE, typicalCosts } from "./choice.ts";
import { fuse } from "./fuse.ts";
import type { ValueId } from "./graph.ts";
import { lower } from "./lower.ts";
import { type Horizon, Plan, type PlannedStep, releaseWeights } from "./plan.ts";
import { Planner } from "./planner.ts";

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

/**
 * Compiles a model for event-driven inference: batch normalisation is folded into weights, RepConv is one convolution
 * or three, whichever is cheaper, and every step ends in packed spikes or in a membrane potential that is wanted.
 *
 * @param model - a model of this library; its running statistics are used
 * @throws ShapeError, ArgumentError
 * @throws UnsupportedError naming a module that has no compiled form, or whose sums could leave 32 bits
 */
export function compile(model: Module, options: CompileOptions): Plan {
  const { timeSteps, precision = "f32", keepSpikes = false, costs = typicalCosts } = options;
  const [batch, frame] = sizesOf(options.input);
  if (!Number.isInteger(timeSteps) || timeSteps < 1) {
    throw new ArgumentError(`compile: timeSteps: expected a whole number ≥ 1, got ${timeSteps}`);
  }
  if (precision !== "f32" && precision !== "int16") {
    throw new ArgumentError(`compile: precision: expected f32 or int16, got ${String(precision)}`);
  }
  const horizon = horizonOf(options.stream);
  const lowered = lower(model, frame);
  const rateOf = (value: ValueId): number =>
    options.firingRates?.get(lowered.values[value]!.layer) ?? TYPICAL_FIRING_RATE;
  const planner = new Planner(lowered, { precision, costs, rateOf, images: timeSteps * batch });
  const { graph } = planner;
  const fused = fuse(graph);
  for (const { work } of fused) {
    if (work.kind === "attention") checkAttention(work, graph.values, timeSteps, horizon);
  }
  const steps: PlannedStep[] = [];
  try {
    for (const step of fused) steps.push(planner.plan(step));
  } catch (error) {
    for (const { weights } of steps) releaseWeights(weights);
    throw error;
  }
  return new Plan(graph, steps, { timeSteps, batch, precision, horizon, keepSpikes });
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
