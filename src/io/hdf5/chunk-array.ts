/** Indices of chunks that are arrays: fixed and extensible (specification 3.0, VII.C and VII.D). */
import { log2 } from "./btree-v2.ts";
import type { ChunkIndex, StoredChunk } from "./chunk-index.ts";
import { type Cursor, NOWHERE } from "./cursor.ts";
import type { Storage } from "./storage.ts";

/** What an array needs to know of its dataset. */
export type ArrayOptions = {
  /** The number of a chunk in the array. */
  readonly number: (place: readonly number[]) => number;
  readonly chunkBytes: number;
  readonly filtered: boolean;
};

/** A run of elements that lie one after another: the number of the first, how many they are, and their bytes. */
type Run = { readonly first: number; readonly count: number; readonly items: Cursor };

/** A fixed or extensible array of chunks. The last run of elements is kept. */
export class ArrayIndex implements ChunkIndex {
  readonly #storage: Storage;
  readonly #address: number;
  readonly #kind: "fixed array" | "extensible array";
  readonly #options: ArrayOptions;
  readonly #itemBytes: number;
  #runs: ((number: number) => Promise<Run | undefined>) | undefined;
  #kept: Run | undefined;

  constructor(
    storage: Storage,
    address: number,
    kind: "fixed array" | "extensible array",
    options: ArrayOptions,
  ) {
    this.#storage = storage;
    this.#address = address;
    this.#kind = kind;
    this.#options = options;
    this.#itemBytes = storage.addressBytes + (options.filtered ? chunkSizeBytes(options.chunkBytes) + 4 : 0);
  }

  async find(place: readonly number[]): Promise<StoredChunk | undefined> {
    const { number, filtered, chunkBytes } = this.#options;
    const n = number(place);
    const kept = this.#kept;
    let run: Run | undefined;
    if (kept !== undefined && n >= kept.first && n < kept.first + kept.count) {
      run = kept;
    } else {
      this.#runs ??= await (this.#kind === "fixed array" ? this.#fixed() : this.#extensible());
      run = this.#kept = await this.#runs(n);
    }
    if (run === undefined) return undefined;
    const { items } = run;
    items.at = (n - run.first) * this.#itemBytes;
    const address = items.addressField();
    if (address === NOWHERE) return undefined;
    if (!filtered) return { address, bytes: chunkBytes, mask: 0 };
    return { address, bytes: items.uint(chunkSizeBytes(chunkBytes)), mask: items.u32() };
  }

  #checkHead(head: Cursor, address: number): void {
    head.version("an array of chunks", 0);
    const client = head.u8();
    const itemBytes = head.u8();
    if (client !== (this.#options.filtered ? 1 : 0) || itemBytes !== this.#itemBytes) {
      head.fail(
        `expected elements of ${this.#itemBytes} bytes, got ${itemBytes} (client ${client})`,
        address,
      );
    }
  }

