/** The task of 3D poses: from clips of binary voxels to a body in camera coordinates. */
import { add, affine, concat, slice } from "../autograd/index.ts";
import { JOINTS } from "../body/index.ts";
import { ArgumentError, Random } from "../core/index.ts";
import type { MeanPose, MultiViewBatch, PoseBatch } from "../data/index.ts";
import {
  type ConfiguredModel,
  createModel,
  DomainDiscriminator,
  type Outputs,
  type PoseEstimator,
} from "../models/index.ts";
import type { Module } from "../nn/index.ts";
import { scaleResiduals } from "../snn/index.ts";
import { type Tensor, tensor, withoutGradients } from "../tensor/index.ts";
import { type JointOutputs, poseMetadata, type PoseOutputs, predictJoints } from "../track/index.ts";
import { domainTerms } from "./domain-terms.ts";
import { JointBins } from "./joint-bins.ts";
import { PoseComparison } from "./pose-evaluation.ts";
import { poseLoss } from "./pose-loss.ts";
import type { AdaptationBatch } from "./real-windows.ts";
import type { DomainConfig, PoseRunConfig } from "./run-config.ts";
import type { Loss, Measure, Task } from "./task.ts";

/** What pose models learn from: of one view or several, and with real events beside where there is domain adaptation. */
export type PoseTrainingBatch = PoseBatch | MultiViewBatch | AdaptationBatch;

/** Coordinates of the joints of a pose. */
const COORDINATES = 3 * JOINTS;

/**
 * Errors of the joints of poses.
 * @param meanJoints - `[24, 3]`, metres: what the baseline that knows nothing always answers
 */
export function poseMeasure(meanJoints: Float64Array): Measure<PoseTrainingBatch> {
  return {
    unit: "mm",
    columns: [
      { key: "mpjpe", label: "MPJPE", digits: 1 },
      { key: "pelMpjpe", label: "PEL-MPJPE", digits: 1 },
      { key: "paMpjpe", label: "PA-MPJPE", digits: 1 },
      { key: "pck", label: "PCK %", digits: 1, scale: 100 },
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
export class PoseTask implements Task<PoseTrainingBatch> {
  readonly modules: {
    readonly model: ConfiguredModel & PoseEstimator;
    readonly bins?: JointBins;
    readonly discriminator?: DomainDiscriminator;
  };
  readonly parameters: readonly Tensor[];
  readonly measure: Measure<PoseTrainingBatch>;
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
    const { domain } = config;
    this.modules = {
      model,
      ...(config.loss.bins > 0 && { bins: new JointBins(random("bins"), features) }),
      ...(domain?.kind === "discriminator" && {
        discriminator: new DomainDiscriminator(random("discriminator"), features, domain),
      }),
    };
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

  /** @throws ArgumentError where domain adaptation lacks real events */
  loss(batch: PoseTrainingBatch, progress: number): Loss {
    const { model } = this.modules;
    if (this.#config.domain !== undefined) return this.#lossOfBoth(batch, progress, this.#config.domain);
    const { outputs, features } = model.run(poseVideo(batch));
    return this.#labelledLoss(outputs, features, batch);
  }

  /** Both domains go through the model as one batch, so that they have its statistics in common, as in [Sun2023]. */
  #lossOfBoth(batch: PoseTrainingBatch, progress: number, domain: DomainConfig): Loss {
    if (!("real" in batch)) {
      throw new ArgumentError("PoseTask: expected real events beside the labelled, got none");
    }
    const { model, discriminator } = this.modules;
    const { outputs, features } = model.run(concat([poseVideo(batch), realVideo(batch)], 1));
    const B = batch.batch;
    const synthetic = (x: Tensor) => slice(x, 1, 0, B);
    const told = Object.fromEntries(Object.entries(outputs).map(([name, x]) => [name, synthetic(x)]));
    const both = { synthetic: synthetic(features), real: slice(features, 1, B, 2 * B) };
    const { total, terms } = this.#labelledLoss(told, both.synthetic, batch);
    const learner = { model, discriminator, weights: this.#config.loss };
    const adaptation = domainTerms(domain, learner, both, { seed: batch.real.seed, progress });
    return {
      total: add(total, affine(adaptation.domain, domain.weight)),
      terms: { ...terms, ...adaptation },
    };
  }

  #labelledLoss(outputs: Outputs, features: Tensor, batch: PoseTrainingBatch): Loss {
    return poseLoss(
      outputs as PoseOutputs | JointOutputs,
      batch,
      this.#config.loss,
      this.modules.bins?.loss(features, batch),
    );
  }

  metadata(): Readonly<Record<string, string>> {
    return poseMetadata(this.#mean.joints, this.#inputSize);
  }
}

/** What a model sees of a batch, `[T, B, C, H, W]` of spikes, or `[T, B, V, C, H, W]` of several views. */
export function poseVideo(of: PoseTrainingBatch): Tensor {
  const { video, timeSteps, batch, channels, size } = of;
  const views = "views" in of ? [of.views] : [];
  return tensor(video, [timeSteps, batch, ...views, channels, size, size], { spikeLevels: 1 });
}

/** The real events of a batch, `[T, B, C, H, W]` of spikes. */
function realVideo({ real, timeSteps, batch, channels, size }: AdaptationBatch): Tensor {
  return tensor(real.video, [timeSteps, batch, channels, size, size], { spikeLevels: 1 });
}
