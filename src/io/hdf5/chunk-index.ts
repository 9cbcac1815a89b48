/** Where chunks are: the indices of them (specification 3.0, III.A.1, III.A.2, VII). */
import { openTree, readNode, type Tree, type TreeNode } from "./btree-v2.ts";
import { ArrayIndex } from "./chunk-array.ts";
import { NOWHERE } from "./cursor.ts";
import type { Dataspace } from "./dataspace.ts";
import type { ChunkLayout } from "./layout.ts";
import type { Storage } from "./storage.ts";

/** A chunk in the file: its bytes there, and which filters were left out (bit i for filter i). */
export type StoredChunk = { readonly address: number; readonly bytes: number; readonly mask: number };

/** Finds chunks by their place in the grid of chunks. */
export interface ChunkIndex {
  /**
   * The chunk at a place; undefined if none was written.
   *
   * @param place - number of the chunk along each axis
   * @throws FormatError if the index is broken
   */
  find(place: readonly number[]): Promise<StoredChunk | undefined>;
}

/**
 * The index of a chunked dataset.
 *
 * @param chunkBytes - bytes of a chunk before filters
 * @param filtered - whether the dataset has filters
 */
export function chunkIndex(
  storage: Storage,
  layout: ChunkLayout,
  space: Dataspace,
  chunkBytes: number,
  filtered: boolean,
): ChunkIndex {
  const { address, index, chunk } = layout;
  if (address === NOWHERE) return { find: () => Promise.resolve(undefined) };
  const plain = (at: number) => ({ address: at, bytes: chunkBytes, mask: 0 });
  switch (index.kind) {
    case "single": {
      const stored = index.filtered === undefined ? plain(address) : { address, ...index.filtered };
      return { find: () => Promise.resolve(stored) };
    }
    case "implicit": {
      const number = linear(layout, space);
      return { find: (place) => Promise.resolve(plain(address + number(place) * chunkBytes)) };
    }
    case "fixed array":
    case "extensible array":
      return new ArrayIndex(storage, address, index.kind, {
        number: linear(layout, space),
        chunkBytes,
        filtered,
      });
    case "b-tree 1":
      return new Tree1Index(storage, address, chunk);
    case "b-tree 2":
      return new Tree2Index(storage, address, chunkBytes);
  }
}

/** The number of a chunk in arrays: row-major over the most chunks there may be, an unlimited axis first. */
function linear({ chunk }: ChunkLayout, { maxShape }: Dataspace): (place: readonly number[]) => number {
  const axes = chunk.map((_, axis) => axis);
  const endless = maxShape.indexOf(Infinity);
  if (endless > 0) axes.unshift(...axes.splice(endless, 1));
  const counts = chunk.map((size, axis) => Math.ceil(maxShape[axis]! / size));
  return (place) =>
    axes.reduce((sum, axis, i) => (i === 0 ? place[axis]! : sum * counts[axis]! + place[axis]!), 0);
}

const MAX_LEVELS = 32;

/** The entries of a node in their order. */
type Keys = { readonly keys: readonly (readonly number[])[]; readonly chunks: readonly StoredChunk[] };

/** A B-tree of version 1: each key is the first element of a chunk. The last node of each level is kept. */
class Tree1Index implements ChunkIndex {
  readonly #storage: Storage;
  readonly #root: number;
  readonly #chunk: readonly number[];
  readonly #kept: { address: number; level: number; node: Keys }[] = [];

  constructor(storage: Storage, root: number, chunk: readonly number[]) {
    this.#storage = storage;
    this.#root = root;
    this.#chunk = chunk;
  }

