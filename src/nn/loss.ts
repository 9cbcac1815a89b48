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
  const targets = new Float64Array(B * K);
  labels.forEach((label, b) => {
    if (!Number.isInteger(label) || label < 0 || label >= K) {
      throw new ArgumentError(`crossEntropy: expected labels in 0…${K - 1}, got ${label}`);
    }
    targets[b * K + label] = 1;
  });
  return softCrossEntropy(logits, targets, { smoothing });
}

/**
 * Cross-entropy with shares of classes as targets: −Σ t·log softmax(logits) / Σ t. Rows of targets that sum to 1 have equal weights;
 * a row of zeros has none, and if there is no other the loss is 0.
 *
 * @param logits - `[N, K]`
 * @param targets - `[N, K]`, none negative
 * @param options - `smoothing` in [0, 1): the part of a row's weight that is spread evenly over all classes
 * @throws ShapeError, ArgumentError
 */
export function softCrossEntropy(logits: Tensor, targets: ArrayLike<number>, { smoothing = 0 } = {}): Tensor {
  const { N, K } = dims("softCrossEntropy", "N K", logits.shape) as { N: number; K: number };
  if (targets.length !== N * K) {
    throw new ArgumentError(`softCrossEntropy: expected ${N * K} targets, got ${targets.length}`);
  }
  if (!(smoothing >= 0 && smoothing < 1)) {
    throw new ArgumentError(`softCrossEntropy: expected smoothing in [0, 1), got ${smoothing}`);
  }
  const weights = new Float64Array(N * K);
  let total = 0;
  for (let n = 0; n < N; n++) {
    let row = 0;
    for (let k = 0; k < K; k++) row += targets[n * K + k]!;
    for (let k = 0; k < K; k++) {
      weights[n * K + k] = (1 - smoothing) * targets[n * K + k]! + (smoothing * row) / K;
    }
    total += row;
  }
  return affine(sum(mul(logSoftmax(logits), tensor(weights, [N, K]))), total === 0 ? 0 : -1 / total);
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
