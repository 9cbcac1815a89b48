/** What the networks of the hybrid learn from: heatmaps of joints, and membrane potentials [Aydin2024, §4.1]. */
import { add, affine, reshape } from "../autograd/index.ts";
import { jointHeatmaps } from "../body/index.ts";
import { ArgumentError } from "../core/index.ts";
import type { HeatmapBatch } from "../data/index.ts";
import { DenseUNet, type HeatmapModel, Hybrid, type SpikingPose } from "../models/index.ts";
import { meanSquaredError, weightedSum } from "../nn/index.ts";
import { type Tensor, tensor } from "../tensor/index.ts";

/** What of a {@link Hybrid} learns: first the ANN by itself, then all but the ANN. Other models learn as a whole. */
export type HeatmapStage = "ann" | "snn";

/** Heatmaps beside what they should tell. */
export type HeatmapPrediction = {
  /** `[T, B, J, H, W]`; of an ANN by itself T = 1, the start of the window. */
  readonly heatmaps: Tensor;
  /** Joints at those times, `[T, B, J, 2]`, pixels; not a number where not known. */
  readonly joints2d: Float32Array;
  /** Where an SNN is left, one for each layer of neurons. */
  readonly membranePotentials: readonly Tensor[];
};

/** Options of {@link heatmapLoss}. */
export type HeatmapLossOptions = {
  /** `"snn"` by default. */
  readonly stage?: HeatmapStage;
  /** Weight w of the membrane potentials, from 0 to 1; 0, as in the paper, by default. The released code has 0.05. */
  readonly membraneWeight?: number;
};

/** The terms of the loss, each of one element, and their weighted sum. */
export type HeatmapLoss = {
  readonly total: Tensor;
  readonly terms: { readonly heatmaps: Tensor; readonly membranes?: Tensor };
};

/** Runs a model on a batch. */
export function predictHeatmaps(
  model: HeatmapModel,
  batch: HeatmapBatch,
  { stage = "snn" }: { readonly stage?: HeatmapStage } = {},
): HeatmapPrediction {
  const ann = annOf(model, stage);
  if (ann !== undefined) {
    const heatmaps = ann.forward(inputOf(batch, batch.input))["heatmaps"]!;
    const maps = reshape(heatmaps, [1, ...heatmaps.shape]);
    return { heatmaps: maps, joints2d: batch.startJoints2d, membranePotentials: [] };
  }
  const { timeSteps, batch: samples, size, events, joints2d } = batch;
  const counts = tensor(events, [timeSteps, samples, 2, size.height, size.width]);
  const run =
    model instanceof Hybrid
      ? model.follow(counts, model.asksAnn ? model.start(inputOf(batch, batch.input)) : undefined)
      : (model as SpikingPose).forward(counts);
  return { ...run, joints2d };
}

/**
 * Mean over all pixels, joints and steps of the squared difference to {@link jointHeatmaps} [Aydin2024, eq. 9]. With a weight w
 * the loss is (1 − w)·that + w·the mean over the layers of the mean squared difference between where the SNN ends and what
 * the ANN would start it from next, as the released code has it; both sides of it learn.
 *
 * @throws ArgumentError if membrane potentials are wanted of a model or a batch that has none
 */
export function heatmapLoss(
  model: HeatmapModel,
  batch: HeatmapBatch,
  { stage = "snn", membraneWeight = 0 }: HeatmapLossOptions = {},
): HeatmapLoss {
  const { heatmaps, joints2d, membranePotentials } = predictHeatmaps(model, batch, { stage });
  const targets = tensor(jointHeatmaps(joints2d, batch.size), heatmaps.shape);
  const error = meanSquaredError(heatmaps, targets);
  if (membraneWeight === 0) return { total: error, terms: { heatmaps: error } };
  const { nextInput } = batch;
  if (!(model instanceof Hybrid && model.initialisers.length > 0 && stage === "snn" && nextInput)) {
    throw new ArgumentError(
      "heatmapLoss: expected a hybrid that starts its neurons, its stage snn and batches of events for a membraneWeight above 0, got something else",
    );
  }
  const next = model.start(inputOf(batch, nextInput)).states!;
  const distances = membranePotentials.map((potential, i) => meanSquaredError(next[i]!, potential));
  const membranes = affine(distances.reduce(add), 1 / distances.length);
  const total = weightedSum([
    [1 - membraneWeight, error],
    [membraneWeight, membranes],
  ]);
  return { total, terms: { heatmaps: error, membranes } };
}

/**
 * Leaves to a stage of {@link Hybrid} the parameters that it is to learn: the others take no gradients from then on.
 *
 * @returns the parameters that learn; of other models all
 */
export function chooseStage(model: HeatmapModel, stage: HeatmapStage): Tensor[] {
  if (model instanceof Hybrid) {
    for (const [name, own] of model.namedTensors()) {
      if (name.startsWith("ann.") === (stage === "snn")) own.requiresGrad = false;
    }
  }
  return model.parameters();
}

/** The ANN, where a batch is for it alone. */
function annOf(model: HeatmapModel, stage: HeatmapStage): DenseUNet | undefined {
  if (model instanceof DenseUNet) return model;
  return model instanceof Hybrid && stage === "ann" ? model.ann : undefined;
}

/** `[B, C, H, W]` */
function inputOf({ batch, size: { width, height } }: HeatmapBatch, values: Float32Array): Tensor {
  return tensor(values, [batch, values.length / (batch * width * height), height, width]);
}
