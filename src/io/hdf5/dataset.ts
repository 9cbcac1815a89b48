/** Datasets, read in parts. */
import { ArgumentError } from "../../core/index.ts";
import { type AttributeValue, readAttributes } from "./attributes.ts";
import { copyBox, sizeOfBox } from "./box.ts";
import { chunkIndex } from "./chunk-index.ts";
import { ChunkReader, filled } from "./chunk-reader.ts";
import { type Dataspace, parseDataspace } from "./dataspace.ts";
import { type Datatype, type Field, parseDatatype } from "./datatype.ts";
import { readFilters, unfilter } from "./filters.ts";
import { type Layout, readLayout } from "./layout.ts";
import { contentOf, findMessage, MESSAGE, type Message } from "./object-header.ts";
import type { Storage } from "./storage.ts";
import { type Numbers, numbersOf } from "./values.ts";

/** Bytes that one reading may ask for. */
const MAX_READ_BYTES = 2 ** 30;

/**
 * An array in an HDF5 file. Nothing of it is read before it is asked for, and no more is kept than a few chunks, so that
 * reading one row after another takes constant memory.
 */
export class Hdf5Dataset {
  /** Size along each axis, slowest first. */
  readonly shape: readonly number[];
  readonly type: Datatype;
  /** Offset in the file of what describes the dataset, for messages. */
  readonly offset: number;
  readonly #storage: Storage;
  readonly #messages: readonly Message[];
  readonly #layout: Layout;
  readonly #fill: Uint8Array | undefined;
  readonly #chunks: ChunkReader | undefined;
  #attributes: Promise<ReadonlyMap<string, AttributeValue>> | undefined;

  private constructor(storage: Storage, messages: readonly Message[], address: number, parts: Parts) {
    this.#storage = storage;
    this.#messages = messages;
    this.offset = storage.base + address;
    this.shape = parts.space.shape;
    this.type = parts.type;
    this.#layout = parts.layout;
    this.#fill = parts.fill;
    this.#chunks = parts.chunks;
  }

  /**
   * Reads what describes a dataset; undefined if the object is none.
   *
   * @throws FormatError if it is broken
   * @throws UnsupportedError if its data are elsewhere, or went through a filter that is not known
   */
  static async open(
    storage: Storage,
    messages: readonly Message[],
    address: number,
  ): Promise<Hdf5Dataset | undefined> {
    const spaceMessage = findMessage(messages, MESSAGE.dataspace);
    const typeMessage = findMessage(messages, MESSAGE.datatype);
    if (spaceMessage === undefined || typeMessage === undefined) return undefined;
    const space = parseDataspace(await contentOf(storage, spaceMessage));
    const type = parseDatatype(await contentOf(storage, typeMessage));
    const layout = await readLayout(storage, messages, space, type.size);
    const filters = await readFilters(storage, messages);
    const fill = await readFill(storage, messages, type.size);
    let chunks: ChunkReader | undefined;
    if (layout.kind === "chunked") {
      const chunkBytes = sizeOfBox(layout.chunk) * type.size;
      const indexStorage = storage.fork();
      chunks = new ChunkReader(storage, layout, space, type.size, {
        indexStorage,
        index: chunkIndex(indexStorage, layout, space, chunkBytes, filters.length > 0),
        unfilter: unfilter(storage, filters, chunkBytes, type.size),
        fill,
      });
    }
    return new Hdf5Dataset(storage, messages, address, { space, type, layout, fill, chunks });
  }

