/** The task of segmentation: a class for each pixel. */
import type { LabelledInput, SegmentationBatch } from "../data/index.ts";
import { type ConfiguredModel, runModel } from "../models/index.ts";
import type { Module } from "../nn/index.ts";
import { type Tensor, tensor, withoutGradients } from "../tensor/index.ts";
import { segmentationLoss } from "./labelled-loss.ts";
import { SegmentationScores } from "./labelled-metrics.ts";
import { LabelledTask } from "./labelled-task.ts";
import type { SegmentationRunConfig } from "./run-config.ts";
import type { Loss, Measure } from "./task.ts";

/** How well the classes of pixels are told, beside giving all the class that is the most frequent of those measured. */
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
        evaluation: () => ({ model: scores.metrics(), mostFrequent: scores.mostFrequent() }),
      };
    },
  };
}

/** See the head of this file. */
export class SegmentationTask extends LabelledTask<SegmentationBatch> {
  /** @param labelled - how samples become what the model sees, and the names of the classes */
  constructor(config: SegmentationRunConfig, labelled: LabelledInput) {
    super(config, labelled, segmentationMeasure);
  }

  override loss(batch: SegmentationBatch): Loss {
    const total = segmentationLoss(logitsOf(this.modules.model, batch), batch);
    return { total, terms: { classes: total } };
  }
}

/** `[T, B, classes, H, W]` */
function logitsOf(model: Module, { video, shape }: SegmentationBatch): Tensor {
  return runModel(model as ConfiguredModel, { input: tensor(video, shape) }).logits!;
}
