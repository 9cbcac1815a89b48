/** A model as one file: weights, configuration, and the record of its evaluation. */
import { encodeModel, halfTensor, type Json, parseModel, type StoredTensor } from "../io/index.ts";
import { loadCheckpoint } from "./checkpoint.ts";
import { createModel, parseModelConfig } from "./config.ts";
import type { ConfiguredModel, ModelConfig, ModelName, ModelOf } from "./registry.ts";

/** What a model file holds, ready for use. */
export type LoadedModel<M extends ConfiguredModel = ModelOf<ModelName>> = {
  /** In evaluation mode. */
  readonly model: M;
  readonly config: ModelConfig;
  readonly evaluation: Json | undefined;
  /** Free text by key. */
  readonly metadata: Readonly<Record<string, string>>;
};

/** Options of {@link encodeModelFile}. */
export type ModelFileOptions = {
  /** Weights of two axes or more in half precision, half the size; biases and statistics never. */
  readonly half?: boolean;
  readonly evaluation?: Json | undefined;
  readonly metadata?: Readonly<Record<string, string>>;
};

/**
 * The bytes of a model: safetensors with the configuration inside. The same model gives the same bytes.
 *
 * @throws CheckpointError when a weight is not finite
 * @throws ArgumentError if `metadata` uses a key of the format
 */
export function encodeModelFile(
  model: ConfiguredModel,
  { half = false, evaluation, metadata = {} }: ModelFileOptions = {},
): Uint8Array {
  const tensors = new Map(
    [...model.namedTensors()].map(([name, { shape, data }]): [string, StoredTensor] => [
      name,
      half && shape.length > 1
        ? halfTensor(shape, data)
        : { dtype: "F32", shape, data: Float32Array.from(data) },
    ]),
  );
  return encodeModel({
    config: JSON.parse(JSON.stringify(model.config)) as Json,
    tensors,
    ...(evaluation === undefined ? {} : { evaluation }),
    metadata,
  });
}

/**
 * Builds the model of a file, in evaluation mode. Without `half` its outputs are those of the model that was written, bit
 * for bit.
 *
 * @param file - its name, for messages
 * @throws FormatError for a damaged file
 * @throws CheckpointError when the weights do not fit the configuration
 * @throws ArgumentError for an impossible configuration
 */
export function parseModelFile(bytes: Uint8Array, file?: string): LoadedModel {
  const { config, tensors, evaluation, metadata = {} } = parseModel(bytes, file);
  const model = createModel(parseModelConfig(config)).eval();
  loadCheckpoint(model, tensors);
  return { model, config: model.config, evaluation, metadata };
}
