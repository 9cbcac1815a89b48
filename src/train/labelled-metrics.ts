/** How well classes are told, of samples and of pixels. */
import { ArgumentError, ShapeError, show } from "../core/index.ts";
import { VOID_LABEL } from "../data/index.ts";
import { ConfusionMatrix } from "./confusion-matrix.ts";

/** Numbers and their shape: a tensor, or what was copied of one. */
type Numbers = { readonly shape: readonly number[]; readonly data: ArrayLike<number> };

/** How often classes of samples are right; shares in 0 … 1, NaN before the first sample. */
export type ClassificationMetrics = {
  /** The class with the largest logit is the true one. */
  readonly top1: number;
  /** The true class is among the five largest logits; 1 with five classes or fewer. */
  readonly top5: number;
  readonly samples: number;
  /** Counts by rows of the true class, columns of the predicted one. */
  readonly confusion: readonly (readonly number[])[];
};

/** Counts right answers as batches come. Of equal logits the class that comes first is the larger. */
export class ClassificationScores {
  readonly #confusion: ConfusionMatrix;
  #top5 = 0;

  /** @throws ArgumentError unless the number of classes is whole and above 0 */
  constructor(classes: number) {
    this.#confusion = new ConfusionMatrix(classes);
  }

  /**
   * Adds a batch.
   *
   * @param logits - `[B, classes]`
   * @param labels - `[B]`
   * @throws ShapeError; ArgumentError for labels that are no class
   */
  add({ shape, data }: Numbers, labels: ArrayLike<number>): void {
    const { classes } = this.#confusion;
    const [B, K] = shape;
    if (shape.length !== 2 || K !== classes || B !== labels.length) {
      throw new ShapeError(
        `ClassificationScores: expected logits [${labels.length}, ${classes}], got ${show(shape)}`,
      );
    }
    for (let b = 0; b < labels.length; b++) {
      const label = labels[b]!;
      const logits = Array.from({ length: classes }, (_, k) => data[b * classes + k]!);
      const ranks = rankedClasses(logits);
      this.#confusion.add(label, ranks[0]!);
      if (ranks.indexOf(label) < 5) this.#top5++;
    }
  }

  /** The shares so far. */
  metrics(): ClassificationMetrics {
    const samples = this.#confusion.total;
    return {
      top1: this.#confusion.accuracy,
      top5: this.#top5 / samples,
      samples,
      confusion: this.#confusion.rows(),
    };
  }
}

/** Classes in the order of their logits, the largest first; of equal ones the first. */
export function rankedClasses(logits: readonly number[]): number[] {
  return logits.map((_, k) => k).sort((a, b) => logits[b]! - logits[a]!);
}

/** How well pixels are told; shares in 0 … 1. */
export type SegmentationMetrics = {
  /**
   * Mean intersection over union of the classes that are present, in the truth or in what was predicted; NaN before the first
   * pixel. Unions are those of all pictures together, as is usual.
   */
  readonly meanIou: number;
  /** Intersection over union by class, `[classes]`; null for those that are not present. */
  readonly iou: readonly (number | null)[];
  /** Share of the pixels whose class is right. */
  readonly pixelAccuracy: number;
  /** Pixels that were compared: those that are not void. */
  readonly pixels: number;
};

/** Counts right pixels as batches come. */
export class SegmentationScores {
  readonly #confusion: ConfusionMatrix;

  /** @throws ArgumentError unless the number of classes is whole and above 0 */
  constructor(classes: number) {
    this.#confusion = new ConfusionMatrix(classes);
  }

  /**
   * Adds a batch; its void pixels do not count.
   *
   * @param logits - `[T, B, classes, H, W]`
   * @param masks - `[B, H, W]`
   * @throws ShapeError; ArgumentError for labels that are no class
   */
  add(logits: Numbers, masks: Uint8Array): void {
    const predicted = predictedMasks(logits);
    if (logits.shape[2] !== this.#confusion.classes || predicted.length !== masks.length) {
      throw new ShapeError(
        `SegmentationScores: expected logits [T, B, ${this.#confusion.classes}, H, W] of ${masks.length} pixels, got ${show(logits.shape)}`,
      );
    }
    masks.forEach((label, i) => {
      if (label !== VOID_LABEL) this.#confusion.add(label, predicted[i]!);
    });
  }

  /** The shares of giving every pixel the class that is the most frequent of those so far. */
  mostFrequent(): SegmentationMetrics {
    const { total } = this.#confusion;
    const counts = this.#confusion.rows().map((row) => row.reduce((sum, count) => sum + count, 0));
    const most = counts.indexOf(Math.max(...counts));
    const pixelAccuracy = counts[most]! / total;
    const present = counts.filter((count) => count > 0).length;
    return {
      meanIou: pixelAccuracy / present,
      iou: counts.map((count, label) => (count === 0 ? null : label === most ? pixelAccuracy : 0)),
      pixelAccuracy,
      pixels: total,
    };
  }

  /** The shares so far. */
  metrics(): SegmentationMetrics {
    const { classes, accuracy, total } = this.#confusion;
    const iou = Array.from({ length: classes }, (_, label) => this.#confusion.iou(label));
    const present = iou.filter((share) => !Number.isNaN(share));
    return {
      meanIou: present.reduce((a, b) => a + b, 0) / present.length,
      iou: iou.map((share) => (Number.isNaN(share) ? null : share)),
      pixelAccuracy: accuracy,
      pixels: total,
    };
  }
}

/**
 * The class of each pixel: that with the largest mean logit over the steps, of equal ones the first.
 *
 * @param logits - `[T, B, classes, H, W]`
 * @returns `[B, H, W]`
 * @throws ShapeError; ArgumentError if there are more than 255 classes, which masks cannot hold
 */
export function predictedMasks({ shape, data }: Numbers): Uint8Array {
  if (shape.length !== 5) {
    throw new ShapeError(`predictedMasks: expected [T, B, classes, H, W], got ${show(shape)}`);
  }
  const [T, B, K, H, W] = shape as [number, number, number, number, number];
  if (K > VOID_LABEL) throw new ArgumentError(`predictedMasks: expected at most 255 classes, got ${K}`);
  const plane = H * W;
  const masks = new Uint8Array(B * plane);
  for (let b = 0; b < B; b++) {
    const best = new Float64Array(plane).fill(-Infinity);
    for (let k = 0; k < K; k++) {
      for (let i = 0; i < plane; i++) {
        let sum = 0;
        for (let t = 0; t < T; t++) sum += data[((t * B + b) * K + k) * plane + i]!;
        if (!(sum > best[i]!)) continue;
        best[i] = sum;
        masks[b * plane + i] = k;
      }
    }
  }
  return masks;
}
