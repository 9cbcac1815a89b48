/** Gated recurrent units [Cho2014], in the form of PyTorch. */
import { add, affine, concat, mul, reshape, sigmoid, slice, stack } from "../autograd/index.ts";
import { dims, type Random } from "../core/index.ts";
import { type Tensor, zeros } from "../tensor/index.ts";
import { tanh } from "./activations.ts";
import { Linear } from "./layers.ts";
import { Module } from "./module.ts";
import { uniformFanIn } from "./init.ts";

/**
 * One step of a GRU:
 *
 *     r = σ(W_ir x + b_ir + W_hr h + b_hr)       z likewise
 *     n = tanh(W_in x + b_in + r ⊙ (W_hn h + b_hn))
 *     h′ = (1 − z) ⊙ n + z ⊙ h
 *
 * The weights of r, z and n lie below each other, `[3H, I]` and `[3H, H]`, all drawn from ±1/√H, as in PyTorch.
 */
export class GRUCell extends Module {
  readonly input: Linear;
  readonly recurrent: Linear;
  readonly width: number;

  constructor(random: Random, inFeatures: number, width: number) {
    super();
    this.input = new Linear(random, inFeatures, 3 * width);
    this.input.weight.data.set(uniformLike(random, this.input.weight, width));
    this.input.bias!.data.set(uniformLike(random, this.input.bias!, width));
    this.recurrent = new Linear(random, width, 3 * width);
    this.width = width;
  }

  /** The next state. @param x - `[B, I]` @param state - `[B, H]` */
  forward(x: Tensor, state: Tensor): Tensor {
    return this.step(this.input.forward(x), state);
  }

  /** {@link forward} from W_i x + b_i, `[B, 3H]`, which needs no state. */
  step(current: Tensor, state: Tensor): Tensor {
    const recurrent = this.recurrent.forward(state);
    const part = (x: Tensor, i: number) => slice(x, 1, i * this.width, (i + 1) * this.width);
    const reset = sigmoid(add(part(current, 0), part(recurrent, 0)));
    const update = sigmoid(add(part(current, 1), part(recurrent, 1)));
    const fresh = tanh(add(part(current, 2), mul(reset, part(recurrent, 2))));
    return add(mul(affine(update, -1, 1), fresh), mul(update, state));
  }
}

/** One layer of {@link GRUCell} over time, from a state of zeros, in one direction or in both. */
export class GRU extends Module {
  readonly ahead: GRUCell;
  readonly back: GRUCell | null;

  constructor(
    random: Random,
    inFeatures: number,
    width: number,
    { bidirectional = false }: { readonly bidirectional?: boolean } = {},
  ) {
    super();
    this.ahead = new GRUCell(random, inFeatures, width);
    this.back = bidirectional ? new GRUCell(random, inFeatures, width) : null;
  }

  /**
   * States of all steps.
   * @param x - `[T, B, I]`
   * @returns `[T, B, H]`, or `[T, B, 2H]`: those running ahead, then those running back
   * @throws ShapeError
   */
  forward(x: Tensor): Tensor {
    dims("GRU", "T B I", x.shape);
    const ahead = run(this.ahead, x, false);
    return this.back === null ? ahead : concat([ahead, run(this.back, x, true)], 2);
  }
}

function run(cell: GRUCell, x: Tensor, backwards: boolean): Tensor {
  const [T, B] = x.shape as [number, number];
  const currents = cell.input.forward(x);
  const states: Tensor[] = [];
  let state = zeros([B, cell.width]);
  for (let i = 0; i < T; i++) {
    const t = backwards ? T - 1 - i : i;
    state = cell.step(reshape(slice(currents, 0, t, t + 1), [B, 3 * cell.width]), state);
    states[t] = state;
  }
  return stack(states);
}

function uniformLike(random: Random, like: Tensor, fanIn: number): Tensor["data"] {
  return uniformFanIn(random, like.shape, fanIn).data;
}
