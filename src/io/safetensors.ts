/** The safetensors format, as the reference implementation (0.8) reads and writes it: strict in, deterministic out. */
import { ArgumentError, FormatError, show } from "../core/index.ts";
import { bytesOf, checkedSize, isStoredDtype, ITEM_BYTES, storedTensor } from "./stored-tensor.ts";
import type { StoredDtype, StoredTensor } from "./stored-tensor.ts";

/** What a safetensors file holds: tensors in file order, and free text by key. */
export type Safetensors = {
  readonly tensors: Map<string, StoredTensor>;
  readonly metadata: Record<string, string>;
};

const PREFIX_BYTES = 8;
const MAX_HEADER_BYTES = 100_000_000;
const METADATA = "__metadata__";

/** Data order of the reference implementation: dtypes by falling alignment, in this order. */
const DTYPE_ORDER: readonly StoredDtype[] = [
  "I64",
  "F64",
  "F32",
  "I32",
  "BF16",
  "F16",
  "I16",
  "I8",
  "U8",
  "BOOL",
];

type Entry = {
  readonly name: string;
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
};

/**
 * Reads a safetensors file. Tensors are views into `bytes` where alignment permits, else copies.
 *
 * @param bytes - the whole file
 * @param file - its name, for messages
 * @throws FormatError if the header length passes 100 MB or the file, if the header is not a JSON object with unique
 *   keys, or if tensors overlap, leave holes, reach outside the file or disagree with shape × dtype
 */
export function parseSafetensors(bytes: Uint8Array, file?: string): Safetensors {
  const fail = (offset: number, what: string): never => {
    throw new FormatError("safetensors", offset, what, file);
  };
  if (bytes.byteLength < PREFIX_BYTES) fail(0, `expected 8 bytes of header length, got ${bytes.byteLength}`);
  const headerBytes = Number(
    new DataView(bytes.buffer, bytes.byteOffset, PREFIX_BYTES).getBigUint64(0, true),
  );
  const limit = Math.min(MAX_HEADER_BYTES, bytes.byteLength - PREFIX_BYTES);
  if (headerBytes < 2 || headerBytes > limit) {
    fail(0, `expected a header of 2 to ${limit} bytes, got ${headerBytes}`);
  }
  const start = PREFIX_BYTES + headerBytes;
  const header = readHeader(bytes.subarray(PREFIX_BYTES, start), fail);
  const { [METADATA]: metadata = {}, ...infos } = header;
  if (!isObject(metadata) || Object.values(metadata).some((value) => typeof value !== "string")) {
    fail(PREFIX_BYTES, `expected ${METADATA} to map text to text, got ${brief(metadata)}`);
  }
  const entries = Object.entries(infos)
    .map(([name, info]) => readEntry(name, info, fail))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  const tensors = new Map<string, StoredTensor>();
  let at = 0;
  for (const { name, dtype, shape, begin, end } of entries) {
    if (begin !== at || end > bytes.byteLength - start) {
      fail(
        start + at,
        `expected tensor ${brief(name)} at data byte ${at} to end by ${bytes.byteLength - start}, got ${begin} to ${end}`,
      );
    }
    tensors.set(name, storedTensor(dtype, shape, bytes.subarray(start + begin, start + end)));
    at = end;
  }
  if (start + at !== bytes.byteLength) {
    fail(
      start + at,
      `expected the end of the file after the last tensor, got ${bytes.byteLength - start - at} bytes`,
    );
  }
  return { tensors, metadata: metadata as Record<string, string> };
}

