/** Optimisers, equal to PyTorch's. Their state can be stored, so that a run resumes with the same bits. */
import { backend } from "../backend/index.ts";
import { ArgumentError } from "../core/index.ts";
import { persist, type Tensor, zeros } from "../tensor/index.ts";

/** Moves parameters against their gradients. */
export interface Optimizer {
  /** One step at the given learning rate; `gradients` go with the parameters it was made for. */
  step(gradients: readonly Tensor[], rate: number): void;
  /** Its tensors by name, to be stored and restored in place. */
  state(): Map<string, Tensor>;
  /** Number of steps taken; set on resuming. */
  steps: number;
  /** Frees its tensors. */
  dispose(): void;
}

/** Stochastic gradient descent with momentum and weight decay, as torch.optim.SGD. */
export class Sgd implements Optimizer {
  steps = 0;
  readonly #parameters: readonly Tensor[];
  readonly #velocity: readonly Tensor[];
  readonly #options: { momentum: number; weightDecay: number; nesterov: boolean };

  constructor(parameters: readonly Tensor[], { momentum = 0, weightDecay = 0, nesterov = false } = {}) {
    this.#parameters = parameters;
    this.#options = { momentum, weightDecay, nesterov };
    this.#velocity = momentum === 0 ? [] : parameters.map((p) => persist(zeros(p.shape)));
  }

  step(gradients: readonly Tensor[], rate: number): void {
    matching("Sgd", gradients, this.#parameters);
    this.steps++;
    this.#parameters.forEach((p, i) => {
      backend().sgdStep(p.data, gradients[i]!.data, this.#velocity[i]?.data ?? null, {
        rate,
        ...this.#options,
      });
    });
  }

  state(): Map<string, Tensor> {
    return new Map(this.#velocity.map((v, i) => [`velocity.${i}`, v]));
  }

  dispose(): void {
    for (const v of this.#velocity) v.dispose();
  }
}

/** Adam, and with `decoupled` AdamW, as torch.optim.Adam and AdamW. */
export class Adam implements Optimizer {
  steps = 0;
  readonly #parameters: readonly Tensor[];
  readonly #first: readonly Tensor[];
  readonly #second: readonly Tensor[];
  readonly #options: {
    beta1: number;
    beta2: number;
    epsilon: number;
    weightDecay: number;
    decoupled: boolean;
  };

  constructor(
    parameters: readonly Tensor[],
    { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0, decoupled = false } = {},
  ) {
    this.#parameters = parameters;
    this.#options = { beta1, beta2, epsilon, weightDecay, decoupled };
    this.#first = parameters.map((p) => persist(zeros(p.shape)));
    this.#second = parameters.map((p) => persist(zeros(p.shape)));
  }

  step(gradients: readonly Tensor[], rate: number): void {
    matching("Adam", gradients, this.#parameters);
    this.steps++;
    const correction1 = 1 - this.#options.beta1 ** this.steps;
    const correction2 = 1 - this.#options.beta2 ** this.steps;
    this.#parameters.forEach((p, i) => {
      backend().adamStep(p.data, gradients[i]!.data, this.#first[i]!.data, this.#second[i]!.data, {
        rate,
        correction1,
        correction2,
        ...this.#options,
      });
    });
  }

  state(): Map<string, Tensor> {
    return new Map([
      ...this.#first.map((m, i): [string, Tensor] => [`first.${i}`, m]),
      ...this.#second.map((v, i): [string, Tensor] => [`second.${i}`, v]),
    ]);
  }

  dispose(): void {
    for (const tensor of this.state().values()) tensor.dispose();
  }
}

/**
 * Scales gradients in place so that their common L2 norm is at most `limit`, as torch.nn.utils.clip_grad_norm_.
 * @returns the norm before; not finite if some gradient is not
 */
export function clipGradientNorm(gradients: readonly Tensor[], limit: number): number {
  let total = 0;
  for (const g of gradients) {
    const data = g.data;
    for (let i = 0; i < data.length; i++) total += data[i]! * data[i]!;
  }
  const norm = Math.sqrt(total);
  const scale = limit / (norm + 1e-6);
  if (scale < 1) for (const g of gradients) backend().affine(g.data, g.data, scale, 0);
  return norm;
}

function matching(where: string, gradients: readonly Tensor[], parameters: readonly Tensor[]): void {
  if (gradients.length !== parameters.length) {
    throw new ArgumentError(`${where}: expected ${parameters.length} gradients, got ${gradients.length}`);
  }
}
