/** B-trees of version 2 (specification 3.0, III.A.2). */
import { type Cursor, NOWHERE } from "./cursor.ts";
import type { Storage } from "./storage.ts";

const MAX_DEPTH = 32;
/** Signature, version, type and checksum of a node. */
const NODE_OVERHEAD = 10;

/** What a header says of its tree. */
export type Tree = {
  readonly storage: Storage;
  readonly type: number;
  readonly nodeBytes: number;
  readonly recordBytes: number;
  readonly depth: number;
  readonly root: number;
  readonly rootCount: number;
  /** Bytes of the number of records in a child, and of that in all below a child, by depth. */
  readonly countBytes: number;
  readonly totalBytes: readonly number[];
};

/** A node: its records, and in an inner one the children between them. */
export type TreeNode = {
  readonly records: readonly Cursor[];
  readonly children: readonly { readonly address: number; readonly count: number }[];
};

/**
 * Reads the header of a tree.
 *
 * @throws FormatError if it is broken or not of that type
 */
export async function openTree(storage: Storage, address: number, ...types: number[]): Promise<Tree> {
  const header = await storage.checkedBlock(address, 22 + storage.addressBytes + storage.lengthBytes, "BTHD");
  header.version("a B-tree", 0);
  const type = header.u8();
  if (!types.includes(type))
    header.fail(`expected a B-tree of type ${types.join(", ")}, got ${type}`, address);
  const nodeBytes = header.u32();
  const recordBytes = header.u16();
  const depth = header.u16();
  header.skip(2);
  const root = header.addressField();
  const rootCount = header.u16();
  if (depth > MAX_DEPTH || recordBytes === 0 || nodeBytes < NODE_OVERHEAD + recordBytes) {
    header.fail(`expected a tree of depth 0 to ${MAX_DEPTH} with a record in a node, got another`, address);
  }
  // How many bytes a count takes follows from how many records fit into the nodes of each depth.
  const inLeaf = Math.floor((nodeBytes - NODE_OVERHEAD) / recordBytes);
  const countBytes = bytesFor(inLeaf);
  const totalBytes = [0];
  let most = inLeaf;
  for (let level = 1; level <= depth; level++) {
    const pointer = storage.addressBytes + countBytes + totalBytes[level - 1]!;
    const records = Math.floor((nodeBytes - NODE_OVERHEAD - pointer) / (recordBytes + pointer));
    most = (records + 1) * most + records;
    totalBytes.push(bytesFor(most));
  }
  return { storage, type, nodeBytes, recordBytes, depth, root, rootCount, countBytes, totalBytes };
}

function bytesFor(most: number): number {
  return Math.floor(Math.floor(log2(most)) / 8) + 1;
}

/** The floor of the binary logarithm, exact. */
export function log2(n: number): number {
  let bits = 0;
  for (let left = n; left >= 2; left /= 2) bits++;
  return bits;
}

/** Reads a node: of the depth `level`, with `count` records. */
export async function readNode(tree: Tree, address: number, count: number, level: number): Promise<TreeNode> {
  const { storage, recordBytes, countBytes, totalBytes } = tree;
  const pointer = storage.addressBytes + countBytes + (level > 1 ? totalBytes[level - 1]! : 0);
  const length = NODE_OVERHEAD + count * recordBytes + (level > 0 ? (count + 1) * pointer : 0);
  const node = await storage.checkedBlock(address, length, level > 0 ? "BTIN" : "BTLF");
  node.version("a node of a B-tree", 0);
  const type = node.u8();
  if (type !== tree.type) node.fail(`expected a node of type ${tree.type}, got ${type}`, address);
  const records = Array.from({ length: count }, () => node.part(recordBytes));
  const children = Array.from({ length: level > 0 ? count + 1 : 0 }, () => {
    const child = { address: node.addressField(), count: node.uint(countBytes) };
    if (level > 1) node.skip(totalBytes[level - 1]!);
    return child;
  });
  return { records, children };
}

/**
 * All records of a tree in their order.
 *
 * @throws FormatError if the tree is broken or has more than `most` records
 */
export async function* readRecords(
  storage: Storage,
  address: number,
  type: number,
  most: number,
): AsyncGenerator<Cursor> {
  const tree = await openTree(storage, address, type);
  if (tree.root === NOWHERE) return;
  const seen = new Set<number>();
  let left = most;
  async function* walk(at: number, count: number, level: number): AsyncGenerator<Cursor> {
    if (seen.has(at)) storage.fail(at, "expected a tree, got a node that is its own descendant");
    seen.add(at);
    const { records, children } = await readNode(tree, at, count, level);
    left -= records.length;
    if (left < 0) storage.fail(at, `expected at most ${most} records, got more`);
    for (let i = 0; i <= records.length; i++) {
      const child = children[i];
      if (child !== undefined) yield* walk(child.address, child.count, level - 1);
      if (i < records.length) yield records[i]!;
    }
  }
  yield* walk(tree.root, tree.rootCount, tree.depth);
}
