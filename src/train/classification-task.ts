/** The task of classification: clips or pictures of one class each. */
import type { ClassificationBatch, LabelledInput } from "../data/index.ts";
import { type ConfiguredModel, runModel } from "../models/index.ts";
import type { Module } from "../nn/index.ts";
import { type Tensor, tensor, withoutGradients } from "../tensor/index.ts";
import { classificationLoss } from "./labelled-loss.ts";
import { ClassificationScores } from "./labelled-metrics.ts";
import { LabelledTask } from "./labelled-task.ts";
import type { ClassificationRunConfig } from "./run-config.ts";
import type { Loss, Measure } from "./task.ts";

/** How often classes are right, beside always giving the class that is the most frequent of those measured. */
export function classificationMeasure(classes: number): Measure<ClassificationBatch> {
  return {
    unit: "%",
    columns: [
      { key: "top1", label: "top-1", digits: 1, scale: 100 },
      { key: "top5", label: "top-5", digits: 1, scale: 100 },
      { key: "samples", label: "samples", digits: 0 },
    ],
    headline: { key: "top1", better: "high" },
    meter(model) {
      const scores = new ClassificationScores(classes);
      return {
        add(batch) {
          withoutGradients(() => scores.add(logitsOf(model, batch), batch.labels));
        },
        evaluation() {
          const metrics = scores.metrics();
          const { confusion, samples } = metrics;
          const shares = confusion
            .map((row) => row.reduce((sum, count) => sum + count, 0) / samples)
            .sort((a, b) => b - a);
          const top5 = shares.slice(0, 5).reduce((sum, share) => sum + share, 0);
          return { model: metrics, mostFrequent: { top1: shares[0]!, top5, samples } };
        },
      };
    },
  };
}

/** See the head of this file. */
export class ClassificationTask extends LabelledTask<ClassificationBatch> {
  readonly #loss: ClassificationRunConfig["loss"];

  /** @param labelled - how samples become what the model sees, and the names of the classes */
  constructor(config: ClassificationRunConfig, labelled: LabelledInput) {
    super(config, labelled, classificationMeasure);
    this.#loss = config.loss;
  }

  override loss(batch: ClassificationBatch): Loss {
    const total = classificationLoss(logitsOf(this.modules.model, batch), batch, this.#loss);
    return { total, terms: { classes: total } };
  }
}

/** `[B, classes]` */
function logitsOf(model: Module, { video, shape, spikes }: ClassificationBatch): Tensor {
  const input = tensor(video, shape, { spikeLevels: spikes ? 1 : 0 });
  return runModel(model as ConfiguredModel, { input }).logits!;
}
