/** Chunks of a dataset: found, read, unfiltered, and a few of them kept. */
import { CompressionFault } from "../compression/fault.ts";
import { copyBox, sizeOfBox } from "./box.ts";
import type { ChunkIndex } from "./chunk-index.ts";
import type { Dataspace } from "./dataspace.ts";
import type { Unfilter } from "./filters.ts";
import type { ChunkLayout } from "./layout.ts";
import type { Storage } from "./storage.ts";

/** Chunks that are kept decompressed: as many, but for one no more than so many bytes together. */
const KEPT_CHUNKS = 8;
const KEPT_BYTES = 2 ** 26;
/** What finds chunks, in a storage of its own, and what undoes their filters. */
export type ChunkParts = {
  readonly indexStorage: Storage;
  readonly index: ChunkIndex;
  readonly unfilter: Unfilter;
  readonly fill: Uint8Array | undefined;
};

/** Reads boxes out of chunks. */
export class ChunkReader {
  readonly #storage: Storage;
  /** Address of the index, for messages. */
  readonly #address: number;
  readonly #chunk: readonly number[];
  readonly #plainEdges: boolean;
  readonly #shape: readonly number[];
  readonly #itemBytes: number;
  readonly #indexStorage: Storage;
  readonly #index: ChunkIndex;
  readonly #unfilter: Unfilter;
  readonly #fill: Uint8Array | undefined;
  /** Chunks by their number, the oldest first; undefined where none was written. */
  readonly #kept = new Map<number, Uint8Array | undefined>();
  #keptBytes = 0;
  /** The highest number of a chunk that was read, and the bytes in the file of those on the way there. */
  #highest = -1;
  #stored = 0;

  constructor(
    storage: Storage,
    { address, chunk, plainEdges }: ChunkLayout,
    { shape }: Dataspace,
    itemBytes: number,
    parts: ChunkParts,
  ) {
    this.#storage = storage;
    this.#address = address;
    this.#chunk = chunk;
    this.#plainEdges = plainEdges;
    this.#shape = shape;
    this.#itemBytes = itemBytes;
    this.#indexStorage = parts.indexStorage;
    this.#index = parts.index;
    this.#unfilter = parts.unfilter;
    this.#fill = parts.fill;
  }

  /**
   * Reads a box.
   *
   * @param written - whether a chunk that was never written is a FormatError, instead of the fill value
   */
  async read(start: readonly number[], size: readonly number[], written: boolean): Promise<Uint8Array> {
    const chunk = this.#chunk;
    const out = filled(sizeOfBox(size) * this.#itemBytes, this.#fill);
    const first = start.map((at, axis) => Math.floor(at / chunk[axis]!));
    const last = start.map((at, axis) => Math.floor((at + size[axis]! - 1) / chunk[axis]!));
    const place = [...first];
    for (;;) {
      const data = await this.#at(place);
      if (data === undefined && written) {
        const at = place.map((n, axis) => n * chunk[axis]!).join(", ");
        this.#storage.fail(this.#address, `expected a chunk at ${at} that was written, got none`);
      }
      if (data !== undefined) {
        const origin = place.map((n, axis) => n * chunk[axis]!);
        const from = origin.map((at, axis) => Math.max(at, start[axis]!));
        const extent = from.map(
          (at, axis) => Math.min(origin[axis]! + chunk[axis]!, start[axis]! + size[axis]!) - at,
        );
        copyBox(
          { bytes: data, shape: chunk, start: from.map((at, axis) => at - origin[axis]!) },
          { bytes: out, shape: size, start: from.map((at, axis) => at - start[axis]!) },
          extent,
          this.#itemBytes,
        );
      }
      let axis = place.length - 1;
      while (axis >= 0 && place[axis] === last[axis]) {
        place[axis] = first[axis]!;
        axis--;
      }
      if (axis < 0) return out;
      place[axis]!++;
    }
  }

  /** The chunk at a place, from those kept or from the file. */
  async #at(place: readonly number[]): Promise<Uint8Array | undefined> {
    const number = place.reduce(
      (sum, n, axis) => sum * Math.ceil(this.#shape[axis]! / this.#chunk[axis]!) + n,
      0,
    );
    if (this.#kept.has(number)) return this.#kept.get(number);
    const data = await this.#load(place, number);
    this.#kept.set(number, data);
    this.#keptBytes += data?.length ?? 0;
    for (const [old, bytes] of this.#kept) {
      if (this.#kept.size <= KEPT_CHUNKS && (this.#keptBytes <= KEPT_BYTES || this.#kept.size === 1)) break;
      this.#kept.delete(old);
      this.#keptBytes -= bytes?.length ?? 0;
    }
    return data;
  }

  async #load(place: readonly number[], number: number): Promise<Uint8Array | undefined> {
    const before = this.#indexStorage.metadataBytes;
    const stored = await this.#index.find(place);
    // Only the way forward counts: what is read again is the reader's wish, not the file's.
    if (number <= this.#highest) this.#indexStorage.refund(this.#indexStorage.metadataBytes - before);
    if (stored === undefined) return undefined;
    if (number > this.#highest) {
      this.#highest = number;
      this.#stored += stored.bytes;
      // Chunks that share their bytes would multiply them.
      if (this.#stored > this.#storage.size) {
        this.#storage.fail(
          stored.address,
          `expected chunks of ${this.#storage.size} bytes together, got more`,
        );
      }
    }
    const packed = await this.#storage.bytes(stored.address, stored.bytes);
    const atEdge = place.some((n, axis) => (n + 1) * this.#chunk[axis]! > this.#shape[axis]!);
    const data = this.#plainEdges && atEdge ? packed : await this.#unfiltered(packed, stored);
    const needed = this.#bytesWithin(place);
    if (data.length < needed) {
      this.#storage.fail(stored.address, `expected a chunk of ${needed} bytes, got ${data.length}`);
    }
    return data;
  }

  async #unfiltered(packed: Uint8Array, { address, mask }: { address: number; mask: number }) {
    try {
      return await this.#unfilter(packed, mask);
    } catch (error) {
      if (error instanceof CompressionFault) this.#storage.fail(address, error.message);
      throw error;
    }
  }

  /** Bytes up to the last element of a chunk that is within the dataset: writers may leave out the rest. */
  #bytesWithin(place: readonly number[]): number {
    const last = place.map((n, axis) => {
      const size = this.#chunk[axis]!;
      return Math.min(size, this.#shape[axis]! - n * size) - 1;
    });
    return (last.reduce((sum, at, axis) => sum * this.#chunk[axis]! + at, 0) + 1) * this.#itemBytes;
  }
}

/** Bytes that hold a value of so many bytes again and again, or zeros. */
export function filled(length: number, fill: Uint8Array | undefined): Uint8Array {
  const bytes = new Uint8Array(length);
  if (fill !== undefined) for (let at = 0; at < length; at += fill.length) bytes.set(fill, at);
  return bytes;
}
