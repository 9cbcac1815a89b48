/** Finding the variables of a MAT-file without reading their values. */
import { FormatError, latin1 } from "../../../core/index.ts";
import { inflateChunks, type NumpyDtype, rangeChunks } from "../../../io/index.ts";
import type { ByteFile } from "../../byte-file.ts";
import { ByteSource } from "../../source.ts";
import { viewOf } from "../table/columns.ts";
import {
  CLASSES,
  ELEMENT,
  FIRST_NUMERIC,
  HEADER_BYTES,
  MAX_AXES,
  MAX_DEPTH,
  MAX_NAME_BYTES,
  MAX_VARIABLES,
  NUMBER_TYPES,
} from "./layout.ts";

/** Deflate cannot expand by more than this factor. */
const MAX_EXPANSION = 1032;

/** The numbers of a variable. */
export type MatColumn = {
  /** Opens the numbers: at the first, at each call anew. Errors of the stream are FormatErrors. */
  readonly chunks: () => AsyncIterable<Uint8Array>;
  /** Bytes of the stream before the first number. */
  readonly skip: number;
  readonly dtype: NumpyDtype;
  readonly count: number;
  /** Offset of the element in the file. */
  readonly offset: number;
};

/** A variable, or a field of a struct. */
export type MatVariable = {
  /** Names from the outermost on. */
  readonly path: readonly string[];
  /** Class and size, for messages: `double 1x20000`. */
  readonly kind: string;
  /** Its numbers, unless it holds something else. */
  readonly column: MatColumn | undefined;
};

/** What was found, and what ended the search before its time. */
export type MatVariables = {
  readonly variables: readonly MatVariable[];
  readonly damage: FormatError | undefined;
};

/**
 * Lists the variables of a file, with those of structs that are no arrays. Values are passed over; compressed ones must
 * be inflated for that, piece by piece.
 */
export async function listVariables(file: ByteFile, name: string | undefined): Promise<MatVariables> {
  const variables: MatVariable[] = [];
  const fail = (offset: number, what: string) => new FormatError("mat", offset, what, name);
  try {
    const header = await file.read(0, HEADER_BYTES);
    if (header.length < HEADER_BYTES) {
      throw fail(header.length, `expected a header of ${HEADER_BYTES} bytes, got ${header.length}`);
    }
    const mark = latin1(header.subarray(126));
    if (mark !== "IM" && mark !== "MI") {
      throw fail(126, `expected the mark IM or MI, got ${JSON.stringify(mark)}`);
    }
    const bigEndian = mark === "MI";
    for (let at = HEADER_BYTES; at < file.size;) {
      const tag = await tagAt(file, at, bigEndian, fail);
      const start = at + tag.headBytes;
      if (start + tag.bytes > file.size) {
        const what = `expected an element of at most ${file.size - start} bytes, got ${tag.bytes}`;
        // What is there of it may hold all that is sought.
        await new Scanner(file, bigEndian, at, variables, fail).scanTop(
          { ...tag, bytes: file.size - start },
          tag.bytes,
        );
        throw fail(at, what);
      }
      await new Scanner(file, bigEndian, at, variables, fail).scanTop(tag, tag.bytes);
      const padding = tag.type === ELEMENT.compressed ? 0 : -tag.bytes & 7;
      at = start + tag.bytes + (tag.headBytes === 4 ? 4 - tag.bytes : padding);
    }
    return { variables, damage: undefined };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { variables, damage: error };
  }
}

type Fail = (offset: number, what: string) => FormatError;

/** Type and size of an element; `headBytes` stand before its content. */
type Tag = { readonly type: number; readonly bytes: number; readonly headBytes: number };

async function tagAt(file: ByteFile, at: number, bigEndian: boolean, fail: Fail): Promise<Tag> {
  return parseTag(await file.read(at, 8), bigEndian, (what) => fail(at, what));
}

