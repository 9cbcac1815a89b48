/** Clips as files of tensors. */
import { show } from "../../../src/core/index.ts";
import { parseSafetensors, toFloat32 } from "../../../src/io/index.ts";
import { InputError } from "../faults.ts";

/** Name of the tensor that goes through a model. */
const INPUT = "input";

/** Numbers with their shape. */
export type Clip = { readonly shape: readonly number[]; readonly data: Float32Array };

/**
 * The tensor `input` of a file of safetensors.
 *
 * @throws {InputError} when there is none, it is empty, or a number is not finite
 */
export function readClip(bytes: Uint8Array, file: string): Clip {
  const { tensors } = parseSafetensors(bytes, file);
  const stored = tensors.get(INPUT);
  if (stored === undefined) {
    const names = [...tensors.keys()].slice(0, 5).join(", ");
    throw new InputError(file, `expected a tensor ${INPUT}, got ${names === "" ? "none" : names}`);
  }
  if (stored.shape.includes(0)) {
    throw new InputError(file, `${INPUT}: expected no empty axis, got ${show(stored.shape)}`);
  }
  const data = toFloat32(stored);
  const invalid = data.findIndex((value) => !Number.isFinite(value));
  if (invalid >= 0) {
    const place = `index ${invalid}, ${show(indicesOf(invalid, stored.shape))}`;
    throw new InputError(file, `${INPUT}: expected finite numbers, got ${data[invalid]} at ${place}`);
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
