/** Tensors as files hold them: a dtype, a shape and raw little-endian values. */
import { ArgumentError, show, sizeOf } from "../core/index.ts";

/** The typed array that holds the values of each dtype; F16, BF16 and I64 stay raw bytes. */
export type StoredData = {
  readonly F64: Float64Array;
  readonly F32: Float32Array;
  readonly F16: Uint8Array;
  readonly BF16: Uint8Array;
  readonly I64: Uint8Array;
  readonly I32: Int32Array;
  readonly I16: Int16Array;
  readonly I8: Int8Array;
  readonly U8: Uint8Array;
  readonly BOOL: Uint8Array;
};

/** Name of an element type, as safetensors writes it. */
export type StoredDtype = keyof StoredData;

/**
 * A tensor in a file, row-major. `data` is a typed array of its dtype; for F16, BF16 and I64 it is the raw little-endian
 * bytes, which {@link toFloat32} converts.
 */
export type StoredTensor = {
  readonly [D in StoredDtype]: {
    readonly dtype: D;
    readonly shape: readonly number[];
    readonly data: StoredData[D];
  };
}[StoredDtype];

/** Bytes of one element of each dtype. */
export const ITEM_BYTES: Readonly<Record<StoredDtype, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** Whether a text names a dtype of {@link StoredTensor}. */
export function isStoredDtype(name: unknown): name is StoredDtype {
  return typeof name === "string" && Object.hasOwn(ITEM_BYTES, name);
}

/**
 * Number of elements of a shape read from a file.
 *
 * @returns the product, or `undefined` if an axis is not a non-negative integer or the product passes 2^53 − 1
 */
export function checkedSize(shape: readonly unknown[]): number | undefined {
  let size = 1;
  for (const axis of shape) {
    if (typeof axis !== "number" || !Number.isSafeInteger(axis) || axis < 0) return undefined;
    size *= axis;
    if (!Number.isSafeInteger(size)) return undefined;
  }
  return size;
}

/**
 * A {@link StoredTensor} over bytes that hold exactly its values. It is a view where the bytes are aligned to the
 * element size, else a copy.
 *
 * @throws ArgumentError if the number of bytes does not fit the shape
 */
export function storedTensor(dtype: StoredDtype, shape: readonly number[], bytes: Uint8Array): StoredTensor {
  const want = sizeOf(shape) * ITEM_BYTES[dtype];
  if (bytes.byteLength !== want) {
    throw new ArgumentError(
      `storedTensor: expected ${want} bytes for ${dtype} ${show(shape)}, got ${bytes.byteLength}`,
    );
  }
  return { dtype, shape: [...shape], data: viewOf(dtype, bytes) } as StoredTensor;
}

/**
 * A tensor of half precision (IEEE 754 binary16) from numbers, each rounded to the nearest, halves to even; what is too
 * large becomes infinite.
 */
export function halfTensor(shape: readonly number[], values: ArrayLike<number>): StoredTensor {
  const view = new DataView(new ArrayBuffer(2 * values.length));
  for (let i = 0; i < values.length; i++) view.setUint16(2 * i, floatToHalf(values[i]!), true);
  return storedTensor("F16", shape, new Uint8Array(view.buffer));
}

/** The raw little-endian bytes of a tensor, as a view. */
export function bytesOf({ data }: StoredTensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The values as float32. F32 data is returned as it is, not copied; I64 and F64 values are rounded. */
export function toFloat32(tensor: StoredTensor): Float32Array {
  switch (tensor.dtype) {
    case "F32":
      return tensor.data;
    case "F16":
    case "BF16": {
      const widen = tensor.dtype === "F16" ? halfToFloat : brainToFloat;
      const { view, size } = reader(tensor, 2);
      return Float32Array.from({ length: size }, (_, i) => widen(view.getUint16(2 * i, true)));
    }
    case "I64": {
      const { view, size } = reader(tensor, 8);
      return Float32Array.from({ length: size }, (_, i) => Number(view.getBigInt64(8 * i, true)));
    }
    default:
      return Float32Array.from(tensor.data);
  }
}

function viewOf(dtype: StoredDtype, bytes: Uint8Array): StoredData[StoredDtype] {
  const itemBytes = ITEM_BYTES[dtype];
  // Not slice(): a Node Buffer's slice is a view and as unaligned as the original.
  const { buffer, byteOffset } = bytes.byteOffset % itemBytes === 0 ? bytes : new Uint8Array(bytes);
  const size = bytes.byteLength / itemBytes;
  switch (dtype) {
    case "F64":
      return new Float64Array(buffer, byteOffset, size);
    case "F32":
      return new Float32Array(buffer, byteOffset, size);
    case "I32":
      return new Int32Array(buffer, byteOffset, size);
    case "I16":
      return new Int16Array(buffer, byteOffset, size);
    case "I8":
      return new Int8Array(buffer, byteOffset, size);
    default:
      return new Uint8Array(buffer, byteOffset, bytes.byteLength);
  }
}

function reader({ data }: StoredTensor, itemBytes: number): { view: DataView; size: number } {
  return {
    view: new DataView(data.buffer, data.byteOffset, data.byteLength),
    size: data.byteLength / itemBytes,
  };
}

/** IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function floatToHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  if (Number.isNaN(value)) return 0x7e00;
  const exponent = Math.max(-14, Math.floor(Math.log2(Math.abs(value))));
  const steps = Math.abs(value) / 2 ** (exponent - 10);
  const down = Math.floor(steps);
  const up = steps - down > 0.5 || (steps - down === 0.5 && down % 2 === 1) ? 1 : 0;
  // The leading 1 of a normal number counts as one exponent, and so does a carry.
  return sign | Math.min(0x7c00, ((exponent + 14) << 10) + down + up);
}

/** bfloat16: the upper half of a binary32. */
function brainToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 7) & 0xff;
  const fraction = bits & 0x7f;
  if (exponent === 0xff) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -133 : sign * (128 + fraction) * 2 ** (exponent - 134);
}
