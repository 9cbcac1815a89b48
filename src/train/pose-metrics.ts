/** How well poses are estimated, in millimetres. */
import { jointErrors, JOINTS, pelvisAlignedErrors, procrustesErrors } from "../body/index.ts";

/** Mean joint errors, mm [Zou2023, §IV-B]: as they are, with pelvises aligned, and after Procrustes alignment. */
export type PoseMetrics = {
  readonly mpjpe: number;
  readonly pelMpjpe: number;
  readonly paMpjpe: number;
  /** Pelvis-aligned error of each joint, `[24]`. */
  readonly perJoint: readonly number[];
  /** Poses that were compared. */
  readonly poses: number;
};

/** Sums errors of poses as they come. */
export class PoseErrors {
  #mpjpe = 0;
  #pelvis = 0;
  #procrustes = 0;
  readonly #perJoint = new Float64Array(JOINTS);
  #poses = 0;

  /**
   * Adds the errors of one pose.
   *
   * @param predicted - joints of one pose, `[24, 3]`, metres
   * @param truth - the same
   */
  add(predicted: Float64Array, truth: Float64Array): void {
    const mean = (errors: ArrayLike<number>) => Array.from(errors).reduce((a, b) => a + b, 0) / errors.length;
    const pelvis = pelvisAlignedErrors(predicted, truth);
    this.#mpjpe += mean(jointErrors(predicted, truth));
    this.#pelvis += mean(pelvis);
    this.#procrustes += mean(procrustesErrors(predicted, truth));
    pelvis.forEach((error, j) => (this.#perJoint[j]! += error));
    this.#poses++;
  }

  /** The means so far, in millimetres; NaN before the first pose. */
  metrics(): PoseMetrics {
    const millimetres = (sum: number) => (1000 * sum) / this.#poses;
    return {
      mpjpe: millimetres(this.#mpjpe),
      pelMpjpe: millimetres(this.#pelvis),
      paMpjpe: millimetres(this.#procrustes),
      perJoint: Array.from(this.#perJoint, millimetres),
      poses: this.#poses,
    };
  }
}
