/** The task of 3D poses: from clips of binary voxels to a body in camera coordinates. */
import { JOINTS } from "../body/index.ts";
import { Random } from "../core/index.ts";
import type { MeanPose, PoseBatch } from "../data/index.ts";
import { type ConfiguredModel, createModel, type PoseEstimator } from "../models/index.ts";
import type { Module } from "../nn/index.ts";
import { scaleResiduals } from "../snn/index.ts";
import { type Tensor, tensor, withoutGradients } from "../tensor/index.ts";
import { type JointOutputs, poseMetadata, type PoseOutputs, predictJoints } from "../track/index.ts";
import { JointBins } from "./joint-bins.ts";
import { PoseComparison } from "./pose-evaluation.ts";
import { poseLoss } from "./pose-loss.ts";
import type { PoseRunConfig } from "./run-config.ts";
import type { Loss, Measure, Task } from "./task.ts";

/** Coordinates of the joints of a pose. */
const COORDINATES = 3 * JOINTS;

/**
 * Errors of the joints of poses.
 * @param meanJoints - `[24, 3]`, metres: what the baseline that knows nothing always answers
 */
export function poseMeasure(meanJoints: Float64Array): Measure<PoseBatch> {
  return {
    unit: "mm",
    columns: [
      { key: "mpjpe", label: "MPJPE", digits: 1 },
      { key: "pelMpjpe", label: "PEL-MPJPE", digits: 1 },
      { key: "paMpjpe", label: "PA-MPJPE", digits: 1 },
      { key: "poses", label: "poses", digits: 0 },
    ],
    headline: { key: "pelMpjpe", better: "low" },
    meter(model) {
      const errors = new PoseComparison(meanJoints);
      return {
        add(batch) {
          const poses = withoutGradients(() => predictJoints(model as PoseEstimator, poseVideo(batch)));
          poses.forEach((joints, i) => {
            errors.add(joints, batch.joints.subarray(COORDINATES * i, COORDINATES * (i + 1)));
          });
        },
        evaluation: () => errors.metrics(),
      };
    },
  };
}

/** See the head of this file. */
export class PoseTask implements Task<PoseBatch> {
  readonly modules: { readonly model: ConfiguredModel & PoseEstimator; readonly bins?: JointBins };
  readonly parameters: readonly Tensor[];
  readonly measure: Measure<PoseBatch>;
  readonly #config: PoseRunConfig;
  readonly #mean: MeanPose;
  readonly #inputSize: number;

  /**
   * @param mean - of the training set: where the model starts, and the baseline that knows nothing
   * @param inputSize - side of the pictures of the clips
   */
  constructor(config: PoseRunConfig, mean: MeanPose, inputSize: number) {
    const random = (of: string) => new Random(config.seed).fork(of);
    const model = createModel(config.model, random("model")) as ConfiguredModel & PoseEstimator;
    scaleResiduals(model, config.residualScale);
    const { hidden, translation } = model.poseRegressor;
    const features = (hidden ?? translation).weight.shape[1]!;
    this.modules = { model, ...(config.loss.bins > 0 && { bins: new JointBins(random("bins"), features) }) };
    this.parameters = Object.values(this.modules).flatMap((module: Module) => module.parameters());
    this.measure = poseMeasure(mean.joints);
    this.#config = config;
    this.#mean = mean;
    this.#inputSize = inputSize;
  }

  /** Starts the regressors at the mean, so that they learn departures. */
  prepare(): void {
    const { pose6d, shape, translation, joints } = this.#mean;
    const {
      pose: poses,
      shape: shapes,
      translation: places,
      joints: told,
    } = this.modules.model.poseRegressor;
    poses?.bias!.data.set(pose6d);
    shapes?.bias!.data.set(shape);
    places.bias!.data.set(translation);
    told?.bias!.data.set(joints.map((value, i) => value - translation[i % 3]!));
  }

  train(): void {
    this.modules.model.train();
  }

  loss(batch: PoseBatch): Loss {
    const { model, bins } = this.modules;
    const { outputs, features } = model.run(poseVideo(batch));
    return poseLoss(
      outputs as PoseOutputs | JointOutputs,
      batch,
      this.#config.loss,
      bins?.loss(features, batch),
    );
  }

  metadata(): Readonly<Record<string, string>> {
    return poseMetadata(this.#mean.joints, this.#inputSize);
  }
}

/** What a model sees of a batch, `[T, B, C, H, W]` of spikes. */
export function poseVideo({ video, timeSteps, batch, channels, size }: PoseBatch): Tensor {
  return tensor(video, [timeSteps, batch, channels, size, size], { spikeLevels: 1 });
}