  async #fixed(): Promise<(n: number) => Promise<Run | undefined>> {
    const storage = this.#storage;
    const { addressBytes, lengthBytes } = storage;
    const header = await storage.checkedBlock(this.#address, 12 + lengthBytes + addressBytes, "FAHD");
    this.#checkHead(header, this.#address);
    const pageBits = header.u8();
    const count = header.length();
    const block = header.addressField();
    const pageCount = 2 ** pageBits;
    const prefix = 6 + addressBytes;
    return async (n) => {
      if (block === NOWHERE) return undefined;
      if (n >= count) storage.fail(this.#address, `expected chunk ${n} of less than ${count}, got none`);
      if (count <= pageCount) return this.#run(block, "FADB", prefix, 0, count);
      const pages = Math.ceil(count / pageCount);
      return this.#page(block, prefix, { first: 0, pages, pageCount, count }, n);
    };
  }

  /** Elements within a block that has a signature, a head and a checksum. */
  async #run(address: number, signature: string, head: number, first: number, count: number): Promise<Run> {
    const length = head + count * this.#itemBytes + 4;
    const block = await this.#storage.checkedBlock(address, length, signature);
    block.at = head;
    return { first, count, items: block.part(count * this.#itemBytes) };
  }

  /** The page that holds an element: pages follow a head with a bit for each page that was written, and a checksum. */
  async #page(
    address: number,
    head: number,
    { first, pages, pageCount, count, written }: Pages,
    n: number,
  ): Promise<Run | undefined> {
    const storage = this.#storage;
    const page = Math.floor((n - first) / pageCount);
    const bitmapBytes = written === undefined ? Math.ceil(pages / 8) : 0;
    const { bits, start } = written ?? { bits: await storage.bytes(address + head, bitmapBytes), start: 0 };
    const bit = start + page;
    if ((bits[bit >> 3]! & (0x80 >> (bit & 7))) === 0) return undefined;
    const here = Math.min(pageCount, count - page * pageCount);
    const at = address + head + bitmapBytes + 4 + page * (pageCount * this.#itemBytes + 4);
    const cursor = await storage.cursor(at, here * this.#itemBytes + 4);
    cursor.verify(0, here * this.#itemBytes);
    return { first: first + page * pageCount, count: here, items: cursor.part(here * this.#itemBytes) };
  }

  async #extensible(): Promise<(n: number) => Promise<Run | undefined>> {
    const storage = this.#storage;
    const { addressBytes, lengthBytes } = storage;
    const header = await storage.checkedBlock(this.#address, 16 + 6 * lengthBytes + addressBytes, "EAHD");
    this.#checkHead(header, this.#address);
    const maxBits = header.u8();
    const inIndex = header.u8();
    const least = header.u8();
    const leastPointers = header.u8();
    const pageBits = header.u8();
    header.skip(6 * lengthBytes);
    const indexBlock = header.addressField();
    const isPower = (k: number) => k >= 1 && 2 ** log2(k) === k;
    if (!isPower(least) || !isPower(leastPointers) || maxBits > 64 || pageBits > 32) {
      header.fail("expected an array whose blocks double in size, got another", this.#address);
    }
    if (indexBlock === NOWHERE) return () => Promise.resolve(undefined);
    const offsetBytes = Math.ceil(maxBits / 8);
    const head = 6 + addressBytes;
    // The index block holds elements, then blocks of the first super blocks, then the other super blocks.
    const direct = 2 * (leastPointers - 1);
    const directSupers = 2 * log2(leastPointers);
    const supers = Math.max(0, 1 + maxBits - log2(least) - directSupers);
    const itemsBytes = inIndex * this.#itemBytes;
    const index = await storage.checkedBlock(
      indexBlock,
      head + itemsBytes + (direct + supers) * addressBytes + 4,
      "EAIB",
    );
    index.at = head;
    const start: Run = { first: 0, count: inIndex, items: index.part(itemsBytes) };
    const pointer = (i: number): number => {
      index.at = head + itemsBytes + i * addressBytes;
      return index.addressField();
    };
    const pageCount = 2 ** pageBits;
    const inBlock = (block: number, first: number, count: number, n: number, written: Bits) => {
      const blockHead = head + offsetBytes;
      if (count <= pageCount) return this.#run(block, "EADB", blockHead, first, count);
      return this.#page(block, blockHead, { first, pages: count / pageCount, pageCount, count, written }, n);
    };

    let lastSuper: { readonly address: number; readonly body: Cursor } | undefined;
    return async (n) => {
      if (n < inIndex) return start;
      const { s, first, which, blocks, perBlock, firstBlock } = placeOf(n - inIndex, least);
      if (s < directSupers) {
        const block = pointer(firstBlock + which);
        return block === NOWHERE ? undefined : inBlock(block, inIndex + first, perBlock, n, ALL_PAGES);
      }
      if (s - directSupers >= supers) return undefined;
      const superBlock = pointer(direct + s - directSupers);
      if (superBlock === NOWHERE) return undefined;
      // Bits of pages follow each other from block to block, though there are whole bytes for each block.
      const pages = perBlock > pageCount ? perBlock / pageCount : 0;
      const bitmapBytes = Math.ceil(pages / 8);
      const bitmaps = head + offsetBytes;
      const pointers = bitmaps + blocks * bitmapBytes;
      if (lastSuper?.address !== superBlock) {
        const length = pointers + blocks * addressBytes + 4;
        lastSuper = { address: superBlock, body: await storage.checkedBlock(superBlock, length, "EASB") };
      }
      const { body } = lastSuper;
      body.at = bitmaps;
      const bits = body.take(blocks * bitmapBytes);
      body.at = pointers + which * addressBytes;
      const block = body.addressField();
      return block === NOWHERE
        ? undefined
        : inBlock(block, inIndex + first, perBlock, n, { bits, start: which * pages });
    };
  }
}

/**
 * Where element `n` of those beyond the index block is: super block s has 2^⌊s/2⌋ blocks of 2^⌈s/2⌉ times the least
 * number of elements.
 */
function placeOf(n: number, least: number) {
  const s = log2(Math.floor(n / least) + 1);
  let [start, firstBlock] = [0, 0];
  for (let k = 0; k < s; k++) {
    start += 2 ** k * least;
    firstBlock += 2 ** Math.floor(k / 2);
  }
  const perBlock = 2 ** Math.ceil(s / 2) * least;
  const which = Math.floor((n - start) / perBlock);
  return { s, first: start + which * perBlock, which, blocks: 2 ** Math.floor(s / 2), perBlock, firstBlock };
}

/** A bit for each page, the highest of a byte first, from bit `start` on. */
type Bits = { readonly bits: Uint8Array; readonly start: number };

type Pages = {
  readonly first: number;
  readonly pages: number;
  readonly pageCount: number;
  readonly count: number;
  /** Which pages were written, where the head of the block does not say. */
  readonly written?: Bits;
};

/** Blocks that the index block leads to are too small for pages; if they had some, all would be there. */
const ALL_PAGES: Bits = { bits: new Uint8Array(64).fill(255), start: 0 };

/** Bytes of the size of a filtered chunk in an index: enough for the chunk to grow. */
function chunkSizeBytes(chunkBytes: number): number {
  return Math.min(8, 1 + Math.floor((log2(chunkBytes) + 8) / 8));
}
