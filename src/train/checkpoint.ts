/** Checkpoints: everything a run needs to go on with the same bits, in one safetensors file. */
import { z } from "zod";
import { CheckpointError } from "../core/index.ts";
import type { BatchState } from "../data/index.ts";
import { encodeSafetensors, parseSafetensors, type StoredTensor, toFloat32 } from "../io/index.ts";
import type { Tensor } from "../tensor/index.ts";
import type { RunConfig } from "./run-config.ts";

/** Tensors by name, and the rest of the state. */
export type Checkpoint = {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly state: {
    readonly config: RunConfig;
    readonly steps: number;
    readonly batches: BatchState;
  };
};

/** Shapes and numbers by name, as a file holds them. */
export type StoredTensors = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array }
>;

const STATE = "saccade.training";

const schema = z.object({
  config: z.record(z.string(), z.unknown()),
  steps: z.int().min(0),
  batches: z.record(z.string(), z.unknown()),
});

/** The bytes of a checkpoint. */
export function encodeCheckpoint({ tensors, state }: Checkpoint): Uint8Array {
  const stored = new Map(
    [...tensors].map(([name, t]) => [
      name,
      { dtype: "F32" as const, shape: t.shape, data: Float32Array.from(t.data) },
    ]),
  );
  return encodeSafetensors(stored, { [STATE]: JSON.stringify(state) });
}

/**
 * Reads a checkpoint.
 * @throws FormatError for a damaged file
 * @throws CheckpointError for a file that is not a checkpoint of a run
 */
export function parseCheckpoint(
  bytes: Uint8Array,
  file?: string,
): {
  readonly tensors: StoredTensors;
  readonly state: Checkpoint["state"];
} {
  const { tensors, metadata } = parseSafetensors(bytes, file);
  const text = metadata[STATE];
  if (text === undefined) {
    throw new CheckpointError(
      `${file ?? "checkpoint"}: expected the state of a training run, got other tensors`,
    );
  }
  const state = parseState(text);
  if (state === undefined) {
    throw new CheckpointError(
      `${file ?? "checkpoint"}: expected the state of a training run as ${STATE}, got other JSON`,
    );
  }
  return {
    tensors: numbersOf(tensors),
    state,
  };
}

/**
 * What a run can start from: the tensors of another run's checkpoint, or the weights in a model file, under the names
 * that a checkpoint has.
 * @throws FormatError for a damaged file
 */
export function parseInitialTensors(bytes: Uint8Array, file?: string): StoredTensors {
  const { tensors, metadata } = parseSafetensors(bytes, file);
  return numbersOf(tensors, STATE in metadata ? "" : "model.");
}

function numbersOf(tensors: ReadonlyMap<string, StoredTensor>, prefix = ""): StoredTensors {
  return new Map([...tensors].map(([name, t]) => [prefix + name, { shape: t.shape, data: toFloat32(t) }]));
}

/** The state in a text of JSON, undefined if it is another value. That its configuration fits is for the run to check. */
function parseState(text: string): Checkpoint["state"] | undefined {
  try {
    return schema.parse(JSON.parse(text)) as unknown as Checkpoint["state"];
  } catch {
    return undefined;
  }
}
