/** Neuron dynamics, step by step: the truth that the fused kernels are checked against. */
import type { Floats, Neuron, NeuronGradients } from "../backend.ts";
import { surrogateDerivative } from "./surrogate.ts";

/** See {@link Backend.neuron}. Rounds to the precision of `h` after each operation, as the kernels do. */
export function neuron(
  spikes: Floats,
  h: Floats,
  last: Floats | null,
  x: Floats,
  initial: Floats | null,
  p: Neuron,
): void {
  const round = h instanceof Float32Array ? Math.fround : (value: number) => value;
  const decay = round(p.decay);
  const rest = p.reset === "hard" ? round(p.resetPotential) : 0;
  const threshold = round(p.firingThreshold);
  for (let i = 0; i < p.size; i++) {
    let v = initial === null ? rest : initial[i]!;
    for (let t = 0; t < p.timeSteps; t++) {
      const at = t * p.size + i;
      const charge = charged(v, x[at]!, rest, decay, p.decayInput, round);
      h[at] = charge;
      const fired = charge >= threshold;
      spikes[at] = fired ? 1 : 0;
      v = fired ? (p.reset === "hard" ? rest : round(charge - threshold)) : charge;
    }
    if (last !== null) last[i] = v;
  }
}

/** Potential v charged by the current x, rounded after each operation; `rest` and `decay` are rounded already. */
export function charged(
  v: number,
  x: number,
  rest: number,
  decay: number,
  decayInput: boolean,
  round: (value: number) => number,
): number {
  const leak = round(v - rest);
  return decayInput ? round(v + round(round(x - leak) * decay)) : round(round(v - round(leak * decay)) + x);
}

/** See {@link Backend.neuronGrad}. */
export function neuronGrad(
  grad: NeuronGradients,
  dSpikes: Floats,
  dLast: Floats | null,
  h: Floats,
  x: Floats,
  initial: Floats | null,
  p: Neuron,
): void {
  const rest = p.reset === "hard" ? p.resetPotential : 0;
  let dDecay = 0;
  for (let i = 0; i < p.size; i++) {
    let dv = dLast === null ? 0 : dLast[i]!;
    for (let t = p.timeSteps - 1; t >= 0; t--) {
      const at = t * p.size + i;
      const charge = h[at]!;
      const u = charge - p.firingThreshold;
      const fired = u >= 0 ? 1 : 0;
      const slope = surrogateDerivative(p.surrogate, u);
      const carried = p.detachReset ? 0 : slope;
      const reset =
        p.reset === "hard" ? 1 - fired + (rest - charge) * carried : 1 - p.firingThreshold * carried;
      const dh = dSpikes[at]! * slope + dv * reset;
      const before = t > 0 ? potentialAfter(h[at - p.size]!, p, rest) : initial === null ? rest : initial[i]!;
      const leak = before - rest;
      dDecay += dh * (p.decayInput ? x[at]! - leak : -leak);
      grad.x[at] = p.decayInput ? dh * p.decay : dh;
      dv = dh * (1 - p.decay);
    }
    if (grad.initial !== null) grad.initial[i] = dv;
  }
  if (grad.decay !== null) grad.decay[0] = dDecay;
}

function potentialAfter(h: number, p: Neuron, rest: number): number {
  if (h < p.firingThreshold) return h;
  return p.reset === "hard" ? rest : h - p.firingThreshold;
}

/** See {@link Backend.integerNeuron}. */
export function integerNeuron(
  n: Floats,
  u: Floats,
  x: Floats,
  timeSteps: number,
  size: number,
  keep: number,
  levels: number,
): void {
  for (let i = 0; i < size; i++) {
    for (let t = 0; t < timeSteps; t++) {
      const at = t * size + i;
      u[at] = t === 0 ? x[at]! : (u[at - size]! - n[at - size]!) * keep + x[at]!;
      n[at] = roundHalfEven(Math.min(Math.max(u[at]!, 0), levels));
    }
  }
}

/** Rounds to a whole number, halves to the even one. */
export function roundHalfEven(value: number): number {
  const down = Math.floor(value);
  const part = value - down;
  if (part !== 0.5) return part < 0.5 ? down : down + 1;
  return down % 2 === 0 ? down : down + 1;
}

/** See {@link Backend.integerNeuronGrad}. */
export function integerNeuronGrad(
  dx: Floats,
  dn: Floats,
  u: Floats,
  timeSteps: number,
  size: number,
  keep: number,
  levels: number,
): void {
  for (let i = 0; i < size; i++) {
    let carried = 0;
    for (let t = timeSteps - 1; t >= 0; t--) {
      const at = t * size + i;
      const open = u[at]! >= 0 && u[at]! <= levels;
      const du = carried + (open ? dn[at]! : 0);
      dx[at] = du;
      carried = du * keep;
    }
  }
}
