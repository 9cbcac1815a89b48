/** Features that do not tell whether events are synthetic or real, by an adversary that tries to tell. */
import { affine, add, scaleGradient } from "../autograd/index.ts";
import { ArgumentError } from "../core/index.ts";
import type { DomainDiscriminator } from "../models/index.ts";
import { crossEntropy } from "../nn/index.ts";
import type { Tensor } from "../tensor/index.ts";

/** What the discriminator's loss says. */
export type DomainLoss = {
  /** Cross-entropy of the two domains, each weighing half; ln 2 where they cannot be told apart. One element. */
  readonly total: Tensor;
  /** Share of feature vectors whose domain is told, the mean of both domains: ½ is chance. */
  readonly accuracy: number;
};

/**
 * Adversarial loss between two domains [Ganin2016, §4]. One step of one optimiser trains both sides: the discriminator
 * descends `total`, and what made the features ascends it `reversal` times, for the gradient is reversed between the two.
 * No labels enter, so either batch may be unlabelled.
 *
 * @param synthetic - features of synthetic events, `[..., C]`
 * @param real - features of real events, `[..., C]`; there need not be as many
 * @param options - `reversal`: λ ≥ 0, see {@link reversalRate}; 1 by default. 0 trains the discriminator alone
 * @throws ShapeError, ArgumentError
 */
export function domainLoss(
  discriminator: DomainDiscriminator,
  synthetic: Tensor,
  real: Tensor,
  { reversal = 1 }: { readonly reversal?: number } = {},
): DomainLoss {
  if (!(reversal >= 0 && reversal < Infinity)) {
    throw new ArgumentError(`domainLoss: expected a reversal of 0 or more, got ${reversal}`);
  }
  const sides = [synthetic, real].map((features, domain) => {
    const logits = discriminator.forward(scaleGradient(features, -reversal));
    const N = logits.shape[0]!;
    const told = Array.from({ length: N }, (_, n) =>
      Number(logits.data[2 * n + 1]! > logits.data[2 * n]! === (domain === 1)),
    );
    return {
      loss: crossEntropy(logits, Array<number>(N).fill(domain)),
      accuracy: told.reduce((a, b) => a + b, 0) / N,
    };
  }) as [Side, Side];
  const [a, b] = sides;
  return { total: affine(add(a.loss, b.loss), 0.5), accuracy: (a.accuracy + b.accuracy) / 2 };
}

type Side = { readonly loss: Tensor; readonly accuracy: number };

/**
 * λ of a step, which rises from 0 to 1 so that an untrained discriminator disturbs nothing: 2/(1 + e^(−10p)) − 1 at the
 * share p of all steps [Ganin2016, §5.2].
 *
 * @param step - steps taken, held at `steps`
 * @param steps - all steps, above 0
 */
export function reversalRate(step: number, steps: number): number {
  return 2 / (1 + Math.exp(-10 * Math.min(1, step / steps))) - 1;
}
