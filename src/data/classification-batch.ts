/** Labelled clips and pictures as batches. */
import { ArgumentError, type Random } from "../core/index.ts";
import { mixup } from "./image-augment.ts";
import { stacked } from "./labelled-data.ts";
import type { Picture } from "./picture.ts";

/** Labelled clips or pictures. */
export type ClassificationBatch = {
  /** Names of the samples, `[B]`. */
  readonly names: readonly string[];
  readonly video: Float32Array;
  /** `[T, B, C, H, W]`, or `[B, C, H, W]` of still pictures. */
  readonly shape: readonly number[];
  /** Whether all numbers are 0 or 1. */
  readonly spikes: boolean;
  /** `[B, classes]`; rows sum to 1, and are of one class unless samples were blended. */
  readonly targets: Float32Array;
  /** The class of each sample, the one with the larger share where two were blended; `[B]`. */
  readonly labels: Int32Array;
};

/** What a batch tells of a sample. */
export type LabelledName = { readonly name: string; readonly label: number };

/**
 * A batch of samples.
 *
 * @param pictures - `[T, C, H, W]` or `[C, H, W]`, of each sample
 * @throws ArgumentError naming a sample whose shape is not that of the first, or whose label is of no class
 */
export function classificationBatch(
  samples: readonly LabelledName[],
  pictures: readonly Picture[],
  classes: readonly string[],
): ClassificationBatch {
  const names = samples.map(({ name }) => name);
  const { video, shape } = stacked(pictures, names);
  const labels = Int32Array.from(samples, ({ label }) => label);
  const targets = new Float32Array(labels.length * classes.length);
  labels.forEach((label, b) => {
    if (!(label >= 0 && label < classes.length)) {
      throw new ArgumentError(`${names[b]}: expected a label of 0 to ${classes.length - 1}, got ${label}`);
    }
    targets[b * classes.length + label] = 1;
  });
  return { names, video, shape, spikes: isBinary(video), targets, labels };
}

/** A batch whose samples are blended, each with that of a place in the batch that is drawn [Zhang2018]. */
export function blended(
  batch: ClassificationBatch,
  pictures: readonly Picture[],
  random: Random,
): ClassificationBatch {
  const count = pictures.length;
  const classes = batch.targets.length / count;
  const partners = random.permutation(count);
  const targets = new Float32Array(batch.targets.length);
  const labels = batch.labels.slice();
  const mixed = pictures.map((picture, b) => {
    const partner = partners[b]!;
    const result = mixup(picture, pictures[partner]!, random);
    for (let k = 0; k < classes; k++) {
      const [own, other] = [batch.targets[b * classes + k]!, batch.targets[partner * classes + k]!];
      targets[b * classes + k] = result.ratio * own + (1 - result.ratio) * other;
    }
    if (result.ratio < 0.5) labels[b] = batch.labels[partner]!;
    return result;
  });
  const { video } = stacked(mixed, batch.names);
  return { ...batch, video, spikes: isBinary(video), targets, labels };
}

function isBinary(values: Float32Array): boolean {
  return values.every((value) => value === 0 || value === 1);
}
