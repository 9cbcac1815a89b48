/** Samples as tensors, ready for a batch: what is kept on a disk and sent between threads. */
import { ArgumentError, FormatError, show } from "../core/index.ts";
import {
  bytesOf,
  encodeSafetensors,
  parseSafetensors,
  storedTensor,
  type StoredTensor,
} from "../io/index.ts";

/** The tensors of a sample by name, its own name, and its label where it has one. */
export type Example = {
  readonly name: string;
  readonly label?: number;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
};

const HEADER = "saccade.example";

/** The bytes of an example: safetensors, with name and label as JSON in its metadata. */
export function encodeExample({ name, label, tensors }: Example): Uint8Array {
  return encodeSafetensors(tensors, { [HEADER]: JSON.stringify({ name, label }) });
}

/**
 * Reads an example.
 *
 * @param file - its name, for messages
 * @throws FormatError if the file is damaged or is no example
 */
export function parseExample(bytes: Uint8Array, file?: string): Example {
  const { tensors, metadata } = parseSafetensors(bytes, file);
  let header: unknown;
  try {
    header = JSON.parse(metadata[HEADER] ?? "null");
  } catch {
    header = undefined;
  }
  const { name, label } = (header ?? {}) as Partial<Record<string, unknown>>;
  if (typeof name !== "string" || !(label === undefined || Number.isInteger(label))) {
    throw new FormatError("example", 0, `expected name and label in ${HEADER}, got something else`, file);
  }
  return { name, tensors, ...(label !== undefined && { label: label as number }) };
}

/** Examples stacked along a new first axis, `[B, …]`. */
export type Batch = {
  readonly names: readonly string[];
  /** Labels, `[B]`; empty where the examples have none. */
  readonly labels: Int32Array;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
};

/**
 * Stacks examples.
 *
 * @throws ArgumentError if there is none, or their tensors differ in name, dtype or shape
 */
export function collate(examples: readonly Example[]): Batch {
  const [first] = examples;
  if (first === undefined) throw new ArgumentError("collate: expected an example or more, got none");
  const tensors = new Map<string, StoredTensor>();
  for (const [key, { dtype, shape, ...rest }] of first.tensors) {
    const size = bytesOf({ dtype, shape, ...rest } as StoredTensor).length;
    const bytes = new Uint8Array(size * examples.length);
    for (const [i, example] of examples.entries()) {
      const tensor = example.tensors.get(key);
      if (tensor?.dtype !== dtype || show(tensor.shape) !== show(shape)) {
        const got = tensor === undefined ? "none" : `${tensor.dtype} ${show(tensor.shape)}`;
        throw new ArgumentError(
          `collate: expected ${key} ${dtype} ${show(shape)} as in ${first.name}, got ${got} in ${example.name}`,
        );
      }
      bytes.set(bytesOf(tensor), i * size);
    }
    tensors.set(key, storedTensor(dtype, [examples.length, ...shape], bytes));
  }
  const labelled = examples.every(({ label }) => label !== undefined);
  return {
    names: examples.map(({ name }) => name),
    labels: Int32Array.from(labelled ? examples : [], ({ label }) => label!),
    tensors,
  };
}
