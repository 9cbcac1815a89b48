/** Object headers: the messages that describe a group, a dataset or a named type (specification 3.0, IV.A). */
import type { Cursor } from "./cursor.ts";
import type { Storage } from "./storage.ts";

/** Types of messages that are read. */
export const MESSAGE = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  oldFillValue: 0x04,
  fillValue: 0x05,
  link: 0x06,
  externalFiles: 0x07,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

/** One message: its type and its content. */
export type Message = { readonly type: number; readonly shared: boolean; readonly body: Cursor };

/** Blocks that a header may be spread over. */
const MAX_BLOCKS = 1000;
const SHARED = 2;

/**
 * All messages of an object, continued blocks included.
 *
 * @param address - of the object header
 * @throws FormatError if it is broken, or its blocks go round in a circle
 */
export async function readMessages(storage: Storage, address: number): Promise<Message[]> {
  const start = await storage.bytes(address, 4);
  const isNew = String.fromCharCode(...start) === "OHDR";
  const blocks: Cursor[] = [];
  let messageHead: (body: Cursor) => Message;
  if (isNew) {
    const { first, ordered } = await firstOfVersion2(storage, address);
    blocks.push(first);
    messageHead = (cursor) => messageOfVersion2(cursor, ordered);
  } else {
    blocks.push(await firstOfVersion1(storage, address));
    messageHead = messageOfVersion1;
  }
  const smallest = isNew ? 4 : 8;
  const messages: Message[] = [];
  const seen = new Set<number>([address]);
  for (const block of blocks) {
    while (block.left >= smallest) {
      const message = messageHead(block);
      if (message.type !== MESSAGE.continuation) {
        messages.push(message);
        continue;
      }
      const at = message.body.addressField();
      const length = message.body.length();
      if (seen.has(at)) message.body.fail(`expected a new block of the header, got that at ${at} again`);
      seen.add(at);
      if (blocks.length >= MAX_BLOCKS) {
        message.body.fail(`expected a header of at most ${MAX_BLOCKS} blocks, got more`);
      }
      blocks.push(isNew ? await nextOfVersion2(storage, at, length) : await storage.cursor(at, length));
    }
  }
  return messages;
}

/** The first message of a type, or undefined. */
export function findMessage(messages: readonly Message[], type: number): Message | undefined {
  return messages.find((message) => message.type === type);
}

/**
 * The content of a message that may be shared: kept by another object and referred to.
 *
 * @throws UnsupportedError if it is kept in a heap of shared messages
 */
export async function contentOf(storage: Storage, { type, shared, body }: Message): Promise<Cursor> {
  if (!shared) return body;
  const version = body.version("a shared message", 1, 2, 3);
  const kind = body.u8();
  if (version === 3 && kind === 1)
    storage.refuse("expected messages of their own, got a table of shared ones");
  if (version === 1) body.skip(6);
  const address = body.addressField();
  const message = findMessage(await readMessages(storage, address), type);
  if (message === undefined || message.shared) {
    return storage.fail(address, `expected an object with message ${type}, got none`);
  }
  return message.body;
}

async function firstOfVersion1(storage: Storage, address: number): Promise<Cursor> {
  const prefix = await storage.cursor(address, 16);
  prefix.version("the object header", 1);
  prefix.skip(7);
  return storage.cursor(address + 16, prefix.u32());
}

function messageOfVersion1(block: Cursor): Message {
  const type = block.u16();
  const size = block.u16();
  const shared = (block.u8() & SHARED) !== 0;
  block.skip(3);
  return { type, shared, body: block.part(size) };
}

async function firstOfVersion2(
  storage: Storage,
  address: number,
): Promise<{ first: Cursor; ordered: boolean }> {
  const start = await storage.cursor(address, 6);
  start.skip(4);
  start.version("the object header", 2);
  const flags = start.u8();
  const before = 6 + ((flags & 0x20) !== 0 ? 16 : 0) + ((flags & 0x10) !== 0 ? 4 : 0);
  const sizeBytes = 1 << (flags & 3);
  const prefix = await storage.cursor(address, before + sizeBytes);
  prefix.skip(before);
  const size = prefix.uint(sizeBytes);
  const whole = await storage.cursor(address, prefix.at + size + 4);
  whole.verify(0, prefix.at + size);
  whole.skip(prefix.at);
  return { first: whole.part(size), ordered: (flags & 4) !== 0 };
}

async function nextOfVersion2(storage: Storage, address: number, length: number): Promise<Cursor> {
  if (length < 8) storage.fail(address, `expected a block of 8 bytes or more, got ${length}`);
  const block = await storage.checkedBlock(address, length, "OCHK");
  return block.part(length - 8);
}

function messageOfVersion2(block: Cursor, ordered: boolean): Message {
  const type = block.u8();
  const size = block.u16();
  const shared = (block.u8() & SHARED) !== 0;
  if (ordered) block.skip(2);
  return { type, shared, body: block.part(size) };
}