  /** The attributes of the dataset. */
  attributes(): Promise<ReadonlyMap<string, AttributeValue>> {
    return (this.#attributes ??= readAttributes(this.#storage, this.#messages));
  }

  /**
   * Index along an axis at which the piece of the file ends that holds index `at`: what is broken is broken up to there.
   */
  pieceEnd(axis: number, at: number): number {
    const length = this.shape[axis] ?? 1;
    const layout = this.#layout;
    if (layout.kind === "chunked") {
      const size = layout.chunk[axis]!;
      return Math.min(length, (Math.floor(at / size) + 1) * size);
    }
    // A file that was cut off has rows up to there.
    const { size, base } = this.#storage;
    const bytes = layout.kind === "compact" ? layout.bytes.length : size - base - layout.address;
    const there = Math.floor(bytes / (sizeOfBox(this.shape.slice(axis + 1)) * this.type.size));
    return at < there ? Math.min(length, there) : length;
  }

  /**
   * Rows `start` to `start + count - 1` along the first axis (of a scalar: its value), one value after another.
   *
   * @param options - `field`: that of a compound to read
   * @throws FormatError if the file is broken there
   * @throws UnsupportedError if the elements are no numbers
   * @throws ArgumentError if there are no such rows, or they have more than 1 GiB
   */
  read(start: number, count: number, { field }: { readonly field?: Field } = {}): Promise<Numbers> {
    if (this.shape.length === 0) return this.readBox([], [], { ...(field !== undefined && { field }) });
    const rest = this.shape.slice(1);
    return this.readBox([start, ...rest.map(() => 0)], [count, ...rest], {
      ...(field !== undefined && { field }),
    });
  }

  /** As {@link read}, for the box that starts at an index along each axis and has a size along each. */
  async readBox(
    start: readonly number[],
    size: readonly number[],
    { field }: { readonly field?: Field } = {},
  ): Promise<Numbers> {
    const bytes = await this.readBytes(start, size);
    const stride = this.type.size;
    const count = bytes.length / stride;
    if (field === undefined) return numbersOf(this.type, bytes, { count, stride, offset: 0 });
    return numbersOf(field.type, bytes, { count, stride, offset: field.offset });
  }

  /**
   * As {@link readBox}, as bytes in the type of the file.
   *
   * @param options - `written`: whether elements that were never written are a FormatError, instead of the fill value
   */
  async readBytes(
    start: readonly number[],
    size: readonly number[],
    { written = false }: { readonly written?: boolean } = {},
  ): Promise<Uint8Array> {
    const { shape, type } = this;
    const fits = shape.every((n, i) => start[i]! >= 0 && size[i]! >= 0 && start[i]! + size[i]! <= n);
    if (!fits || start.length !== shape.length || size.length !== shape.length) {
      throw new ArgumentError(
        `Hdf5Dataset: expected a part of ${shape.join("x")}, got ${size.join("x")} at ${start.join(", ")}`,
      );
    }
    const bytes = sizeOfBox(size) * type.size;
    if (bytes > MAX_READ_BYTES) {
      throw new ArgumentError(`Hdf5Dataset: expected at most ${MAX_READ_BYTES} bytes at once, got ${bytes}`);
    }
    if (bytes === 0) return new Uint8Array(0);
    if (this.#chunks !== undefined) return this.#chunks.read(start, size, written);
    return this.#fromRun(start, size, written);
  }

  /** A part of data that lie in one run: read from its first element to its last. */
  async #fromRun(start: readonly number[], size: readonly number[], written: boolean): Promise<Uint8Array> {
    const { shape, type } = this;
    const index = (place: readonly number[]) => place.reduce((sum, at, axis) => sum * shape[axis]! + at, 0);
    const first = index(start);
    const last = index(start.map((at, axis) => at + size[axis]! - 1));
    const offset = first * type.size;
    const length = (last - first + 1) * type.size;
    const run = await this.#run(offset, length, written);
    if (last - first + 1 === sizeOfBox(size)) return run;
    const out = new Uint8Array(sizeOfBox(size) * type.size);
    // Numbers of elements are relative to the first of the run.
    copyBox(
      { bytes: run, shape, start: start.map(() => 0) },
      { bytes: out, shape: size, start: start.map(() => 0) },
      size,
      type.size,
    );
    return out;
  }

  async #run(offset: number, length: number, written: boolean): Promise<Uint8Array> {
    const layout = this.#layout;
    if (layout.kind === "compact") {
      if (offset + length > layout.bytes.length) {
        this.#storage.fail(this.offset - this.#storage.base, `expected ${length} bytes of data, got fewer`);
      }
      return layout.bytes.subarray(offset, offset + length);
    }
    if (layout.kind === "contiguous" && layout.address >= 0) {
      return this.#storage.bytes(layout.address + offset, length);
    }
    if (written) {
      this.#storage.fail(this.offset - this.#storage.base, "expected data that were written, got none");
    }
    return filled(length, this.#fill);
  }
}

type Parts = {
  readonly space: Dataspace;
  readonly type: Datatype;
  readonly layout: Layout;
  readonly fill: Uint8Array | undefined;
  readonly chunks: ChunkReader | undefined;
};

/** The value of elements that were never written; undefined for zeros. */
async function readFill(
  storage: Storage,
  messages: readonly Message[],
  itemBytes: number,
): Promise<Uint8Array | undefined> {
  const message = findMessage(messages, MESSAGE.fillValue);
  const old = findMessage(messages, MESSAGE.oldFillValue);
  let size = 0;
  let body;
  if (message !== undefined) {
    body = await contentOf(storage, message);
    const version = body.version("a fill value", 1, 2, 3);
    if (version === 3) {
      if ((body.u8() & 0x20) !== 0) size = body.u32();
    } else {
      body.skip(2);
      if (body.u8() !== 0 || version === 1) size = body.u32();
    }
  } else if (old !== undefined) {
    body = await contentOf(storage, old);
    size = body.u32();
  }
  if (body === undefined || size === 0) return undefined;
  if (size !== itemBytes) body.fail(`expected a fill value of ${itemBytes} bytes, got ${size}`);
  return body.take(size);
}
