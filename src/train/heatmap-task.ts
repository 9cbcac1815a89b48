/** The task of heatmaps: where the joints of a person are in the picture, one heatmap a joint. */
import { concat } from "../autograd/index.ts";
import { Random } from "../core/index.ts";
import { HEATMAP_JOINTS, type HeatmapBatch } from "../data/index.ts";
import { type ConfiguredModel, createModel, DenseUNet, type HeatmapModel, Hybrid } from "../models/index.ts";
import { type Tensor, withoutGradients } from "../tensor/index.ts";
import { chooseStage, heatmapLoss, type HeatmapPrediction, predictHeatmaps } from "./heatmap-loss.ts";
import { HeatmapErrors } from "./heatmap-metrics.ts";
import type { HeatmapRunConfig } from "./run-config.ts";
import type { Evaluation, Loss, Measure, Metrics, Task } from "./task.ts";

const JOINTS = HEATMAP_JOINTS.length;

/** What is true of a batch. */
type Truth = Pick<HeatmapBatch, "joints2d" | "timeSteps" | "batch">;

/**
 * 2D errors in pixels of the picture, beside two answers that cost less: the heatmaps of a hybrid's ANN held until it runs
 * again, and the mean places of the joints that are measured.
 */
export const heatmapMeasure: Measure<HeatmapBatch> = {
  unit: "px",
  columns: [
    { key: "mpjpe", label: "2D MPJPE", digits: 2 },
    { key: "lastBin", label: "last step", digits: 2 },
    { key: "samples", label: "windows", digits: 0 },
  ],
  headline: { key: "mpjpe", better: "low" },
  meter(model) {
    const [own, held] = [new HeatmapErrors(), new HeatmapErrors()];
    const truths: Truth[] = [];
    return {
      add(batch) {
        withoutGradients(() => {
          own.add(predictHeatmaps(model as HeatmapModel, batch));
          if (model instanceof Hybrid) held.add(heldHeatmaps(model, batch));
        });
        const { joints2d, timeSteps, batch: samples } = batch;
        truths.push({ joints2d, timeSteps, batch: samples });
      },
      evaluation: (): Evaluation => ({
        model: own.metrics(),
        ...(model instanceof Hybrid && { annHeld: held.metrics() }),
        meanJoints: meanJointErrors(truths),
      }),
    };
  },
};

/** What the ANN told at the start of the window, at each step of it. */
function heldHeatmaps(model: Hybrid, batch: HeatmapBatch): HeatmapPrediction {
  const { heatmaps } = predictHeatmaps(model, batch, { stage: "ann" });
  const steps = Array.from({ length: batch.timeSteps }, () => heatmaps);
  return { heatmaps: concat(steps, 0), joints2d: batch.joints2d, membranePotentials: [] };
}

/** Errors of always answering with the mean place of each joint. */
function meanJointErrors(batches: readonly Truth[]): Metrics {
  const mean = new Float64Array(2 * JOINTS);
  const known = new Float64Array(2 * JOINTS);
  for (const { joints2d } of batches) {
    joints2d.forEach((value, i) => {
      if (Number.isNaN(value)) return;
      mean[i % mean.length]! += value;
      known[i % mean.length]!++;
    });
  }
  mean.forEach((sum, i) => (mean[i] = sum / known[i]!));
  const errors = new HeatmapErrors();
  for (const { joints2d, timeSteps: steps, batch: samples } of batches) {
    const places = Float64Array.from(joints2d, (_, i) => mean[i % mean.length]!);
    errors.addPlaces(places, joints2d, { steps, samples });
  }
  return errors.metrics();
}

/** See the head of this file. */
export class HeatmapTask implements Task<HeatmapBatch> {
  readonly modules: { readonly model: ConfiguredModel & HeatmapModel };
  readonly parameters: readonly Tensor[];
  readonly measure = heatmapMeasure;
  readonly #config: HeatmapRunConfig;

  constructor(config: HeatmapRunConfig) {
    const { model: wanted, seed, loss } = config;
    const model = createModel(wanted, new Random(seed).fork("model")) as ConfiguredModel & HeatmapModel;
    this.modules = { model };
    this.parameters = chooseStage(model, loss.stage);
    this.#config = config;
  }

  /** Shrinks the SNN's output, so that a hybrid starts at what its ANN tells. */
  prepare(): void {
    const { model } = this.modules;
    if (model instanceof DenseUNet) return;
    const { data } = model.output.weight;
    for (let i = 0; i < data.length; i++) data[i]! *= this.#config.outputScale;
  }

  /** The ANN of a hybrid whose SNN learns stays as it is. */
  train(): void {
    const { model } = this.modules;
    model.train();
    if (model instanceof Hybrid && this.#config.loss.stage === "snn") model.ann.eval();
  }

  loss(batch: HeatmapBatch): Loss {
    return heatmapLoss(this.modules.model, batch, this.#config.loss);
  }

  metadata(): Readonly<Record<string, string>> {
    return {};
  }
}
