/** Errors of a pose model beside those of the baseline that knows nothing: the mean pose. */
import { PoseErrors, type PoseMetrics } from "./pose-metrics.ts";

/** Errors of the model, and of always answering with the same joints. */
export type PoseEvaluation = { readonly model: PoseMetrics; readonly meanPose: PoseMetrics };

/** Sums errors as poses come, and beside them those of a baseline that always answers alike. */
export class PoseComparison {
  readonly #model = new PoseErrors();
  readonly #meanPose = new PoseErrors();
  readonly #baseline: Float64Array;

  /** @param baseline - joints `[24, 3]`, metres: those of `meanPose` of the training set */
  constructor(baseline: Float64Array) {
    this.#baseline = baseline;
  }

  /**
   * Compares one pose.
   *
   * @param predicted - joints `[24, 3]`, metres
   * @param truth - the same
   */
  add(predicted: Float64Array, truth: Float64Array): void {
    this.#model.add(predicted, truth);
    this.#meanPose.add(this.#baseline, truth);
  }

  /** The means so far; see {@link PoseErrors.metrics}. */
  metrics(): PoseEvaluation {
    return { model: this.#model.metrics(), meanPose: this.#meanPose.metrics() };
  }
}
