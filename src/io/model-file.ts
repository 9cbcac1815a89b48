/** One file is a model: a safetensors file whose metadata holds the configuration. */
import { ArgumentError, CheckpointError, FormatError } from "../core/index.ts";
import { encodeSafetensors, parseSafetensors } from "./safetensors.ts";
import { type StoredTensor, toFloat32 } from "./stored-tensor.ts";

/** A value that JSON can write. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A model as a file holds it. */
export type ModelFile = {
  /** Configuration that builds the model, without its weights. */
  readonly config: Json;
  /** Weights by name. Floating-point values are finite. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Record of an evaluation of these weights, where there is one. */
  readonly evaluation?: Json;
  /** Free text by key, beside the two above. */
  readonly metadata?: Readonly<Record<string, string>>;
};

const CONFIG = "saccade.config";
const EVALUATION = "saccade.evaluation";

/**
 * Writes a model file; the same model gives the same bytes.
 *
 * @throws CheckpointError if a weight is not finite
 * @throws ArgumentError if `metadata` uses a key of the format, or the configuration is not JSON
 */
export function encodeModel({ config, tensors, evaluation, metadata = {} }: ModelFile): Uint8Array {
  for (const key of [CONFIG, EVALUATION]) {
    if (Object.hasOwn(metadata, key)) {
      throw new ArgumentError(`encodeModel: expected metadata without the key ${key}, got it`);
    }
  }
  requireFinite("encodeModel", tensors);
  return encodeSafetensors(tensors, {
    ...metadata,
    [CONFIG]: toJson("config", config),
    ...(evaluation === undefined ? {} : { [EVALUATION]: toJson("evaluation", evaluation) }),
  });
}

/**
 * Reads a model file.
 *
 * @param file - its name, for messages
 * @throws FormatError if it is no safetensors file, or holds no configuration
 * @throws CheckpointError if a weight is not finite
 */
export function parseModel(bytes: Uint8Array, file?: string): ModelFile {
  const { tensors, metadata: all } = parseSafetensors(bytes, file);
  const { [CONFIG]: config, [EVALUATION]: evaluation, ...metadata } = all;
  const fail = (what: string): never => {
    throw new FormatError("saccade model", 8, what, file);
  };
  if (config === undefined)
    return fail(`expected the metadata ${CONFIG}, got ${Object.keys(all).length} other keys`);
  requireFinite(file ?? "parseModel", tensors);
  return {
    config: fromJson(CONFIG, config, fail),
    tensors,
    ...(evaluation === undefined ? {} : { evaluation: fromJson(EVALUATION, evaluation, fail) }),
    metadata,
  };
}

function requireFinite(where: string, tensors: ReadonlyMap<string, StoredTensor>): void {
  for (const [name, tensor] of tensors) {
    // F64 is looked at as it is: a finite value above the range of float32 is no fault.
    const values = tensor.dtype === "F64" ? tensor.data : isFloat(tensor) ? toFloat32(tensor) : [];
    for (let i = 0; i < values.length; i++) {
      if (Number.isFinite(values[i])) continue;
      throw new CheckpointError(`${where}: expected ${name} to be finite, got ${values[i]} at index ${i}`);
    }
  }
}

function isFloat({ dtype }: StoredTensor): boolean {
  return dtype === "F32" || dtype === "F16" || dtype === "BF16";
}

function toJson(name: string, value: Json): string {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined)
    throw new ArgumentError(`encodeModel: expected ${name} as JSON, got ${typeof value}`);
  return text;
}

function fromJson(key: string, text: string, fail: (what: string) => never): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    return fail(`expected JSON as ${key}, got ${(error as Error).message}`);
  }
}
