/** How well poses are estimated. */
import {
  correctKeypoints,
  jointErrors,
  JOINTS,
  type PckThreshold,
  pelvisAlignedErrors,
  procrustesErrors,
} from "../body/index.ts";

/** Mean joint errors, mm [Zou2023, §V-A]: as they are, with pelvises aligned, and after Procrustes alignment. */
export type PoseMetrics = {
  readonly mpjpe: number;
  readonly pelMpjpe: number;
  readonly paMpjpe: number;
  /** Shares of joints whose pelvis-aligned error is below 100 mm, see `correctKeypoints`. */
  readonly pck: number;
  /** The same, below the distance from neck to head. */
  readonly pckHead: number;
  /** The same, below a fifth of the distance from neck to pelvis. */
  readonly pckTorso: number;
  /** Pelvis-aligned error of each joint, `[24]`. */
  readonly perJoint: readonly number[];
  /** Poses that were compared. */
  readonly poses: number;
};

/** Of the published evaluation [Zou2023]. */
const THRESHOLDS = {
  pck: 0.1,
  pckHead: "head",
  pckTorso: "torso",
} as const satisfies Record<string, PckThreshold>;

/** Sums errors of poses as they come. */
export class PoseErrors {
  #mpjpe = 0;
  #pelvis = 0;
  #procrustes = 0;
  readonly #correct: Record<keyof typeof THRESHOLDS, number> = { pck: 0, pckHead: 0, pckTorso: 0 };
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
    for (const name of Object.keys(THRESHOLDS) as (keyof typeof THRESHOLDS)[]) {
      this.#correct[name] += mean(correctKeypoints(predicted, truth, THRESHOLDS[name]));
    }
    pelvis.forEach((error, j) => (this.#perJoint[j]! += error));
    this.#poses++;
  }

  /** The means so far; NaN before the first pose. */
  metrics(): PoseMetrics {
    const { pck, pckHead, pckTorso } = this.#correct;
    const millimetres = (sum: number) => (1000 * sum) / this.#poses;
    return {
      mpjpe: millimetres(this.#mpjpe),
      pelMpjpe: millimetres(this.#pelvis),
      paMpjpe: millimetres(this.#procrustes),
      pck: pck / this.#poses,
      pckHead: pckHead / this.#poses,
      pckTorso: pckTorso / this.#poses,
      perJoint: Array.from(this.#perJoint, millimetres),
      poses: this.#poses,
    };
  }
}
