/** The .npy format of NumPy, versions 1 to 3 (NEP 1): numbers, truth values and text. */
import { ArgumentError, FormatError, show, sizeOf } from "../core/index.ts";
import { NPY_MAGIC, type NumpyDtype, parseNpyHeader } from "./npy-header.ts";
import { eachStrided } from "./strided.ts";
import { checkedSize, storedTensor, toFloat32 } from "./stored-tensor.ts";

/** Values of a {@link NumpyArray}, row-major. */
export type NumpyData =
  | Float64Array
  | Float32Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint32Array
  | Uint16Array
  | Uint8Array
  | readonly string[];

/** An array: its shape and its values, row-major. 64-bit integers come as float64, truth values as 0 and 1. */
export type NumpyArray = { readonly shape: readonly number[]; readonly data: NumpyData };

/**
 * Reads a .npy file.
 *
 * @throws FormatError if the header is damaged, the dtype is structured, complex or an object, the size is not that of
 *   the shape, or a 64-bit integer passes 2^53
 */
export function parseNpy(bytes: Uint8Array, file?: string): NumpyArray {
  const { dtype, descriptor, fortran, shape, dataOffset } = parseNpyHeader(bytes, file);
  const fail = (what: string): never => {
    throw new FormatError("npy", dataOffset, what, file);
  };
  if (dtype === undefined || dtype.kind === "O") {
    return fail(`expected numbers, truth values or text, got dtype ${descriptor}`);
  }
  return decodeArray(bytes.subarray(dataOffset), dtype, shape, { fortran, fail });
}

/**
 * Values of an array from its raw bytes.
 *
 * @param options - `fortran`: the bytes are column-major; `fail`: called with `expected …, got …`
 */
export function decodeArray(
  bytes: Uint8Array,
  dtype: NumpyDtype,
  shape: readonly number[],
  options: { fortran: boolean; fail: (what: string) => never },
): NumpyArray {
  const { fortran, fail } = options;
  const { kind, itemBytes, bigEndian } = dtype;
  const size = checkedSize(shape);
  if (size === undefined || size * itemBytes !== bytes.byteLength || (itemBytes === 0 && size > 1)) {
    fail(`expected ${bytes.byteLength} bytes of ${kind}${itemBytes} values, got shape ${show(shape)}`);
  }
  if (shape.length > 64) fail(`expected at most 64 axes, got ${shape.length}`);
  const unit = kind === "U" ? 4 : kind === "S" ? 1 : itemBytes;
  const ordered = bigEndian && unit > 1 ? reversedUnits(bytes, unit) : bytes;
  const values = decodeValues(ordered, dtype, sizeOf(shape), fail);
  return { shape: [...shape], data: fortran && shape.length > 1 ? rowMajor(values, shape) : values };
}

/**
 * Writes an array of numbers as a .npy file, version 1, little-endian and row-major.
 *
 * @throws ArgumentError if the data does not fit the shape or is text
 */
export function encodeNpy({ shape, data }: NumpyArray): Uint8Array {
  if (!ArrayBuffer.isView(data)) throw new ArgumentError("encodeNpy: expected an array of numbers, got text");
  if (checkedSize(shape) !== data.length) {
    throw new ArgumentError(`encodeNpy: expected data of shape ${show(shape)}, got ${data.length} values`);
  }
  const header = encodeNpyHeader(`'${descriptorOf(data)}'`, shape);
  const bytes = new Uint8Array(header.length + data.byteLength);
  bytes.set(header);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), header.length);
  return bytes;
}

/**
 * The header of a .npy file, version 1, row-major: a multiple of 64 bytes.
 *
 * @param descriptor - the dtype as Python writes it: `'<f4'` with its quotes, or a list of fields
 */
export function encodeNpyHeader(descriptor: string, shape: readonly number[]): Uint8Array {
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const fields = `{'descr': ${descriptor}, 'fortran_order': False, 'shape': (${axes}), }`;
  // Magic, version, length, header and line feed together fill a multiple of 64 bytes.
  const total = Math.ceil((10 + fields.length + 1) / 64) * 64;
  const bytes = new Uint8Array(total);
  const text = `${NPY_MAGIC}\x01\0\0\0${fields.padEnd(total - 11)}\n`;
  for (let i = 0; i < total; i++) bytes[i] = text.charCodeAt(i);
  new DataView(bytes.buffer).setUint16(8, total - 10, true);
  return bytes;
}

function descriptorOf(data: Exclude<NumpyData, readonly string[]>): string {
  if (data instanceof Float64Array) return "<f8";
  if (data instanceof Float32Array) return "<f4";
  if (data instanceof Int32Array) return "<i4";
  if (data instanceof Int16Array) return "<i2";
  if (data instanceof Int8Array) return "|i1";
  if (data instanceof Uint32Array) return "<u4";
  return data instanceof Uint16Array ? "<u2" : "|u1";
}

function decodeValues(
  bytes: Uint8Array,
  { kind, itemBytes }: NumpyDtype,
  size: number,
  fail: (what: string) => never,
): NumpyData {
  const own = new Uint8Array(bytes).buffer;
  switch (kind + itemBytes) {
    case "f8":
      return new Float64Array(own);
    case "f4":
      return new Float32Array(own);
    case "f2":
      return toFloat32(storedTensor("F16", [size], new Uint8Array(own)));
    case "i8":
      return exactIntegers(new BigInt64Array(own), fail);
    case "u8":
      return exactIntegers(new BigUint64Array(own), fail);
    case "i4":
      return new Int32Array(own);
    case "u4":
      return new Uint32Array(own);
    case "i2":
      return new Int16Array(own);
    case "u2":
      return new Uint16Array(own);
    case "i1":
      return new Int8Array(own);
    case "u1":
    case "b1":
      return new Uint8Array(own);
    default:
      return decodeText(bytes, kind, itemBytes, size, fail);
  }
}

function exactIntegers(values: BigInt64Array | BigUint64Array, fail: (what: string) => never): Float64Array {
  const numbers = new Float64Array(values.length);
  for (let i = 0; i < numbers.length; i++) {
    const number = Number(values[i]);
    if (!Number.isSafeInteger(number)) fail(`expected integers below 2^53, got ${values[i]}`);
    numbers[i] = number;
  }
  return numbers;
}

/** Text items of fixed width, padded with NUL: UTF-32 (`U`) or one byte a character (`S`). */
function decodeText(
  bytes: Uint8Array,
  kind: string,
  itemBytes: number,
  size: number,
  fail: (what: string) => never,
): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = kind === "U" ? 4 : 1;
  return Array.from({ length: size }, (_, item) => {
    let text = "";
    for (let at = item * itemBytes; at < (item + 1) * itemBytes; at += width) {
      const code = width === 4 ? view.getUint32(at, true) : view.getUint8(at);
      if (code > 0x10ffff) fail(`expected a code point, got ${code}`);
      text += String.fromCodePoint(code);
    }
    return text.replace(/\0+$/, "");
  });
}

function reversedUnits(bytes: Uint8Array, unit: number): Uint8Array {
  return Uint8Array.from(bytes, (_, i) => bytes[i - (i % unit) + (unit - 1 - (i % unit))]!);
}

/** Column-major values of a shape in row-major order. */
function rowMajor(values: NumpyData, shape: readonly number[]): NumpyData {
  const result = values.slice() as Float64Array;
  const strides: number[] = [];
  shape.reduce((stride, axis, i) => (strides[i] = stride) * axis, 1);
  eachStrided(shape, strides, 0, (to, from) => (result[to] = values[from] as number));
  return result;
}
