/** How often each class was taken for each other. */
import { ArgumentError } from "../core/index.ts";

/** Counts of pairs of classes: the true one, and the one that was predicted. */
export class ConfusionMatrix {
  readonly classes: number;
  /** `[true, predicted]` */
  readonly #counts: Float64Array;

  /** @throws ArgumentError unless the number of classes is whole and above 0 */
  constructor(classes: number) {
    if (!(Number.isInteger(classes) && classes >= 1)) {
      throw new ArgumentError(`ConfusionMatrix: expected a class or more, got ${classes}`);
    }
    this.classes = classes;
    this.#counts = new Float64Array(classes * classes);
  }

  /** Counts one pair. @throws ArgumentError if one of the two is no class */
  add(truth: number, predicted: number): void {
    for (const label of [truth, predicted]) {
      if (!(Number.isInteger(label) && label >= 0 && label < this.classes)) {
        throw new ArgumentError(`ConfusionMatrix: expected labels in 0…${this.classes - 1}, got ${label}`);
      }
    }
    this.#counts[truth * this.classes + predicted]!++;
  }

  /** How often a class was taken for another. */
  at(truth: number, predicted: number): number {
    return this.#counts[truth * this.classes + predicted]!;
  }

  /** All pairs. */
  get total(): number {
    return this.#counts.reduce((a, b) => a + b, 0);
  }

  /** Share of the pairs whose classes are one; NaN before the first. */
  get accuracy(): number {
    let right = 0;
    for (let k = 0; k < this.classes; k++) right += this.at(k, k);
    return right / this.total;
  }

  /** Intersection over union of a class, |truth ∩ predicted| / |truth ∪ predicted|; NaN where it is in neither. */
  iou(label: number): number {
    let [truth, predicted] = [0, 0];
    for (let k = 0; k < this.classes; k++) {
      truth += this.at(label, k);
      predicted += this.at(k, label);
    }
    const both = this.at(label, label);
    return both / (truth + predicted - both);
  }

  /** The counts by rows of the true class, for JSON. */
  rows(): number[][] {
    return Array.from({ length: this.classes }, (_, truth) =>
      Array.from({ length: this.classes }, (_, predicted) => this.at(truth, predicted)),
    );
  }
}
