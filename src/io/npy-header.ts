/** The header of the .npy format of NumPy, versions 1 to 3 (NEP 1): what the values are and how many. */
import { FormatError, latin1, show } from "../core/index.ts";
import { parsePythonLiteral, type PythonLiteral } from "./python-literal.ts";
import { checkedSize } from "./stored-tensor.ts";

/** An element type: kind and width, and whether the most significant byte comes first. */
export type NumpyDtype = {
  /** `f` float, `i` integer, `u` unsigned, `b` truth value, `U` UTF-32 text, `S` byte text, `O` object. */
  readonly kind: string;
  readonly itemBytes: number;
  readonly bigEndian: boolean;
};

/** One field of a structured dtype; `dtype` is undefined for one of a kind that is not read, such as padding. */
export type NumpyField = {
  readonly name: string;
  /** Where the field starts within an item, bytes. */
  readonly offset: number;
  readonly dtype: NumpyDtype | undefined;
};

/** What a header says. */
export type NpyHeader = {
  /** The dtype as it is written. */
  readonly descriptor: string;
  /** The dtype of a plain array; undefined for a structured one, or one that is not read. */
  readonly dtype: NumpyDtype | undefined;
  /** The fields of a structured array, in their order; none for a plain one. */
  readonly fields: readonly NumpyField[];
  /** Bytes of one item. */
  readonly itemBytes: number;
  /** Whether the values are in column-major order. */
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Offset of the first value. */
  readonly dataOffset: number;
};

/** The first bytes of every .npy file. */
export const NPY_MAGIC = "\x93NUMPY";

/** Bytes from which the size of a header can be told. */
export const NPY_PREFIX_BYTES = 12;

/** Bytes that a header may have: as much as version 1 can; NumPy itself stops at 10,000. */
const MAX_HEADER_BYTES = 0xffff;

/** Fields that a structured dtype may have. */
const MAX_FIELDS = 1000;

const NUMERIC = new Set(["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "b1"]);

/** Element type named by a descriptor such as `<f4`, or `undefined` where it is of no kind that is read here. */
export function parseDtype(descriptor: string): NumpyDtype | undefined {
  const [, order, kind, digits] = /^([<>|=]?)([fiubUSO])(\d{0,9})$/.exec(descriptor) ?? [];
  if (kind === undefined) return undefined;
  const width = Number(digits);
  const dtype = { kind, itemBytes: kind === "U" ? 4 * width : width, bigEndian: order === ">" };
  return "USO".includes(kind) || NUMERIC.has(kind + width) ? dtype : undefined;
}

/**
 * Where the header of a .npy file ends and its values start.
 *
 * @param prefix - the first {@link NPY_PREFIX_BYTES}, or the whole file if it is shorter
 * @throws FormatError if these bytes begin no .npy file of version 1 to 3, or its header is longer than 64 KiB
 */
export function npyHeaderEnd(prefix: Uint8Array, file?: string): number {
  const magic = latin1(prefix.subarray(0, 6));
  if (magic !== NPY_MAGIC) {
    throw failure(0, `expected the magic ${JSON.stringify(NPY_MAGIC)}, got ${JSON.stringify(magic)}`, file);
  }
  const version = prefix[6];
  if (version === undefined || version < 1 || version > 3) {
    throw failure(6, `expected version 1 to 3, got ${version ?? "the end of the file"}`, file);
  }
  const start = version === 1 ? 10 : 12;
  if (prefix.length < start) {
    throw failure(8, `expected ${start - 8} bytes of header size, got ${prefix.length - 8}`, file);
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const size = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (size > MAX_HEADER_BYTES) {
    throw failure(8, `expected a header of at most ${MAX_HEADER_BYTES} bytes, got ${size}`, file);
  }
  return start + size;
}

/**
 * Reads the header of a .npy file. Nothing is allocated by what it says.
 *
 * @param bytes - the file, at least as far as {@link npyHeaderEnd}
 * @throws FormatError if the header is cut off or damaged, or its shape passes 2^53 values
 */
export function parseNpyHeader(bytes: Uint8Array, file?: string): NpyHeader {
  const dataOffset = npyHeaderEnd(bytes, file);
  if (bytes.length < dataOffset) {
    throw failure(bytes.length, `expected a header of ${dataOffset} bytes, got ${bytes.length}`, file);
  }
  const start = bytes[6] === 1 ? 10 : 12;
  const encoded = bytes.subarray(start, dataOffset);
  const text = bytes[6] === 3 ? new TextDecoder().decode(encoded) : latin1(encoded);
  const header = parsePythonLiteral(text);
  const got = JSON.stringify(text.slice(0, 100));
  if (!(header instanceof Map)) throw failure(start, `expected a dict in the header, got ${got}`, file);
  const [descr, fortran, shape] = ["descr", "fortran_order", "shape"].map((key) => header.get(key));
  if (typeof fortran !== "boolean") throw failure(start, `expected an order in the header, got ${got}`, file);
  if (!Array.isArray(shape)) throw failure(start, `expected a shape in the header, got ${got}`, file);
  if (checkedSize(shape) === undefined) {
    throw failure(start, `expected a shape of at most 2^53 values, got ${show(shape)}`, file);
  }
  const order = { fortran, shape: shape as number[], dataOffset };
  if (typeof descr === "string") {
    const dtype = parseDtype(descr);
    return { descriptor: descr, dtype, fields: [], itemBytes: dtype?.itemBytes ?? 0, ...order };
  }
  const record = Array.isArray(descr) ? fieldsOf(descr) : undefined;
  if (record === undefined) throw failure(start, `expected a dtype in the header, got ${got}`, file);
  return { dtype: undefined, ...record, ...order };
}

/** The fields of a structured dtype, or `undefined` if one is described in no known way. */
function fieldsOf(
  descr: readonly PythonLiteral[],
): Pick<NpyHeader, "descriptor" | "fields" | "itemBytes"> | undefined {
  if (descr.length > MAX_FIELDS) return undefined;
  const fields: NumpyField[] = [];
  let itemBytes = 0;
  for (const item of descr) {
    if (!Array.isArray(item)) return undefined;
    const [named, type, shape = []] = item as readonly PythonLiteral[];
    // A field may have a title beside its name.
    const name = Array.isArray(named) ? named[1] : named;
    if (typeof name !== "string" || !Array.isArray(shape)) return undefined;
    const inner = Array.isArray(type) ? fieldsOf(type) : undefined;
    const bytes = inner?.itemBytes ?? (typeof type === "string" ? widthOf(type) : undefined);
    const count = checkedSize(shape);
    if (bytes === undefined || count === undefined) return undefined;
    const plain = typeof type === "string" && shape.length === 0;
    fields.push({ name, offset: itemBytes, dtype: plain ? parseDtype(type) : undefined });
    itemBytes += bytes * count;
  }
  const names = fields.map(({ name }) => name).filter((name) => name !== "");
  return { descriptor: `a record of ${names.join(", ")}`, fields, itemBytes };
}

/** Bytes of a value of any dtype, those that are only passed over included; objects have none. */
function widthOf(descriptor: string): number | undefined {
  const [, kind, digits] = /^[<>|=]?([fiubcmMUSV])(\d{1,9})(?:\[\w+\])?$/.exec(descriptor) ?? [];
  if (kind === undefined) return undefined;
  return kind === "U" ? 4 * Number(digits) : Number(digits);
}

function failure(offset: number, what: string, file: string | undefined): FormatError {
  return new FormatError("npy", offset, what, file);
}
