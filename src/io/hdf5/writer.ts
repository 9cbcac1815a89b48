/**
 * Writing HDF5 in the form of its first release, which every reader knows: superblock 0, symbol tables, B-trees of version 1
 * (specification 3.0). Data come first and what describes them last, so that nothing but the places of chunks is kept.
 */
import { zlibSync } from "fflate";
import { shuffle } from "./shuffle.ts";

const SUPERBLOCK_BYTES = 96;
/** Half the number of children of a node: of chunks, of a group, and half the number of names in a leaf of a group. */
const CHUNK_K = 32;
const GROUP_K = 16;
const LEAF_K = 4;
const NOWHERE = 2n ** 64n - 1n;
const DEFLATE_LEVEL = 4;

/** An integer type of elements. */
export type IntegerType = { readonly bytes: 1 | 2 | 4 | 8; readonly signed: boolean };

type Chunk = { readonly address: number; readonly bytes: number };

/** A dataset of one axis that grows by whole chunks; of the last, some elements may not count. */
export type ChunkedColumn = {
  readonly type: IntegerType;
  /** Elements of a chunk. */
  readonly chunk: number;
  readonly deflate: boolean;
  readonly chunks: Chunk[];
};

/** The writing of one file. What `take` returns is to be appended to the file, and `finish` to be put at its start. */
export class Hdf5Writer {
  #pieces: Uint8Array[] = [new Uint8Array(SUPERBLOCK_BYTES)];
  #end = SUPERBLOCK_BYTES;

  /** The bytes that are to be appended next. */
  take(): Uint8Array[] {
    return this.#pieces.splice(0);
  }

  /** Adds a chunk to a column: its elements, little-endian. */
  addChunk(column: ChunkedColumn, elements: Uint8Array): void {
    const { deflate, type } = column;
    const bytes = deflate ? zlibSync(shuffle(elements, type.bytes), { level: DEFLATE_LEVEL }) : elements;
    column.chunks.push({ address: this.#append(bytes), bytes: bytes.length });
  }

  /**
   * Writes what describes a column.
   *
   * @param length - how many elements count
   * @returns its address, for {@link group}
   */
  column(column: ChunkedColumn, length: number): number {
    const { type, chunk, deflate, chunks } = column;
    const tree = this.#chunkTree(chunks, chunk);
    const space = fields(8 + 8, (view) => {
      view.setUint8(0, 1);
      view.setUint8(1, 1);
      view.setBigUint64(8, BigInt(length), true);
    });
    const layout = fields(24, (view) => {
      view.setUint8(0, 3);
      view.setUint8(1, 2);
      view.setUint8(2, 2);
      view.setBigUint64(3, tree, true);
      view.setUint32(11, chunk, true);
      view.setUint32(15, type.bytes, true);
    });
    const messages: [number, Uint8Array][] = [
      [1, space],
      [3, integer(type)],
      // Space for chunks as they come, the fill value written where it is set, which it is not: zero.
      [5, Uint8Array.of(2, 3, 2, 1, 0, 0, 0, 0)],
      [8, layout],
    ];
    if (deflate) messages.push([11, filters(type.bytes)]);
    return this.#header(messages);
  }

  /** Writes a dataset of one number. */
  scalar(value: bigint, type: IntegerType): number {
    const layout = fields(16, (view) => {
      view.setUint8(0, 3);
      view.setUint16(2, type.bytes, true);
      view.setBigInt64(4, value, true);
    });
    return this.#header([
      [1, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0)],
      [3, integer(type)],
      [5, Uint8Array.of(2, 1, 2, 1, 0, 0, 0, 0)],
      [8, layout],
    ]);
  }

  /**
   * Writes a group of at most eight names.
   *
   * @param members - address of each member, by its name
   * @param attributes - numbers below 2^31 by their names
   * @returns its address
   */
  group(
    members: Readonly<Record<string, number>>,
    attributes: Readonly<Record<string, number>> = {},
  ): number {
    const names = Object.keys(members).sort();
    const offsets: number[] = [];
    let heapBytes = 8;
    for (const name of names) {
      offsets.push(heapBytes);
      heapBytes += (name.length + 8) & ~7;
    }
    const heap = this.#append(
      fields(32 + heapBytes, (view, text) => {
        text(0, "HEAP");
        view.setBigUint64(8, BigInt(heapBytes), true);
        // No free space within.
        view.setBigUint64(16, 1n, true);
        view.setBigUint64(24, BigInt(this.#end + 32), true);
        names.forEach((name, i) => text(32 + offsets[i]!, name));
      }),
    );
    const leaf = this.#append(
      fields(8 + 2 * LEAF_K * 40, (view, text) => {
        text(0, "SNOD");
        view.setUint8(4, 1);
        view.setUint16(6, names.length, true);
        names.forEach((name, i) => {
          view.setBigUint64(8 + 40 * i, BigInt(offsets[i]!), true);
          view.setBigUint64(16 + 40 * i, BigInt(members[name]!), true);
        });
      }),
    );
    const tree = this.#append(
      fields(24 + 2 * GROUP_K * 8 + (2 * GROUP_K + 1) * 8, (view, text) => {
        text(0, "TREE");
        view.setUint16(6, 1, true);
        view.setBigUint64(8, NOWHERE, true);
        view.setBigUint64(16, NOWHERE, true);
        view.setBigUint64(32, BigInt(leaf), true);
        view.setBigUint64(40, BigInt(offsets.at(-1) ?? 0), true);
      }),
    );
    const table = fields(16, (view) => {
      view.setBigUint64(0, BigInt(tree), true);
      view.setBigUint64(8, BigInt(heap), true);
    });
    const numbers = Object.entries(attributes).map(([name, value]): [number, Uint8Array] => [
      12,
      attribute(name, value),
    ]);
    return this.#header([[17, table], ...numbers]);
  }

  /** The superblock, which replaces the first bytes of the file; call it last. */
  finish(root: number): Uint8Array {
    return fields(SUPERBLOCK_BYTES, (view, text) => {
      text(0, "\x89HDF\r\n\x1a\n");
      view.setUint8(13, 8);
      view.setUint8(14, 8);
      view.setUint16(16, LEAF_K, true);
      view.setUint16(18, GROUP_K, true);
      view.setBigUint64(32, NOWHERE, true);
      view.setBigUint64(40, BigInt(this.#end), true);
      view.setBigUint64(48, NOWHERE, true);
      view.setBigUint64(64, BigInt(root), true);
    });
  }

  #append(bytes: Uint8Array): number {
    const address = this.#end;
    // Everything starts at a multiple of 8.
    const padding = -bytes.length & 7;
    this.#pieces.push(bytes);
    if (padding > 0) this.#pieces.push(new Uint8Array(padding));
    this.#end += bytes.length + padding;
    return address;
  }

  #header(messages: readonly [number, Uint8Array][]): number {
    const size = messages.reduce((sum, [, body]) => sum + 8 + body.length, 0);
    return this.#append(
      fields(16 + size, (view, _, bytes) => {
        view.setUint8(0, 1);
        view.setUint16(2, messages.length, true);
        view.setUint32(4, 1, true);
        view.setUint32(8, size, true);
        let at = 16;
        for (const [type, body] of messages) {
          view.setUint16(at, type, true);
          view.setUint16(at + 2, body.length, true);
          bytes.set(body, at + 8);
          at += 8 + body.length;
        }
      }),
    );
  }

  /** A B-tree over chunks, from its leaves up. */
  #chunkTree(chunks: readonly Chunk[], chunk: number): bigint {
    type Entry = { readonly first: number; readonly address: number; readonly bytes: number };
    if (chunks.length === 0) return NOWHERE;
    const end = chunks.length * chunk;
    let entries: Entry[] = chunks.map(({ address, bytes }, i) => ({ first: i * chunk, address, bytes }));
    const nodeBytes = 24 + 2 * CHUNK_K * 8 + (2 * CHUNK_K + 1) * 24;
    for (let level = 0; ; level++) {
      const nodes: Entry[][] = [];
      for (let i = 0; i < entries.length; i += 2 * CHUNK_K) nodes.push(entries.slice(i, i + 2 * CHUNK_K));
      const start = this.#end;
      entries = nodes.map((node, i) => {
        const address = this.#append(
          fields(nodeBytes, (view, text) => {
            text(0, "TREE");
            view.setUint8(4, 1);
            view.setUint8(5, level);
            view.setUint16(6, node.length, true);
            view.setBigUint64(8, i > 0 ? BigInt(start + (i - 1) * nodeBytes) : NOWHERE, true);
            view.setBigUint64(16, i + 1 < nodes.length ? BigInt(start + (i + 1) * nodeBytes) : NOWHERE, true);
            node.forEach((entry, k) => {
              view.setUint32(24 + 32 * k, entry.bytes, true);
              view.setBigUint64(32 + 32 * k, BigInt(entry.first), true);
              view.setBigUint64(48 + 32 * k, BigInt(entry.address), true);
            });
            const next = nodes[i + 1]?.[0]?.first ?? end;
            view.setBigUint64(32 + 32 * node.length, BigInt(next), true);
          }),
        );
        return { first: node[0]!.first, address, bytes: node[0]!.bytes };
      });
      if (entries.length === 1) return BigInt(entries[0]!.address);
    }
  }
}

