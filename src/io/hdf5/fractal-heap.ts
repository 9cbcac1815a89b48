/** Fractal heaps, where groups keep many links and objects many attributes (specification 3.0, III.G). */
import { log2 } from "./btree-v2.ts";
import type { Cursor } from "./cursor.ts";
import type { Storage } from "./storage.ts";

type Shape = {
  readonly blockOffsetBytes: number;
  readonly lengthBytes: number;
  readonly width: number;
  readonly startBytes: number;
  readonly maxDirectBytes: number;
  readonly maxDirectRows: number;
  readonly root: number;
  readonly rootRows: number;
};

const MAX_DEPTH = 16;
const MANAGED = 0;

/** A heap; its objects are found by their identifiers. */
export class FractalHeap {
  readonly #storage: Storage;
  readonly #shape: Shape;

  private constructor(storage: Storage, shape: Shape) {
    this.#storage = storage;
    this.#shape = shape;
  }

  /**
   * Reads the header of a heap.
   *
   * @throws FormatError if it is broken
   * @throws UnsupportedError if its blocks are filtered
   */
  static async open(storage: Storage, address: number): Promise<FractalHeap> {
    const { addressBytes, lengthBytes } = storage;
    const header = await storage.block(address, 22 + 12 * lengthBytes + 3 * addressBytes + 4, "FRHP");
    header.version("a fractal heap", 0);
    header.skip(2);
    const filterBytes = header.u16();
    if (filterBytes !== 0) storage.refuse("expected a heap without filters, got one with filters");
    header.verify(0, header.bytes.length - 4);
    header.skip(1);
    const maxManaged = header.u32();
    header.skip(10 * lengthBytes + 2 * addressBytes);
    const width = header.u16();
    const startBytes = header.length();
    const maxDirectBytes = header.length();
    const heapBits = header.u16();
    header.skip(2);
    const root = header.addressField();
    const rootRows = header.u16();
    const isPower = (n: number) => n >= 1 && 2 ** log2(n) === n;
    if (
      !isPower(width) ||
      !isPower(startBytes) ||
      !isPower(maxDirectBytes) ||
      maxDirectBytes < startBytes ||
      heapBits > 64
    ) {
      header.fail("expected a table of blocks that double in size, got another", address);
    }
    return new FractalHeap(storage, {
      blockOffsetBytes: Math.ceil(heapBits / 8),
      lengthBytes: Math.min(Math.ceil(log2(maxDirectBytes) / 8), Math.floor(log2(maxManaged) / 8) + 1),
      width,
      startBytes,
      maxDirectBytes,
      maxDirectRows: log2(maxDirectBytes) - log2(startBytes) + 2,
      root,
      rootRows,
    });
  }

  /**
   * The object that an identifier names.
   *
   * @throws FormatError if there is none
   * @throws UnsupportedError if it is stored outside of the blocks of the heap
   */
  async object(id: Cursor): Promise<Cursor> {
    const kind = (id.u8() >> 4) & 3;
    if (kind !== MANAGED) this.#storage.refuse("expected objects within the heap, got a huge or tiny one");
    const offset = id.uint(this.#shape.blockOffsetBytes);
    const length = id.uint(this.#shape.lengthBytes);
    const block = await this.#blockWith(offset, id);
    const within = offset - block.offset;
    const head = 5 + this.#storage.addressBytes + this.#shape.blockOffsetBytes;
    if (within < head || within + length > block.bytes) {
      id.fail(
        `expected an object within a block of ${block.bytes} bytes, got bytes ${within} to ${within + length}`,
      );
    }
    await this.#storage.block(block.address, 4, "FHDB");
    return this.#storage.cursor(block.address + within, length);
  }

  /** The direct block that holds an offset of the heap. */
  async #blockWith(offset: number, id: Cursor): Promise<{ address: number; offset: number; bytes: number }> {
    const { root, rootRows, startBytes, width, maxDirectRows } = this.#shape;
    if (rootRows === 0) return { address: root, offset: 0, bytes: startBytes };
    let [address, start, rows] = [root, 0, rootRows];
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      // Row 0 and row 1 have blocks of the first size; from there on they double.
      let row = 0;
      let rowStart = start;
      const bytesOf = (r: number) => (r === 0 ? startBytes : startBytes * 2 ** (r - 1));
      while (row < rows && offset >= rowStart + width * bytesOf(row)) rowStart += width * bytesOf(row++);
      if (row >= rows) id.fail(`expected an object within the heap, got one at ${offset}`);
      const column = Math.floor((offset - rowStart) / bytesOf(row));
      const child = await this.#child(address, row, column);
      const childStart = rowStart + column * bytesOf(row);
      if (row < maxDirectRows) return { address: child, offset: childStart, bytes: bytesOf(row) };
      [address, start, rows] = [child, childStart, log2(bytesOf(row)) - log2(startBytes * width) + 1];
    }
    return id.fail(`expected a heap at most ${MAX_DEPTH} blocks deep, got more`);
  }

  /** The address in an indirect block of the child at a row and column. */
  async #child(address: number, row: number, column: number): Promise<number> {
    const { addressBytes } = this.#storage;
    const head = 5 + addressBytes + this.#shape.blockOffsetBytes;
    const index = row * this.#shape.width + column;
    const block = await this.#storage.block(address, head + (index + 1) * addressBytes, "FHIB");
    block.version("an indirect block", 0);
    block.at = head + index * addressBytes;
    return block.addressField();
  }
}
