/** Neurons as ONNX nodes, a few for each time step. */
import type { NeuronDynamics } from "../../backend/index.ts";
import type { Nodes } from "./nodes.ts";

/** ONNX number of the type float32. */
const FLOAT = 1;

/** How a neuron answers to its membrane potential after charging. */
type Response = {
  /** Share of the potential that a step keeps. */
  readonly keep: number;
  /** What it emits at a charge. */
  readonly emit: (charge: string) => string;
  /** The potential that is left. */
  readonly reset: (charge: string, emitted: string) => string;
  /** Spikes of what was emitted in all steps. */
  readonly spikes: (emitted: string) => string;
};

/**
 * Spikes of all steps.
 *
 * @param current - `[T·B, ...]`, step by step
 * @returns `[T·B, ...]`
 */
export function neuron(nodes: Nodes, current: string, dynamics: NeuronDynamics, timeSteps: number): string {
  const { keep, emit, reset, spikes } =
    dynamics.kind === "lif" ? lif(nodes, dynamics) : integerLif(nodes, dynamics);
  // Without memory all steps are one.
  const [first, ...others] = nodes.split(current, keep === 0 ? 1 : timeSteps) as [string, ...string[]];
  let charge = first;
  const emitted = [emit(charge)];
  for (const input of others) {
    const kept = nodes.add("Mul", [reset(charge, emitted.at(-1)!), nodes.number(keep)]);
    charge = nodes.add("Add", [kept, input]);
    emitted.push(emit(charge));
  }
  return spikes(nodes.join(emitted));
}

/**
 * In g = (h − v_reset)/(1/τ if the input decays, else 1) all kinds of `lif` are g[t] = (1 − 1/τ)·g'[t−1] + x[t], with
 * a threshold that is moved and scaled likewise.
 */
function lif(nodes: Nodes, dynamics: NeuronDynamics & { kind: "lif" }): Response {
  const { decay, decayInput, firingThreshold, reset, resetPotential } = dynamics;
  const rest = reset === "hard" ? resetPotential : 0;
  const threshold = nodes.number((firingThreshold - rest) / (decayInput ? decay : 1));
  return {
    keep: 1 - decay,
    emit: (charge) => nodes.add("GreaterOrEqual", [charge, threshold]),
    reset: (charge, fired) => {
      const after = reset === "hard" ? nodes.number(0) : nodes.add("Sub", [charge, threshold]);
      return nodes.add("Where", [fired, after, charge]);
    },
    spikes: (fired) => nodes.add("Cast", [fired], { to: FLOAT }),
  };
}

function integerLif(nodes: Nodes, { keep, levels }: NeuronDynamics & { kind: "integer-lif" }): Response {
  const [none, most] = [nodes.number(0), nodes.number(levels)];
  return {
    keep,
    // Round takes halves to the even number, as the neuron does.
    emit: (charge) => nodes.add("Round", [nodes.add("Clip", [charge, none, most])]),
    reset: (charge, counts) => nodes.add("Sub", [charge, counts]),
    spikes: (counts) => counts,
  };
}
