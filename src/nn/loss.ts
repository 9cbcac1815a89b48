/** General losses; those of a task are with the task. */
import { add, affine, logSoftmax, mean, mul, square, sub, sum } from "../autograd/index.ts";
import { ArgumentError, dims } from "../core/index.ts";
import { type Tensor, tensor } from "../tensor/index.ts";

/**
 * Cross-entropy, averaged over the batch.
 *
 * @param logits - `[B, K]`
 * @param labels - B class indices in 0 … K − 1
 * @param options - `smoothing` in [0, 1): weight spread evenly over all classes
 * @throws ShapeError, ArgumentError
 */
export function crossEntropy(logits: Tensor, labels: readonly number[], { smoothing = 0 } = {}): Tensor {
  const { B, K } = dims("crossEntropy", "B K", logits.shape) as { B: number; K: number };
  if (labels.length !== B)
    throw new ArgumentError(`crossEntropy: expected ${B} labels, got ${labels.length}`);
  const target = new Float64Array(B * K).fill(smoothing / K);
  labels.forEach((label, b) => {
    if (!Number.isInteger(label) || label < 0 || label >= K) {
      throw new ArgumentError(`crossEntropy: expected labels in 0…${K - 1}, got ${label}`);
    }
    target[b * K + label]! += 1 - smoothing;
  });
  return affine(sum(mul(logSoftmax(logits), tensor(target, [B, K]))), -1 / B);
}

/** Mean of squared differences over all elements. @throws ShapeError */
export function meanSquaredError(a: Tensor, b: Tensor): Tensor {
  return mean(square(sub(a, b)));
}

/** Weighted sum of losses of one element each. */
export function weightedSum(terms: readonly (readonly [number, Tensor])[]): Tensor {
  const scaled = terms.map(([weight, loss]) => affine(loss, weight));
  if (scaled.length === 0) throw new ArgumentError("weightedSum: expected at least one loss, got none");
  return scaled.reduce(add);
}
