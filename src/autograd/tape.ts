/** Reverse-mode differentiation over the graph that the operations leave behind in {@link Tensor.origin}. */
import { backend } from "../backend/index.ts";
import { ShapeError, show } from "../core/index.ts";
import { full, isRecording, Tensor, withoutGradients, zeros } from "../tensor/index.ts";

/**
 * Links the outputs of an operation to its inputs, if gradients are recorded and some input wants one. `backward`
 * gets one gradient an output (null where none arrived) and returns one an input (null where none is wanted); what it
 * returns is either new or one of the gradients it got.
 */
export function record(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  backward: (gradients: readonly (Tensor | null)[]) => readonly (Tensor | null)[],
): void {
  if (!isRecording() || !inputs.some((input) => input.requiresGrad)) return;
  const origin = { inputs, outputs, backward };
  for (const output of outputs) {
    output.requiresGrad = true;
    output.origin = origin;
  }
}

/** {@link record} for an operation with one output; returns the output. */
export function recordOne(
  output: Tensor,
  inputs: readonly Tensor[],
  backward: (gradient: Tensor) => readonly (Tensor | null)[],
): Tensor {
  record([output], inputs, ([gradient]) => backward(gradient!));
  return output;
}

/** The same numbers, cut from the graph: no gradient flows back through it. */
export function detach(x: Tensor): Tensor {
  return x.view(x.shape);
}

/**
 * Gradients of a scalar.
 *
 * @param loss - a tensor of one element
 * @param wrt - tensors to differentiate with respect to; they must have `requiresGrad`
 * @returns one gradient a tensor, of its shape and with numbers of its own; zeros where the loss does not depend on it
 * @throws ShapeError when the loss has more than one element
 */
export function gradients(loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (loss.size !== 1)
    throw new ShapeError(`gradients: expected a loss of one element, got ${show(loss.shape)}`);
  return withoutGradients(() => {
    const sums = new GradientSums(new Set(wrt));
    sums.add(loss, full(loss.shape, 1), null);
    for (const origin of reverseOrder(loss)) {
      const arrived = origin.outputs.map((output) => sums.get(output));
      if (arrived.some((gradient) => gradient !== null)) {
        origin.backward(arrived).forEach((gradient, i) => {
          const input = origin.inputs[i]!;
          if (gradient !== null && input.requiresGrad) sums.add(input, gradient, arrived);
          else if (gradient !== null && !arrived.includes(gradient)) gradient.dispose();
        });
      }
      for (const output of origin.outputs) sums.drop(output);
    }
    return separate(wrt.map((tensor) => sums.get(tensor) ?? zeros(tensor.shape)));
  });
}

/** Copies those that share their numbers, so that each may be changed in place. */
function separate(tensors: readonly Tensor[]): Tensor[] {
  const seen = new Set<Tensor>();
  return tensors.map((tensor) => {
    if (!tensor.shared && !seen.has(tensor)) {
      seen.add(tensor);
      return tensor;
    }
    const copy = Tensor.empty(tensor.shape);
    copy.data.set(tensor.data);
    return copy;
  });
}

/** Origins from the loss backwards, each after all that depend on it. */
function reverseOrder(loss: Tensor): NonNullable<Tensor["origin"]>[] {
  const order: NonNullable<Tensor["origin"]>[] = [];
  const seen = new Set<unknown>();
  const pending: { origin: NonNullable<Tensor["origin"]>; next: number }[] = [];
  const visit = (tensor: Tensor) => {
    if (tensor.origin === null || seen.has(tensor.origin)) return;
    seen.add(tensor.origin);
    pending.push({ origin: tensor.origin, next: 0 });
  };
  visit(loss);
  for (let top = pending.at(-1); top !== undefined; top = pending.at(-1)) {
    const input = top.origin.inputs[top.next++];
    if (input !== undefined) {
      visit(input);
    } else {
      order.push(top.origin);
      pending.pop();
    }
  }
  return order.reverse();
}

/**
 * Gradients on their way back. One gradient may serve several tensors (an addition passes its own on to both sides),
 * so they are counted: summed in place only when held once, freed when no longer held.
 */
class GradientSums {
  readonly #byTensor = new Map<Tensor, Tensor>();
  readonly #holders = new Map<Tensor, number>();
  readonly #kept: ReadonlySet<Tensor>;

  constructor(kept: ReadonlySet<Tensor>) {
    this.#kept = kept;
  }

  get(tensor: Tensor): Tensor | null {
    return this.#byTensor.get(tensor) ?? null;
  }

  /** Adds a contribution; `arrived` are the gradients that it may be one of. */
  add(tensor: Tensor, gradient: Tensor, arrived: readonly (Tensor | null)[] | null): void {
    const borrowed = arrived?.includes(gradient) ?? false;
    const sum = this.#byTensor.get(tensor);
    if (sum === undefined) {
      this.#hold(tensor, gradient);
    } else if (this.#holders.get(sum) === 1 && !sum.shared) {
      backend().addScaled(sum.data, gradient.data, 1);
      if (!borrowed) this.#forget(gradient);
    } else {
      const fresh = Tensor.empty(tensor.shape);
      backend().binary("add", fresh.data, sum.data, gradient.data, null);
      if (!borrowed) this.#forget(gradient);
      this.#let(sum);
      this.#hold(tensor, fresh);
    }
  }

  /** Forgets the gradient of a tensor that is wanted no more. */
  drop(tensor: Tensor): void {
    const gradient = this.#byTensor.get(tensor);
    if (gradient === undefined || this.#kept.has(tensor)) return;
    this.#byTensor.delete(tensor);
    this.#let(gradient);
  }

  #hold(tensor: Tensor, gradient: Tensor): void {
    this.#byTensor.set(tensor, gradient);
    this.#holders.set(gradient, (this.#holders.get(gradient) ?? 0) + 1);
  }

  #let(gradient: Tensor): void {
    const holders = this.#holders.get(gradient)! - 1;
    this.#holders.set(gradient, holders);
    if (holders === 0) this.#forget(gradient);
  }

  #forget(gradient: Tensor): void {
    if ((this.#holders.get(gradient) ?? 0) > 0) return;
    this.#holders.delete(gradient);
    gradient.dispose();
  }
}