  async find(place: readonly number[]): Promise<StoredChunk | undefined> {
    const wanted = place.map((n, axis) => n * this.#chunk[axis]!);
    let address = this.#root;
    let level: number | undefined;
    for (let depth = 0; ; depth++) {
      const { node, level: found } = await this.#node(depth, address);
      if (found > MAX_LEVELS || (level !== undefined && found !== level)) {
        this.#storage.fail(address, `expected a node of level ${level ?? "0 to 32"}, got ${found}`);
      }
      const at = lastNotAfter(node.keys, wanted);
      if (at < 0) return undefined;
      const chunk = node.chunks[at]!;
      if (found === 0) return compare(node.keys[at]!, wanted) === 0 ? chunk : undefined;
      address = chunk.address;
      level = found - 1;
    }
  }

  async #node(depth: number, address: number): Promise<{ level: number; node: Keys }> {
    const kept = this.#kept[depth];
    if (kept?.address === address) return kept;
    const storage = this.#storage;
    const start = await storage.block(address, 8, "TREE");
    const type = start.u8();
    const level = start.u8();
    const count = start.u16();
    if (type !== 1) start.fail(`expected a node of chunks, got one of type ${type}`, address);
    const keyBytes = 8 + 8 * (this.#chunk.length + 1);
    const entries = await storage.cursor(
      address + 8 + 2 * storage.addressBytes,
      count * (keyBytes + storage.addressBytes),
    );
    const keys: number[][] = [];
    const chunks: StoredChunk[] = [];
    for (let i = 0; i < count; i++) {
      const [bytes, mask] = [entries.u32(), entries.u32()];
      keys.push(this.#chunk.map(() => entries.uint(8)));
      entries.skip(8);
      chunks.push({ address: entries.addressField(), bytes, mask });
    }
    const node = { address, level, node: { keys, chunks } };
    this.#kept[depth] = node;
    return node;
  }
}

const PLAIN_CHUNKS = 10;
const FILTERED_CHUNKS = 11;

/** A B-tree of version 2, for datasets that may grow along several axes. The last node of each level is kept. */
class Tree2Index implements ChunkIndex {
  readonly #storage: Storage;
  readonly #address: number;
  readonly #chunkBytes: number;
  #tree: Tree | undefined;
  readonly #kept: { address: number; node: TreeNode; records: Keys }[] = [];

  constructor(storage: Storage, address: number, chunkBytes: number) {
    this.#storage = storage;
    this.#address = address;
    this.#chunkBytes = chunkBytes;
  }

  async find(place: readonly number[]): Promise<StoredChunk | undefined> {
    this.#tree ??= await openTree(this.#storage, this.#address, PLAIN_CHUNKS, FILTERED_CHUNKS);
    const tree = this.#tree;
    if (tree.root === NOWHERE) return undefined;
    let [address, count] = [tree.root, tree.rootCount];
    for (let level = tree.depth; level >= 0; level--) {
      const { node, records } = await this.#node(tree, address, count, level, place.length);
      const at = lastNotAfter(records.keys, place);
      if (at >= 0 && compare(records.keys[at]!, place) === 0) return records.chunks[at];
      const child = node.children[at + 1];
      if (child === undefined) return undefined;
      ({ address, count } = child);
    }
    return undefined;
  }

  async #node(tree: Tree, address: number, count: number, level: number, rank: number) {
    const kept = this.#kept[level];
    if (kept?.address === address) return kept;
    const node = await readNode(tree, address, count, level);
    const filtered = tree.type === FILTERED_CHUNKS;
    const sizeBytes = tree.recordBytes - this.#storage.addressBytes - 4 - 8 * rank;
    const keys: number[][] = [];
    const chunks: StoredChunk[] = [];
    for (const record of node.records) {
      const at = record.addressField();
      if (filtered && (sizeBytes < 1 || sizeBytes > 8)) {
        record.fail(`expected a size of 1 to 8 bytes in a record, got ${sizeBytes}`);
      }
      const bytes = filtered ? record.uint(sizeBytes) : this.#chunkBytes;
      const mask = filtered ? record.u32() : 0;
      keys.push(Array.from({ length: rank }, () => record.uint(8)));
      chunks.push({ address: at, bytes, mask });
    }
    const read = { address, node, records: { keys, chunks } };
    this.#kept[level] = read;
    return read;
  }
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < b.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
  return 0;
}

/** Index of the last key that does not come after a place, or -1. */
function lastNotAfter(keys: readonly (readonly number[])[], place: readonly number[]): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(keys[middle]!, place) <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