/** A type message. */
function integer({ bytes, signed }: IntegerType): Uint8Array {
  return fields(16, (view) => {
    view.setUint8(0, 0x10);
    view.setUint8(1, signed ? 8 : 0);
    view.setUint32(4, bytes, true);
    view.setUint16(10, 8 * bytes, true);
  });
}

/** A list of filters: shuffle, then deflate. */
function filters(itemBytes: number): Uint8Array {
  return fields(8 + 16 + 16, (view) => {
    view.setUint8(0, 1);
    view.setUint8(1, 2);
    for (const [at, id, value] of [
      [8, 2, itemBytes],
      [24, 1, DEFLATE_LEVEL],
    ] as const) {
      view.setUint16(at, id, true);
      // A reader without the filter may not pass over it.
      view.setUint16(at + 4, 0, true);
      view.setUint16(at + 6, 1, true);
      view.setUint32(at + 8, value, true);
    }
  });
}

/** An attribute of one 32-bit integer. */
function attribute(name: string, value: number): Uint8Array {
  const nameBytes = (name.length + 8) & ~7;
  return fields(8 + nameBytes + 16 + 8 + 8, (view, text, bytes) => {
    view.setUint8(0, 1);
    view.setUint16(2, name.length + 1, true);
    view.setUint16(4, 12, true);
    view.setUint16(6, 8, true);
    text(8, name);
    bytes.set(integer({ bytes: 4, signed: true }), 8 + nameBytes);
    view.setUint8(8 + nameBytes + 16, 1);
    view.setInt32(8 + nameBytes + 24, value, true);
  });
}

/** Bytes that a function fills. */
function fields(
  length: number,
  fill: (view: DataView, text: (at: number, characters: string) => void, bytes: Uint8Array) => void,
): Uint8Array {
  const bytes = new Uint8Array(length);
  fill(
    new DataView(bytes.buffer),
    (at, characters) => {
      for (let i = 0; i < characters.length; i++) bytes[at + i] = characters.charCodeAt(i);
    },
    bytes,
  );
  return bytes;
}
