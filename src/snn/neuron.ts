/** Multi-step neurons as differentiable operations, fused over the time steps. */
import { record } from "../autograd/index.ts";
import { backend, type Neuron, type Surrogate } from "../backend/index.ts";
import { ArgumentError, dims, ShapeError, show } from "../core/index.ts";
import { Tensor } from "../tensor/index.ts";
import { surrogate as surrogates } from "./surrogate.ts";

/** Options of {@link lif}. */
export type LifOptions = {
  /** Membrane time constant τ ≥ 1, in time steps; Infinity does not leak. */
  readonly tau?: number;
  /** Whether the input is divided by τ too. */
  readonly decayInput?: boolean;
  readonly firingThreshold?: number;
  /** After a spike: `hard` sets v to `resetPotential`, `soft` subtracts the threshold. */
  readonly reset?: "hard" | "soft";
  readonly resetPotential?: number;
  /** Whether the reset path carries no gradient. */
  readonly detachReset?: boolean;
  readonly surrogate?: Surrogate;
  /** Membrane potential before the first step, `[...]`; at rest if left out. */
  readonly initial?: Tensor;
};

/** What a neuron layer gives: spikes `[T, ...]` in {0, 1}, and the membrane potential after the last step `[...]`. */
export type NeuronOutput = { readonly spikes: Tensor; readonly membranePotential: Tensor };

/**
 * Leaky integrate-and-fire over T steps: charge, fire, reset.
 *
 *     h[t] = v[t−1] + (x[t] − (v[t−1] − v_reset))/τ      decayInput
 *     h[t] = v[t−1] − (v[t−1] − v_reset)/τ + x[t]        otherwise
 *     s[t] = Θ(h[t] − θ), Θ(0) = 1
 *     v[t] = s[t]·v_reset + (1 − s[t])·h[t]  (hard)   or   h[t] − θ·s[t]  (soft)
 *
 * Gradient: ∂s/∂h is the surrogate at h − θ; none through the reset when `detachReset`. With a soft reset v rests at 0.
 * Source: [Zou2025, §3.1], [Zou2023, eq. 1–2], [Fang2023].
 *
 * @param x - input current, `[T, ...]`
 * @throws ArgumentError, ShapeError
 */
export function lif(x: Tensor, options: LifOptions = {}): NeuronOutput {
  const { tau = 2 } = options;
  if (!(tau >= 1)) throw new ArgumentError(`lif: expected tau ≥ 1, got ${tau}`);
  return run("lif", x, 1 / tau, null, options);
}

/**
 * {@link lif} whose leak is learned: 1/τ = sigmoid(w), w being the logit of the leak.
 *
 * @param x - input current, `[T, ...]`
 * @param leakLogit - w, of one element
 */
export function parametricLif(
  x: Tensor,
  leakLogit: Tensor,
  options: Omit<LifOptions, "tau"> = {},
): NeuronOutput {
  return run("parametricLif", x, 1 / (1 + Math.exp(-leakLogit.item())), leakLogit, options);
}

function run(
  where: string,
  x: Tensor,
  decay: number,
  leakLogit: Tensor | null,
  options: Omit<LifOptions, "tau">,
): NeuronOutput {
  const {
    decayInput = true,
    firingThreshold = 1,
    reset = "hard",
    resetPotential = 0,
    detachReset = true,
    surrogate = surrogates.sigmoid(),
    initial = null,
  } = options;
  const [timeSteps, ...rest] = x.shape;
  if (timeSteps === undefined || timeSteps < 1) {
    throw new ShapeError(`${where}: expected [T, ...] with T ≥ 1, got ${show(x.shape)}`);
  }
  if (initial !== null) dims(`${where} initial`, rest.join(" "), initial.shape);
  const p: Neuron = {
    timeSteps,
    size: x.size / timeSteps,
    decay,
    decayInput,
    firingThreshold,
    reset,
    resetPotential,
    detachReset,
    surrogate,
  };
  const spikes = Tensor.empty(x.shape, { spikeLevels: 1 });
  const h = Tensor.empty(x.shape);
  const last = Tensor.empty(rest);
  backend().neuron(spikes.data, h.data, last.data, x.data, initial?.data ?? null, p);
  const inputs = [x, ...(initial === null ? [] : [initial]), ...(leakLogit === null ? [] : [leakLogit])];
  record([spikes, last], inputs, ([dSpikes, dLast]) => {
    const dx = Tensor.empty(x.shape);
    const dInitial = initial === null ? null : Tensor.empty(initial.shape);
    const dLeak = leakLogit === null ? null : Tensor.empty(leakLogit.shape);
    backend().neuronGrad(
      { x: dx.data, initial: dInitial?.data ?? null, decay: dLeak?.data ?? null },
      (dSpikes ?? zerosLike(x)).data,
      dLast?.data ?? null,
      h.data,
      x.data,
      initial?.data ?? null,
      p,
    );
    if (dLeak !== null) dLeak.data[0]! *= decay * (1 - decay);
    return [dx, ...(dInitial === null ? [] : [dInitial]), ...(dLeak === null ? [] : [dLeak])];
  });
  return { spikes, membranePotential: last };
}

function zerosLike(x: Tensor): Tensor {
  const zeros = Tensor.empty(x.shape);
  zeros.data.fill(0);
  return zeros;
}

/**
 * Integer leaky integrate-and-fire: in training a neuron emits a whole number of spikes at once.
 *
 *     u[t] = keep·(u[t−1] − n[t−1]) + x[t],  n[t] = round(clamp(u[t], 0, D)), halves to even
 *
 * Gradient: ∂n/∂u = 1 where 0 ≤ u ≤ D; none through the subtraction of n. Source: [Zou2025, §4.3], [Luo2024].
 *
 * @param x - input current, `[T, ...]`
 * @param options - `levels` D (4), `keep` (0.25)
 * @returns spike counts, `[T, ...]`, whole numbers in 0 … D
 */
export function integerLif(x: Tensor, { levels = 4, keep = 0.25 } = {}): Tensor {
  const timeSteps = x.shape[0];
  if (timeSteps === undefined || timeSteps < 1) {
    throw new ShapeError(`integerLif: expected [T, ...] with T ≥ 1, got ${show(x.shape)}`);
  }
  const size = x.size / timeSteps;
  const n = Tensor.empty(x.shape, { spikeLevels: levels });
  const u = Tensor.empty(x.shape);
  backend().integerNeuron(n.data, u.data, x.data, timeSteps, size, keep, levels);
  record([n], [x], ([g]) => {
    const dx = Tensor.empty(x.shape);
    backend().integerNeuronGrad(dx.data, g!.data, u.data, timeSteps, size, keep, levels);
    return [dx];
  });
  return n;
}
