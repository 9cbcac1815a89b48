/** The task of segmentation: a class for each pixel. */
import { Random } from "../core/index.ts";
import { inputMetadata, type LabelledInput, type SegmentationBatch } from "../data/index.ts";
import { createModel, runModel, type ConfiguredModel } from "../models/index.ts";
import type { Module } from "../nn/index.ts";
import { scaleResiduals } from "../snn/index.ts";
import { type Tensor, tensor, withoutGradients } from "../tensor/index.ts";
import { segmentationLoss } from "./labelled-loss.ts";
import { SegmentationScores } from "./labelled-metrics.ts";
import type { SegmentationRunConfig } from "./run-config.ts";
import type { Loss, Measure, Task } from "./task.ts";

/** How well the classes of pixels are told. */
export function segmentationMeasure(classes: number): Measure<SegmentationBatch> {
  return {
    unit: "%",
    columns: [
      { key: "meanIou", label: "mIoU", digits: 1, scale: 100 },
      { key: "pixelAccuracy", label: "pixels", digits: 1, scale: 100 },
    ],
    headline: { key: "meanIou", better: "high" },
    meter(model) {
      const scores = new SegmentationScores(classes);
      return {
        add(batch) {
          withoutGradients(() => scores.add(logitsOf(model, batch), batch.masks));
        },
        evaluation: () => ({ model: scores.metrics() }),
      };
    },
  };
}

/** See the head of this file. */
export class SegmentationTask implements Task<SegmentationBatch> {
  readonly modules: { readonly model: ConfiguredModel };
  readonly parameters: readonly Tensor[];
  readonly measure: Measure<SegmentationBatch>;
  readonly #labelled: LabelledInput;

  /** @param labelled - how samples become what the model sees, and the names of the classes */
  constructor(config: SegmentationRunConfig, labelled: LabelledInput) {
    const model = createModel(config.model, new Random(config.seed).fork("model"));
    scaleResiduals(model, config.residualScale);
    this.modules = { model };
    this.parameters = model.parameters();
    this.measure = segmentationMeasure(labelled.classes.length);
    this.#labelled = labelled;
  }

  prepare(): void {}

  train(): void {
    this.modules.model.train();
  }

  loss(batch: SegmentationBatch): Loss {
    const total = segmentationLoss(logitsOf(this.modules.model, batch), batch);
    return { total, terms: { classes: total } };
  }

  metadata(): Readonly<Record<string, string>> {
    return inputMetadata(this.#labelled);
  }
}

/** `[T, B, classes, H, W]` */
function logitsOf(model: Module, { video, shape }: SegmentationBatch): Tensor {
  return runModel(model as ConfiguredModel, { input: tensor(video, shape) }).logits!;
}
