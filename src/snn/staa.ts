/** The spatial-temporal attention aggregator in place of a neuron's leak [Zhang2025]. Tensors are `[T, B, H, W, C]`. */
import { add, reshape, slice } from "../autograd/index.ts";
import { ArgumentError, dims, type Random, ShapeError } from "../core/index.ts";
import { constantOf, Module } from "../nn/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { atRest, type FiringOptions, integrate, STAA_FIRING, stepOf } from "./adaptive-lif.ts";
import { GlobalContext, StepAttention, type StepAttentionDesign } from "./global-context.ts";
import type { NeuronOutput } from "./neuron.ts";
import { NeuronLayer } from "./neuron-layers.ts";

/** A learned vector a time step, added to all places [Zhang2025, eq. 11]; zero at the start. */
export class PositionEncoding extends Module {
  /** `[T, C]` */
  readonly table: Tensor;

  constructor(timeSteps: number, channels: number) {
    super();
    this.table = constantOf([timeSteps, channels], 0);
  }

  /**
   * x[t] + table[from + t].
   *
   * @param x - `[T', B, H, W, C]`
   * @param from - the step that x begins with
   * @throws ShapeError where x goes beyond the table's steps
   */
  forward(x: Tensor, from = 0): Tensor {
    const [timeSteps, channels] = this.table.shape as [number, number];
    const { T } = dims("PositionEncoding", `T B H W ${channels}`, x.shape) as { T: number };
    if (from + T > timeSteps) {
      throw new ShapeError(
        `PositionEncoding: expected steps up to ${timeSteps}, of which the encoding was made, got ${from + T}`,
      );
    }
    return add(x, reshape(slice(this.table, 0, from, from + T), [T, 1, 1, 1, channels]));
  }
}

/**
 * Where positions are encoded [Zhang2025, fig. 2 a–e]: nowhere; on the membrane potential before the aggregation; on the
 * input before the aggregation, the paper's choice; on both, with an encoding each; on what was aggregated.
 */
export type PositionPlacement = "none" | "membrane" | "input" | "both" | "aggregate";

/** Options of {@link StaaLif}. */
export type StaaOptions = {
  /** Steps T that positions are learned for. */
  readonly timeSteps: number;
  readonly position?: PositionPlacement;
  /** Whether GC₁ and GC₂ stand before the sum. */
  readonly globalContext?: boolean;
  /** r of GC₁ and GC₂. */
  readonly contextReduction?: number;
  readonly stepAttention?: StepAttentionDesign | "none";
  /** Hidden units of the step attention, or what divides its channels. */
  readonly stepReduction?: number;
  /** α of the step attention. */
  readonly scale?: number;
  /** β: probability, in training, that a step is aggregated by plain addition (time-step random dropout). */
  readonly dropProbability?: number;
  readonly firing?: FiringOptions;
};

/**
 * Neurons that aggregate input and membrane potential by attention [Zhang2025, eq. 11–14].
 *
 *     X[t] = I[t] + Pos[t]
 *     U[t] = GC₁(X[t]) + GC₂(v[t−1])
 *     h[t] = SA(U[t]),   s[t] = Θ(h[t] − θ),   v[t] = (1 − s[t])·h[t]
 *
 * There is no other leak: the gate of SA, near ½ at the start, keeps half of both. A step that time-step random dropout
 * takes is h[t] = X[t] + v[t−1], drawn for each layer and step by itself. θ = 1, Θ(0) = 1, rectangular surrogate; the
 * reset carries gradient.
 */
export class StaaLif extends NeuronLayer {
  readonly inputPosition: PositionEncoding | null;
  readonly membranePosition: PositionEncoding | null;
  readonly aggregatePosition: PositionEncoding | null;
  readonly inputContext: GlobalContext | null;
  readonly membraneContext: GlobalContext | null;
  readonly stepAttention: StepAttention | null;
  readonly dropProbability: number;
  readonly firing: FiringOptions;
  /** What time-step random dropout draws from; its state belongs into a checkpoint. */
  readonly drops: Random;

  /** @param random - source of the initial parameters; dropped steps come from a fork of it @throws ArgumentError */
  constructor(random: Random, channels: number, options: StaaOptions) {
    super();
    const { timeSteps, position = "input", globalContext = true, contextReduction: reduction = 4 } = options;
    const { stepAttention: design = "step", stepReduction = 16, scale = 2, dropProbability = 0 } = options;
    if (!(dropProbability >= 0 && dropProbability <= 1)) {
      throw new ArgumentError(`StaaLif: expected a dropProbability of 0…1, got ${dropProbability}`);
    }
    const encoding = (...places: PositionPlacement[]) =>
      places.includes(position) ? new PositionEncoding(timeSteps, channels) : null;
    const context = () => (globalContext ? new GlobalContext(random, channels, { reduction }) : null);
    this.inputPosition = encoding("input", "both");
    this.membranePosition = encoding("membrane", "both");
    this.aggregatePosition = encoding("aggregate");
    this.inputContext = context();
    this.membraneContext = context();
    this.stepAttention =
      design === "none"
        ? null
        : new StepAttention(random, channels, { design, scale, reduction: stepReduction });
    this.dropProbability = dropProbability;
    this.firing = { ...STAA_FIRING, ...options.firing };
    this.drops = random.fork("drops");
  }

  protected fire(current: Tensor): Tensor {
    return this.run(current).spikes;
  }

  /**
   * Runs some steps of a clip.
   *
   * @param current - I, `[T', B, H, W, C]`
   * @param options - `initial`: membrane potential before them, `[B, H, W, C]`; `from`: the step that they begin with
   * @throws ShapeError
   */
  run(
    current: Tensor,
    { initial, from = 0 }: { readonly initial?: Tensor; readonly from?: number } = {},
  ): NeuronOutput {
    const { T } = dims("StaaLif", "T B H W C", current.shape) as { T: number };
    const x = this.inputPosition?.forward(current, from) ?? current;
    // The input does not wait for the membrane: all steps at once.
    const attended = this.inputContext?.forward(x) ?? x;
    const rest = initial ?? atRest(current.shape.slice(1), this.firing);
    const charge = (t: number, v: Tensor): Tensor => {
      const before = placed(this.membranePosition, v, from + t);
      const h = this.#drops()
        ? add(stepOf(x, t), before)
        : this.#gated(add(stepOf(attended, t), this.membraneContext?.forward(before) ?? before));
      return placed(this.aggregatePosition, h, from + t);
    };
    return integrate(T, rest, charge, this.firing);
  }

  #gated(u: Tensor): Tensor {
    return this.stepAttention?.forward(u) ?? u;
  }

  #drops(): boolean {
    return this.training && this.dropProbability > 0 && this.drops.uniform() < this.dropProbability;
  }
}

/** One step `[B, H, W, C]` with its position. */
function placed(encoding: PositionEncoding | null, x: Tensor, t: number): Tensor {
  return encoding === null ? x : reshape(encoding.forward(reshape(x, [1, ...x.shape]), t), x.shape);
}