/**
 * Writes a safetensors file. The same tensors and metadata give the same bytes in whatever order they come: data is
 * laid out by dtype and then name as the reference implementation does, metadata is sorted by key, and the header is
 * padded with blanks to a multiple of 8 bytes.
 *
 * @throws ArgumentError if a tensor is named `__metadata__` or its data does not fit its shape
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const ordered = [...tensors].sort(
    ([nameA, a], [nameB, b]) =>
      DTYPE_ORDER.indexOf(a.dtype) - DTYPE_ORDER.indexOf(b.dtype) || compareText(nameA, nameB),
  );
  const fields: string[] = [];
  const keys = Object.keys(metadata).sort(compareText);
  if (keys.length > 0) {
    const pairs = keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`);
    fields.push(`"${METADATA}":{${pairs.join(",")}}`);
  }
  let dataBytes = 0;
  for (const [name, { dtype, shape, data }] of ordered) {
    if (name === METADATA)
      throw new ArgumentError(`encodeSafetensors: expected a tensor name, got ${METADATA}`);
    const size = checkedSize(shape);
    if (size === undefined || size * ITEM_BYTES[dtype] !== data.byteLength) {
      throw new ArgumentError(
        `encodeSafetensors: expected ${name} to hold ${dtype} ${show(shape)}, got ${data.byteLength} bytes`,
      );
    }
    const end = dataBytes + data.byteLength;
    fields.push(
      `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape.join(",")}],"data_offsets":[${dataBytes},${end}]}`,
    );
    dataBytes = end;
  }
  const text = new TextEncoder().encode(`{${fields.join(",")}}`);
  const headerBytes = Math.ceil(text.byteLength / 8) * 8;
  if (headerBytes > MAX_HEADER_BYTES) {
    throw new ArgumentError(
      `encodeSafetensors: expected a header of at most ${MAX_HEADER_BYTES} bytes, got ${headerBytes}`,
    );
  }
  const bytes = new Uint8Array(PREFIX_BYTES + headerBytes + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, PREFIX_BYTES, PREFIX_BYTES + headerBytes);
  bytes.set(text, PREFIX_BYTES);
  let at = PREFIX_BYTES + headerBytes;
  for (const [, tensor] of ordered) {
    bytes.set(bytesOf(tensor), at);
    at += tensor.data.byteLength;
  }
  return bytes;
}

type Fail = (offset: number, what: string) => never;

function readHeader(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  if (bytes[0] !== 0x7b) fail(PREFIX_BYTES, `expected the header to begin with "{", got byte ${bytes[0]}`);
  let text = "";
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (error) {
    fail(PREFIX_BYTES, `expected a JSON header, got ${(error as Error).message}`);
  }
  const key = repeatedKey(text);
  if (key !== undefined) fail(PREFIX_BYTES, `expected unique keys, got ${brief(key)} twice`);
  // Text that begins with "{" and parses is an object.
  return header as Record<string, unknown>;
}

function readEntry(name: string, info: unknown, fail: Fail): Entry {
  const where = `tensor ${brief(name)}`;
  if (!isObject(info)) return fail(PREFIX_BYTES, `expected ${where} to be an object, got ${brief(info)}`);
  const { dtype, shape, data_offsets: offsets } = info;
  if (!isStoredDtype(dtype)) {
    return fail(
      PREFIX_BYTES,
      `expected ${where} to have one of the dtypes ${DTYPE_ORDER.join(", ")}, got ${brief(dtype)}`,
    );
  }
  const size = Array.isArray(shape) ? checkedSize(shape) : undefined;
  if (size === undefined) {
    return fail(PREFIX_BYTES, `expected ${where} to have a shape below 2^53 elements, got ${brief(shape)}`);
  }
  if (!isPair(offsets)) {
    return fail(PREFIX_BYTES, `expected ${where} to have two data_offsets, got ${brief(offsets)}`);
  }
  const [begin, end] = offsets;
  if (end - begin !== size * ITEM_BYTES[dtype]) {
    fail(
      PREFIX_BYTES,
      `expected ${where} ${dtype} ${brief(shape)} to take ${size * ITEM_BYTES[dtype]} bytes, got ${end - begin}`,
    );
  }
  return { name, dtype, shape: shape as number[], begin, end };
}

/** The first key that an object of a well-formed JSON text holds twice. `JSON.parse` would keep the last silently. */
function repeatedKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "{") open.push(new Set());
    else if (c === "}") open.pop();
    else if (c === '"') {
      const begin = i;
      for (i++; text[i] !== '"'; i++) if (text[i] === "\\") i++;
      const end = i + 1;
      while (" \t\n\r".includes(text[i + 1] ?? "-")) i++;
      if (text[i + 1] !== ":") continue;
      const key = JSON.parse(text.slice(begin, end)) as string;
      if (open.at(-1)!.has(key)) return key;
      open.at(-1)!.add(key);
    }
  }
  return undefined;
}

function isPair(value: unknown): value is [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every((x) => Number.isSafeInteger(x) && x >= 0);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value from the file as text for a message, cut short. */
function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** Order by code points, which is the order of the UTF-8 bytes; JavaScript's own order is by UTF-16 units. */
function compareText(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