function parseTag(bytes: Uint8Array, bigEndian: boolean, fail: (what: string) => FormatError): Tag {
  if (bytes.length < 8) throw fail(`expected 8 bytes of an element, got ${bytes.length}`);
  const view = viewOf(bytes);
  const first = view.getUint32(0, !bigEndian);
  if (first >>> 16 === 0) return { type: first, bytes: view.getUint32(4, !bigEndian), headBytes: 8 };
  // A small element has its size in the upper half and up to 4 bytes of content in place of the size.
  if (first >>> 16 > 4) throw fail(`expected a small element of at most 4 bytes, got ${first >>> 16}`);
  return { type: first & 0xffff, bytes: first >>> 16, headBytes: 4 };
}

/** Walks through one element of a file. */
class Scanner {
  readonly #file: ByteFile;
  readonly #bigEndian: boolean;
  /** Offset of the element in the file. */
  readonly #offset: number;
  readonly #variables: MatVariable[];
  readonly #fail: Fail;
  #chunks: () => AsyncIterable<Uint8Array> = () => rangeChunks(this.#file, this.#offset, 0);
  #source = new ByteSource(new Uint8Array(0));
  /** Offset of the source in the file; 0 where it is compressed, and all faults are those of the element. */
  #base: number | undefined;

  constructor(file: ByteFile, bigEndian: boolean, offset: number, variables: MatVariable[], fail: Fail) {
    this.#file = file;
    this.#bigEndian = bigEndian;
    this.#offset = offset;
    this.#variables = variables;
    this.#fail = fail;
  }

