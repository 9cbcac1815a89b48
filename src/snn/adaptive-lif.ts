/** Leaky integrate-and-fire whose two coefficients are learned [Zhang2025, eq. 6]. */
import { add, mul, reshape, slice, stack } from "../autograd/index.ts";
import { type Shape, ShapeError, show } from "../core/index.ts";
import { constantOf } from "../nn/index.ts";
import { full, scope, type Tensor } from "../tensor/index.ts";
import { lif, type LifOptions, type NeuronOutput } from "./neuron.ts";
import { NeuronLayer } from "./neuron-layers.ts";
import { surrogate as surrogates } from "./surrogate.ts";

/** Firing and reset of a neuron whose charging is its own. */
export type FiringOptions = Omit<LifOptions, "tau" | "decayInput" | "initial">;

/** Firing as [Zhang2025] has it: θ = 1, hard reset to 0 that carries gradient, rectangular surrogate of width 1. */
export const STAA_FIRING = {
  firingThreshold: 1,
  reset: "hard",
  resetPotential: 0,
  detachReset: false,
  surrogate: surrogates.rectangular(),
} as const satisfies FiringOptions;

/**
 * One step of firing and reset: s = Θ(h − θ), and the membrane potential after it.
 *
 * @param h - membrane potential after charging, `[...]`
 */
export function fire(h: Tensor, options: FiringOptions): NeuronOutput {
  // τ = 1 forgets what was: h is then the input itself, whatever the rest.
  const { spikes, membranePotential } = lif(reshape(h, [1, ...h.shape]), {
    ...options,
    tau: 1,
    decayInput: true,
  });
  return { spikes: reshape(spikes, h.shape), membranePotential };
}

/**
 * Charges step by step, fires and resets.
 *
 * @param timeSteps - T
 * @param initial - membrane potential before the first step, `[...]`
 * @param charge - h[t] from t and v[t−1], both `[...]`
 */
export function integrate(
  timeSteps: number,
  initial: Tensor,
  charge: (t: number, v: Tensor) => Tensor,
  options: FiringOptions,
): NeuronOutput {
  return scope(() => {
    const spikes: Tensor[] = [];
    let v = initial;
    for (let t = 0; t < timeSteps; t++) {
      const step = scope(() => fire(charge(t, v), options));
      spikes.push(step.spikes);
      v = step.membranePotential;
    }
    return { spikes: stack(spikes), membranePotential: v };
  });
}

/** The membrane potential of neurons that have not been driven yet, `[...]`. */
export function atRest(shape: Shape, { reset, resetPotential = 0 }: FiringOptions): Tensor {
  return full(shape, reset === "soft" ? 0 : resetPotential);
}

/** Step t of `[T, ...]`, without its axis. */
export function stepOf(x: Tensor, t: number): Tensor {
  return reshape(slice(x, 0, t, t + 1), x.shape.slice(1));
}

/**
 * h[t] = M⊙v[t−1] + N⊙x[t], then as {@link lif}; M = 1 − 1/τ and N = 1/τ make it `lif`.
 *
 * @param x - input current, `[T, ...]`
 * @param keep - M, a shape that broadcasts to `[...]`
 * @param take - N, likewise
 * @throws ShapeError
 */
export function adaptiveLif(
  x: Tensor,
  keep: Tensor,
  take: Tensor,
  { initial, ...options }: FiringOptions & Pick<LifOptions, "initial"> = {},
): NeuronOutput {
  const [timeSteps, ...rest] = x.shape;
  if (timeSteps === undefined || timeSteps < 1) {
    throw new ShapeError(`adaptiveLif: expected [T, ...] with T ≥ 1, got ${show(x.shape)}`);
  }
  const taken = mul(x, take);
  return integrate(
    timeSteps,
    initial ?? atRest(rest, options),
    (t, v) => add(mul(v, keep), stepOf(taken, t)),
    { ...STAA_FIRING, ...options },
  );
}

/** See {@link adaptiveLif}; learns M and N, which start as those of a time constant τ. */
export class AdaptiveLif extends NeuronLayer {
  /** M */
  readonly keep: Tensor;
  /** N */
  readonly take: Tensor;
  readonly options: FiringOptions;

  /**
   * @param shape - of M and of N, which broadcasts to a step `[...]`: `[C]` for one pair a channel, `[]` for one a layer
   * @param options - `tau` at the start
   */
  constructor(shape: Shape, { tau = 2, ...options }: FiringOptions & Pick<LifOptions, "tau"> = {}) {
    super();
    this.keep = constantOf(shape, 1 - 1 / tau);
    this.take = constantOf(shape, 1 / tau);
    this.options = options;
  }

  protected fire(current: Tensor): Tensor {
    return adaptiveLif(current, this.keep, this.take, this.options).spikes;
  }
}
