/** Evaluates a pose model beside the baseline that knows nothing: the mean pose. */
import { JOINTS } from "../body/index.ts";
import type { PoseBatch } from "../data/index.ts";
import type { SpikeVideoFormer } from "../models/index.ts";
import { tensor, withoutGradients } from "../tensor/index.ts";
import { predictPoses } from "../track/index.ts";
import { PoseErrors, type PoseMetrics } from "./pose-metrics.ts";
import { videoShape } from "./pose-trainer.ts";

/** Coordinates of the joints of a pose. */
const COORDINATES = 3 * JOINTS;

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

/**
 * Runs the model over batches and sums its errors; afterwards it is in evaluation mode.
 *
 * @param baseline - joints of `meanPose` of the training set
 * @param onBatch - called after each batch
 */
export function evaluatePose(
  model: SpikeVideoFormer,
  batches: Iterable<PoseBatch>,
  baseline: Float64Array,
  onBatch: () => void = () => {},
): PoseEvaluation {
  model.eval();
  const errors = new PoseComparison(baseline);
  for (const batch of batches) {
    const poses = withoutGradients(() =>
      predictPoses(model, tensor(batch.video, videoShape(batch), { spikeLevels: 1 })),
    );
    poses.forEach(({ joints }, i) => {
      errors.add(joints, batch.joints.subarray(COORDINATES * i, COORDINATES * (i + 1)));
    });
    onBatch();
  }
  return errors.metrics();
}
