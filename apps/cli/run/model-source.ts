/** Models as the command line names them: a configuration and weights, or one file with both. */
import { ArgumentError, CheckpointError } from "../../../src/core/index.ts";
import {
  isZip,
  parseModel,
  parseSafetensors,
  readTorchCheckpoint,
  type StoredTensor,
} from "../../../src/io/index.ts";
import { readFileBounded } from "../../../src/core/node.ts";
import {
  type ConfiguredModel,
  createModel,
  isKind,
  loadCheckpoint,
  type ModelConfig,
  parseModelConfig,
  presetConfig,
  presets,
  type SpikeVideoFormer,
} from "../../../src/models/index.ts";
import { reading } from "../faults.ts";
import { readConfig } from "./config-file.ts";

/**
 * Build a model with stored weights, in evaluation mode. The backend must be set.
 *
 * @param weights - safetensors under our names or the official ones, a model file, or a PyTorch checkpoint
 * @param model - configuration file or name of a preset, as {@link namedPreset} knows it; where it is left out, `weights` must be a model file
 * @throws {InputError} naming the file that does not fit
 */
export async function loadModel(weights: string, model?: string): Promise<ConfiguredModel> {
  const bytes = await reading(weights, () => readFileBounded(weights));
  const config =
    model === undefined
      ? await reading(weights, () => configInside(bytes, weights))
      : await namedConfig(model);
  const built = await reading(model ?? weights, () => createModel(config).eval());
  await reading(weights, () => void loadCheckpoint(built, readTensors(bytes, weights)));
  return built;
}

/**
 * A model by one name: a preset or a configuration (`.json`, `.yaml`), with initial parameters unless `weights` are
 * given, or a model file.
 *
 * @returns `weights`: the file that they came from, if any
 * @throws {InputError} as {@link loadModel}
 */
export async function findModel(
  name: string | undefined,
  weights: string | undefined,
): Promise<{ model: ConfiguredModel; weights: string | undefined }> {
  if (weights !== undefined) return { model: await loadModel(weights, name), weights };
  const file = name!;
  if (namedPreset(file) === undefined && !/\.(?:json|ya?ml)$/i.test(file)) {
    return { model: await loadModel(file), weights: file };
  }
  const config = await namedConfig(file);
  return { model: await reading(file, () => createModel(config).eval()), weights: undefined };
}

/**
 * The model, if it is of the kind that can be compiled.
 *
 * @param command - who compiles, for the message
 * @throws ArgumentError for another kind
 */
export function compilable(command: string, model: ConfiguredModel): SpikeVideoFormer {
  if (isKind(model, "spikevideoformer")) return model;
  throw new ArgumentError(
    `${command}: expected a spikevideoformer, which can be compiled, got ${model.config.model}`,
  );
}

async function namedConfig(model: string): Promise<ModelConfig> {
  return namedPreset(model) ?? (await readConfig(model, (value) => parseModelConfig(value)));
}

/** `staa/imagenet`, or `staa` for its usual preset; those of SpikeVideoFormer also without its name, as in `nano`. */
function namedPreset(name: string): ModelConfig | undefined {
  return Object.hasOwn(presets, name) ? presets[name as keyof typeof presets] : presetConfig(name);
}

function configInside(bytes: Uint8Array, file: string): ModelConfig {
  if (isTorch(bytes)) {
    throw new CheckpointError("expected --model beside a PyTorch checkpoint, which holds no configuration");
  }
  return parseModelConfig(parseModel(bytes, file).config);
}

function readTensors(bytes: Uint8Array, file: string): ReadonlyMap<string, StoredTensor> {
  return (isTorch(bytes) ? readTorchCheckpoint(bytes, { file }) : parseSafetensors(bytes, file)).tensors;
}

/** A zip, or a pickle of protocol 2; the header of safetensors begins at byte 8 with a brace. */
function isTorch(bytes: Uint8Array): boolean {
  return bytes[8] !== 0x7b && (isZip(bytes) || bytes[0] === 0x80);
}
