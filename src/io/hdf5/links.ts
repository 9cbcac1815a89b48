/** The links of a group: its names and where they lead (specification 3.0, III.A, III.D and IV.A.2.g). */
import { readRecords } from "./btree-v2.ts";
import { type Cursor, decodeText, NOWHERE } from "./cursor.ts";
import { FractalHeap } from "./fractal-heap.ts";
import { contentOf, findMessage, MESSAGE, type Message } from "./object-header.ts";
import type { Storage } from "./storage.ts";

/** Where a name leads: to an object of the file, to a path, or out of the file. */
export type Link =
  | { readonly kind: "hard"; readonly address: number }
  | { readonly kind: "soft"; readonly path: string }
  | { readonly kind: "foreign" };

/** Links that a group may have. */
const MAX_LINKS = 100_000;
const MAX_LEVELS = 32;
const NAME_RECORDS = 5;

/**
 * The links of a group, whichever way it keeps them; none if the object is no group.
 *
 * @throws FormatError if they are broken
 */
export async function readLinks(
  storage: Storage,
  messages: readonly Message[],
): Promise<ReadonlyMap<string, Link>> {
  const links = new Map<string, Link>();
  const add = (name: string, link: Link, at: number): void => {
    if (links.size >= MAX_LINKS) storage.fail(at, `expected a group of at most ${MAX_LINKS} links, got more`);
    if (links.has(name)) storage.fail(at, `expected unique names, got ${JSON.stringify(name)} twice`);
    links.set(name, link);
  };
  const table = findMessage(messages, MESSAGE.symbolTable);
  if (table !== undefined) {
    const body = await contentOf(storage, table);
    await readSymbolTable(storage, body.addressField(), body.addressField(), add);
  }
  for (const message of messages) {
    if (message.type === MESSAGE.link) addLink(await contentOf(storage, message), add);
  }
  const info = findMessage(messages, MESSAGE.linkInfo);
  if (info !== undefined) await readDenseLinks(storage, await contentOf(storage, info), add);
  return links;
}

/** Whether an object is a group. */
export function isGroup(messages: readonly Message[]): boolean {
  return messages.some(({ type }) => type === MESSAGE.symbolTable || type === MESSAGE.linkInfo);
}

type Add = (name: string, link: Link, at: number) => void;

/** A B-tree of version 1 over names, whose leaves are symbol table nodes; the names are in a local heap. */
async function readSymbolTable(storage: Storage, tree: number, heap: number, add: Add): Promise<void> {
  const { addressBytes, lengthBytes } = storage;
  const head = await storage.block(heap, 8 + 2 * lengthBytes + addressBytes, "HEAP");
  head.version("a local heap", 0);
  head.skip(3);
  const heapBytes = head.length();
  head.length();
  const names = await storage.bytes(head.addressField(), heapBytes);
  const nameAt = (offset: number, at: number): string => {
    const end = names.indexOf(0, offset);
    if (offset >= names.length || end < 0) {
      storage.fail(at, `expected a name within ${names.length} bytes, got one at ${offset}`);
    }
    return decodeText(names.subarray(offset, end));
  };

  const readSymbols = async (address: number): Promise<void> => {
    const start = await storage.block(address, 8, "SNOD");
    start.version("a symbol table node", 1);
    start.skip(1);
    const count = start.u16();
    const entries = await storage.cursor(address + 8, count * (2 * addressBytes + 24));
    for (let i = 0; i < count; i++) {
      const at = entries.address;
      const name = nameAt(entries.uint(addressBytes), at);
      const object = entries.addressField();
      const cached = entries.u32();
      entries.skip(4);
      const scratch = entries.part(16);
      const isSoft = cached === 2;
      add(
        name,
        isSoft ? { kind: "soft", path: nameAt(scratch.u32(), at) } : { kind: "hard", address: object },
        at,
      );
    }
  };

  const seen = new Set<number>();
  const descend = async (address: number, level: number | undefined): Promise<void> => {
    if (seen.has(address)) storage.fail(address, "expected a tree, got a node that is its own descendant");
    seen.add(address);
    const start = await storage.block(address, 8, "TREE");
    const type = start.u8();
    const depth = start.u8();
    const count = start.u16();
    if (type !== 0) start.fail(`expected a node of a group, got one of type ${type}`, address);
    if (depth > MAX_LEVELS || (level !== undefined && depth !== level)) {
      start.fail(`expected a node of level ${level ?? `0 to ${MAX_LEVELS}`}, got ${depth}`, address);
    }
    const children = await storage.cursor(
      address + 8 + 2 * addressBytes,
      count * (lengthBytes + addressBytes),
    );
    for (let i = 0; i < count; i++) {
      children.skip(lengthBytes);
      const child = children.addressField();
      if (depth === 0) await readSymbols(child);
      else await descend(child, depth - 1);
    }
  };
  await descend(tree, undefined);
}

const SOFT = 1;

/** A link message. */
function addLink(body: Cursor, add: Add): void {
  const at = body.address;
  body.version("a link", 1);
  const flags = body.u8();
  const type = (flags & 8) !== 0 ? body.u8() : 0;
  if ((flags & 4) !== 0) body.skip(8);
  if ((flags & 16) !== 0) body.skip(1);
  const name = decodeText(body.take(body.uint(1 << (flags & 3))));
  if (type === 0) add(name, { kind: "hard", address: body.addressField() }, at);
  else if (type === SOFT) add(name, { kind: "soft", path: decodeText(body.take(body.u16())) }, at);
  else add(name, { kind: "foreign" }, at);
}

/** Links kept in a fractal heap and found through a B-tree of version 2. */
async function readDenseLinks(storage: Storage, info: Cursor, add: Add): Promise<void> {
  info.version("link information", 0);
  if ((info.u8() & 1) !== 0) info.skip(8);
  const heapAddress = info.addressField();
  const tree = info.addressField();
  if (heapAddress === NOWHERE || tree === NOWHERE) return;
  const heap = await FractalHeap.open(storage, heapAddress);
  for await (const record of readRecords(storage, tree, NAME_RECORDS, MAX_LINKS)) {
    record.skip(4);
    addLink(await heap.object(record.part(record.left)), add);
  }
}
