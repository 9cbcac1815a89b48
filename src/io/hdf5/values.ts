/** Elements of datasets as numbers. */
import { UnsupportedError } from "../../core/index.ts";
import type { Datatype } from "./datatype.ts";

/** Numbers of a dataset: the array of the type where JavaScript has one, 64-bit integers and halves as floats. */
export type Numbers =
  Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array;

/** Where numbers stand among bytes: `count` of them, `stride` bytes apart, the first at `offset`. */
export type Places = { readonly count: number; readonly stride: number; readonly offset: number };

/**
 * Numbers among bytes. Integers of more than 4 bytes become Float64Array, those beyond 2^53 rounded to the nearest;
 * halves become Float32Array.
 *
 * @throws UnsupportedError if the type is no number
 */
export function numbersOf(type: Datatype, bytes: Uint8Array, { count, stride, offset }: Places): Numbers {
  if (type.kind !== "integer" && type.kind !== "float") {
    const name = type.kind === "other" ? type.name : `${type.kind}s`;
    throw new UnsupportedError(`hdf5: expected integers or floats, got ${name}`);
  }
  const packed = packedBytes(bytes, type.size, { count, stride, offset }, !type.littleEndian);
  const buffer = packed.buffer;
  if (type.kind === "float") {
    if (type.size === 4) return new Float32Array(buffer);
    if (type.size === 8) return new Float64Array(buffer);
    return Float32Array.from(new Uint16Array(buffer), halfToFloat);
  }
  const { signed } = type;
  switch (type.size) {
    case 1:
      return signed ? new Int8Array(buffer) : packed;
    case 2:
      return signed ? new Int16Array(buffer) : new Uint16Array(buffer);
    case 4:
      return signed ? new Int32Array(buffer) : new Uint32Array(buffer);
    case 8:
      return from64(new Uint32Array(buffer), signed);
    default:
      return fromOdd(packed, type.size, signed);
  }
}

/** The values one after another in a buffer of their own, little-endian as every platform is that runs JavaScript. */
function packedBytes(
  bytes: Uint8Array,
  size: number,
  { count, stride, offset }: Places,
  swap: boolean,
): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(count * size);
  if (!swap && stride === size) {
    packed.set(bytes.subarray(offset, offset + packed.length));
    return packed;
  }
  for (let i = 0, from = offset, to = 0; i < count; i++, from += stride, to += size) {
    if (swap) for (let k = 0; k < size; k++) packed[to + k] = bytes[from + size - 1 - k]!;
    else for (let k = 0; k < size; k++) packed[to + k] = bytes[from + k]!;
  }
  return packed;
}

function from64(words: Uint32Array, signed: boolean): Float64Array {
  const values = new Float64Array(words.length / 2);
  for (let i = 0; i < values.length; i++) {
    const high = words[2 * i + 1]!;
    // One addition rounds once.
    values[i] = (signed ? high | 0 : high) * 2 ** 32 + words[2 * i]!;
  }
  return values;
}

function fromOdd(packed: Uint8Array, size: number, signed: boolean): Float64Array {
  const values = new Float64Array(packed.length / size);
  for (let i = 0; i < values.length; i++) {
    const top = packed[i * size + size - 1]!;
    let value = signed && top >= 128 ? top - 256 : top;
    for (let k = size - 2; k >= 0; k--) value = value * 256 + packed[i * size + k]!;
    values[i] = value;
  }
  return values;
}

function halfToFloat(bits: number): number {
  const sign = bits >= 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
