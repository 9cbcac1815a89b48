/** Clips as files of tensors. */
import { show } from "../../../src/core/index.ts";
import { parseSafetensors, type StoredTensor, toFloat32 } from "../../../src/io/index.ts";
import { InputError } from "../faults.ts";

/** Numbers with their shape. */
export type Clip = { readonly shape: readonly number[]; readonly data: Float32Array };

/**
 * The tensor `input` of a file of safetensors.
 *
 * @throws {InputError} when there is none, it is empty, or a number is not finite
 */
export function readClip(bytes: Uint8Array, file: string): Clip {
  return clipOf(parseSafetensors(bytes, file).tensors, file, "input");
}

/** The tensors of these names, as {@link readClip} reads one. */
export function readClips(bytes: Uint8Array, file: string, names: readonly string[]): Map<string, Clip> {
  const { tensors } = parseSafetensors(bytes, file);
  return new Map(names.map((name) => [name, clipOf(tensors, file, name)]));
}

function clipOf(tensors: ReadonlyMap<string, StoredTensor>, file: string, name: string): Clip {
  const stored = tensors.get(name);
  if (stored === undefined) {
    const names = [...tensors.keys()].slice(0, 5).join(", ");
    throw new InputError(file, `expected a tensor ${name}, got ${names === "" ? "none" : names}`);
  }
  if (stored.shape.includes(0)) {
    throw new InputError(file, `${name}: expected no empty axis, got ${show(stored.shape)}`);
  }
  const data = toFloat32(stored);
  const invalid = data.findIndex((value) => !Number.isFinite(value));
  if (invalid >= 0) {
    const place = `index ${invalid}, ${show(indicesOf(invalid, stored.shape))}`;
    throw new InputError(file, `${name}: expected finite numbers, got ${data[invalid]} at ${place}`);
  }
  return { shape: stored.shape, data };
}

/** Position along each axis of the element with a row-major index. */
function indicesOf(index: number, shape: readonly number[]): number[] {
  let rest = index;
  return shape
    .toReversed()
    .map((size) => {
      const position = rest % size;
      rest = Math.floor(rest / size);
      return position;
    })
    .toReversed();
}
