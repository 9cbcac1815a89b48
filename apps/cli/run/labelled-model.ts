/** Trained models of classification and of segmentation, and how their inputs are made. */
import { CheckpointError } from "../../../src/core/index.ts";
import { readFileBounded } from "../../../src/core/node.ts";
import { type LabelledInput, parseInputMetadata } from "../../../src/data/index.ts";
import { type ConfiguredModel, parseModelFile, taskOf } from "../../../src/models/index.ts";
import { reading } from "../faults.ts";

/** A model that tells classes, in evaluation mode. */
export type LabelledModel = LabelledInput & { readonly model: ConfiguredModel };

/**
 * Reads the file of a trained model. The backend must be set.
 *
 * @throws InputError naming the file, if it is damaged or of another task
 */
export function readLabelledModel(
  file: string,
  task: "classification" | "segmentation",
): Promise<LabelledModel> {
  return reading(file, async () => {
    const { model, config, metadata } = parseModelFile(await readFileBounded(file), file);
    const found = taskOf(config);
    if (found !== task) throw new CheckpointError(`expected a model of ${task}, got one of ${found}`);
    return { model, ...parseInputMetadata(metadata, file) };
  });
}