  /** @param declared - size of the element as its tag has it, which the file may lack a part of */
  async scanTop({ type, bytes, headBytes }: Tag, declared: number): Promise<void> {
    const start = this.#offset + headBytes;
    if (type === ELEMENT.matrix) {
      this.#chunks = () => rangeChunks(this.#file, start, bytes);
      this.#base = start;
      this.#source = new ByteSource(this.#chunks());
      await this.#matrix(declared, [], 0);
    } else if (type === ELEMENT.compressed) {
      const zlib = await this.#file.read(start, 2);
      if ((zlib[0]! & 0x0f) !== 8 || ((zlib[0]! << 8) | zlib[1]!) % 31 !== 0 || (zlib[1]! & 0x20) !== 0) {
        throw this.#fail(start, `expected a header of zlib, got ${[...zlib].join(", ")}`);
      }
      this.#chunks = () =>
        inflateChunks(rangeChunks(this.#file, start + 2, bytes - 2), (what) => this.#fault(what));
      this.#source = new ByteSource(this.#chunks());
      const tag = await this.#tag();
      if (tag.type !== ELEMENT.matrix) throw this.#fault(`expected a matrix in it, got type ${tag.type}`);
      if (tag.bytes > MAX_EXPANSION * declared) {
        throw this.#fault(`expected at most ${MAX_EXPANSION * declared} bytes in it, got ${tag.bytes}`);
      }
      await this.#matrix(tag.bytes, [], 0);
    }
    // Other elements hold no variable.
  }

  /** Reads a matrix of `bytes` and passes over it. */
  async #matrix(bytes: number, path: readonly string[], depth: number): Promise<void> {
    const end = this.#source.offset + bytes;
    if (this.#variables.length >= MAX_VARIABLES) {
      throw this.#fault(`expected at most ${MAX_VARIABLES} variables, got more`);
    }
    if (bytes === 0) return this.#add(path, "empty", undefined);
    const flags = await this.#content(end, [ELEMENT.uint32], 8);
    if (flags.length < 8) throw this.#fault(`expected 8 bytes of flags, got ${flags.length}`);
    const kind = viewOf(flags).getUint32(0, !this.#bigEndian) & 0xff;
    const dimensions = await this.#content(end, [ELEMENT.int32], 4 * MAX_AXES);
    const size = Array.from({ length: dimensions.length >> 2 }, (_, i) =>
      viewOf(dimensions).getInt32(4 * i, !this.#bigEndian),
    );
    const name = latin1(await this.#content(end, [ELEMENT.int8, ELEMENT.utf8], MAX_NAME_BYTES));
    const whole = depth === 0 ? [name] : path;
    const shown = `${CLASSES[kind - 1] ?? "unknown"} ${size.join("x")}`;
    const isStruct = CLASSES[kind - 1] === "struct" && size.every((side) => side === 1);
    if (isStruct && depth < MAX_DEPTH) await this.#struct(end, whole, depth);
    else {
      const numeric = kind >= FIRST_NUMERIC && kind <= CLASSES.length;
      // The tag of the numbers is read first: they may be what a file that was cut off ends in.
      this.#add(whole, shown, numeric ? await this.#numbers(end) : undefined);
    }
    await this.#skipTo(end);
  }

  async #struct(end: number, path: readonly string[], depth: number): Promise<void> {
    const length = await this.#content(end, [ELEMENT.int32], 4);
    const width = length.length === 4 ? viewOf(length).getInt32(0, !this.#bigEndian) : 0;
    const names = await this.#content(end, [ELEMENT.int8], MAX_NAME_BYTES);
    if (width < 1 || names.length % width !== 0) {
      throw this.#fault(`expected names of fields of 1 byte or more, got ${names.length} of ${width}`);
    }
    for (let at = 0; at < names.length; at += width) {
      const field = latin1(names.subarray(at, at + width)).replace(/\0.*$/s, "");
      const { type, bytes } = await this.#tag();
      if (type !== ELEMENT.matrix || this.#source.offset + bytes > end) {
        throw this.#fault(`expected a matrix within its struct, got type ${type} of ${bytes} bytes`);
      }
      await this.#matrix(bytes, [...path, field], depth + 1);
    }
  }

  /** The numbers that come next. */
  async #numbers(end: number): Promise<MatColumn | undefined> {
    if (this.#source.offset >= end) return undefined;
    const { type, bytes, headBytes } = await this.#tag();
    // The content of a small element has been read with its tag.
    const skip = this.#source.offset - (headBytes === 4 ? 4 : 0);
    const number = NUMBER_TYPES.get(type);
    if (number === undefined || bytes % number.itemBytes !== 0 || skip + bytes > end) {
      throw this.#fault(`expected numbers within their variable, got type ${type} of ${bytes} bytes`);
    }
    return {
      chunks: this.#chunks,
      skip,
      dtype: { ...number, bigEndian: this.#bigEndian },
      count: bytes / number.itemBytes,
      offset: this.#offset,
    };
  }

  #add(path: readonly string[], kind: string, column: MatColumn | undefined): void {
    this.#variables.push({ path, kind, column });
  }

  /** The content of a short element of one of some types. */
  async #content(end: number, types: readonly number[], most: number): Promise<Uint8Array> {
    const { type, bytes, headBytes } = await this.#tag();
    const small = headBytes === 4;
    if (!types.includes(type) || bytes > most || (!small && this.#source.offset + bytes > end)) {
      const what = `expected an element of type ${types.join(" or ")} of at most ${most} bytes`;
      throw this.#fault(`${what}, got type ${type} of ${bytes}`);
    }
    if (small) return this.#last.slice(4, 4 + bytes);
    const content = await this.#source.read(bytes);
    if (content.length < bytes) throw this.#fault(`expected ${bytes} bytes, got ${content.length}`);
    await this.#source.skip(-bytes & 7);
    return content;
  }

  #last: Uint8Array = new Uint8Array(8);

  async #tag(): Promise<Tag> {
    this.#last = await this.#source.read(8);
    return parseTag(this.#last, this.#bigEndian, (what) => this.#fault(what));
  }

  async #skipTo(end: number): Promise<void> {
    const left = end - this.#source.offset;
    if (left < 0) throw this.#fault("expected elements within their matrix, got longer ones");
    const skipped = await this.#source.skip(left);
    if (skipped < left) throw this.#fault(`expected ${left} bytes more, got ${skipped}`);
  }

  #fault(what: string): FormatError {
    if (this.#base !== undefined) return this.#fail(this.#base + this.#source.offset, what);
    return this.#fail(this.#offset, `${what}, in the compressed element that starts here`);
  }
}
