/** Losses of classification and of segmentation. */
import { mean, permute, reshape } from "../autograd/index.ts";
import { ArgumentError, dims } from "../core/index.ts";
import { type ClassificationBatch, type SegmentationBatch, VOID_LABEL } from "../data/index.ts";
import { softCrossEntropy } from "../nn/index.ts";
import type { Tensor } from "../tensor/index.ts";

/**
 * Cross-entropy with the targets of a batch, averaged over its samples.
 *
 * @param logits - `[B, classes]`
 * @param options - `labelSmoothing` in [0, 1): the part of the targets that is spread evenly over all classes; 0 by default
 * @throws ShapeError, ArgumentError
 */
export function classificationLoss(
  logits: Tensor,
  { targets }: Pick<ClassificationBatch, "targets">,
  { labelSmoothing = 0 } = {},
): Tensor {
  return softCrossEntropy(logits, targets, { smoothing: labelSmoothing });
}

/**
 * Cross-entropy of each pixel, averaged over those that are not void. The logits are those that a class is chosen by: the mean
 * over the steps. A batch of void alone has the loss 0.
 *
 * @param logits - `[T, B, classes, H, W]`
 * @throws ShapeError; ArgumentError if the masks have another size, or a label that is no class
 */
export function segmentationLoss(logits: Tensor, { masks }: Pick<SegmentationBatch, "masks">): Tensor {
  const { B, K, H, W } = dims("segmentationLoss", "T B K H W", logits.shape) as Record<string, number>;
  const pixels = B! * H! * W!;
  if (masks.length !== pixels) {
    throw new ArgumentError(`segmentationLoss: expected masks of ${pixels} pixels, got ${masks.length}`);
  }
  const targets = new Float32Array(pixels * K!);
  masks.forEach((label, i) => {
    if (label === VOID_LABEL) return;
    if (label >= K!) {
      throw new ArgumentError(`segmentationLoss: expected labels in 0…${K! - 1}, got ${label}`);
    }
    targets[i * K! + label] = 1;
  });
  const perPixel = reshape(permute(mean(logits, [0]), [0, 2, 3, 1]), [pixels, K!]);
  return softCrossEntropy(perPixel, targets);
}
