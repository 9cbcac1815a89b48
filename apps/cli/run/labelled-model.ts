/** Trained models of classification and of segmentation, and how their inputs are made. */
import { type LabelledInput, parseInputMetadata } from "../../../src/data/index.ts";
import { CheckpointError } from "../../../src/core/index.ts";
import { readFileBounded } from "../../../src/core/node.ts";
import { parseModel, toFloat32 } from "../../../src/io/index.ts";
import {
  createModel,
  type Outputs,
  parseModelConfig,
  Staa,
  type StaaConfig,
} from "../../../src/models/index.ts";
import type { Module } from "../../../src/nn/index.ts";
import type { Tensor } from "../../../src/tensor/index.ts";
import { reading } from "../faults.ts";

/** A model that tells classes. */
export type LabelledModel = LabelledInput & {
  /** In evaluation mode. */
  readonly model: Module & { forward(video: Tensor): Outputs };
};

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
    const { model, metadata, found } = parseLabelledModel(await readFileBounded(file), file);
    if (found !== task) throw new CheckpointError(`expected a model of ${task}, got one of ${found}`);
    return { model, ...parseInputMetadata(metadata, file) };
  });
}

function parseLabelledModel(bytes: Uint8Array, file: string) {
  const { config, tensors, metadata = {} } = parseModel(bytes, file);
  const isStaa = (config as { readonly model?: unknown }).model === "staa";
  const built = isStaa ? new Staa(config as unknown as StaaConfig) : createModel(parseModelConfig(config));
  built.load(new Map([...tensors].map(([name, t]) => [name, { shape: t.shape, data: toFloat32(t) }])));
  const kind = built instanceof Staa ? "classification" : built.config.head.kind;
  return { model: built.eval(), metadata, found: kind === "dense" ? "segmentation" : kind };
}
