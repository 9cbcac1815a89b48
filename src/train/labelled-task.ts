/** What the tasks of labelled samples have in common: a model of logits, and how its inputs are made. */
import { Random } from "../core/index.ts";
import { inputMetadata, type LabelledInput } from "../data/index.ts";
import { type ConfiguredModel, createModel } from "../models/index.ts";
import { scaleResiduals } from "../snn/index.ts";
import type { Tensor } from "../tensor/index.ts";
import type { ClassificationRunConfig, SegmentationRunConfig } from "./run-config.ts";
import type { Loss, Measure, Task } from "./task.ts";

/** See the head of this file. */
export abstract class LabelledTask<Batch> implements Task<Batch> {
  readonly modules: { readonly model: ConfiguredModel };
  readonly parameters: readonly Tensor[];
  readonly measure: Measure<Batch>;
  readonly #labelled: LabelledInput;

  /**
   * @param labelled - how samples become what the model sees, and the names of the classes
   * @param measureOf - the measure for so many classes
   */
  constructor(
    config: ClassificationRunConfig | SegmentationRunConfig,
    labelled: LabelledInput,
    measureOf: (classes: number) => Measure<Batch>,
  ) {
    const model = createModel(config.model, new Random(config.seed).fork("model"));
    scaleResiduals(model, config.residualScale);
    this.modules = { model };
    this.parameters = model.parameters();
    this.measure = measureOf(labelled.classes.length);
    this.#labelled = labelled;
  }

  abstract loss(batch: Batch): Loss;

  prepare(): void {}

  train(): void {
    this.modules.model.train();
  }

  metadata(): Readonly<Record<string, string>> {
    return inputMetadata(this.#labelled);
  }
}
