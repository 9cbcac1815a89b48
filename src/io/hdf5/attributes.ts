/** Attributes (specification 3.0, IV.A.2.m). */
import { readRecords } from "./btree-v2.ts";
import { type Cursor, decodeText, NOWHERE } from "./cursor.ts";
import { type Dataspace, parseDataspace } from "./dataspace.ts";
import { type Datatype, parseDatatype } from "./datatype.ts";
import { FractalHeap } from "./fractal-heap.ts";
import { contentOf, findMessage, MESSAGE, type Message } from "./object-header.ts";
import type { Storage } from "./storage.ts";
import { numbersOf } from "./values.ts";

/** What an attribute may hold: a number or a text, or several; undefined for what is not read, such as references. */
export type AttributeValue = number | string | readonly number[] | readonly string[] | undefined;

/** Attributes, and values of one, that an object may have. */
const MAX_COUNT = 100_000;
/** Texts of any length in one attribute: each is sought in a heap. */
const MAX_TEXTS = 100;
const NAME_RECORDS = 8;

/**
 * The attributes of an object.
 *
 * @throws FormatError if one is broken
 */
export async function readAttributes(
  storage: Storage,
  messages: readonly Message[],
): Promise<ReadonlyMap<string, AttributeValue>> {
  const attributes = new Map<string, AttributeValue>();
  for (const message of messages) {
    if (message.type !== MESSAGE.attribute) continue;
    const [name, value] = await readAttribute(storage, await contentOf(storage, message));
    attributes.set(name, value);
  }
  const info = findMessage(messages, MESSAGE.attributeInfo);
  if (info === undefined) return attributes;
  const body = await contentOf(storage, info);
  body.version("attribute information", 0);
  if ((body.u8() & 1) !== 0) body.skip(2);
  const heapAddress = body.addressField();
  const tree = body.addressField();
  if (heapAddress === NOWHERE || tree === NOWHERE) return attributes;
  const heap = await FractalHeap.open(storage, heapAddress);
  for await (const record of readRecords(storage, tree, NAME_RECORDS, MAX_COUNT)) {
    const [name, value] = await readAttribute(storage, await heap.object(record.part(record.left)));
    attributes.set(name, value);
  }
  return attributes;
}

async function readAttribute(storage: Storage, body: Cursor): Promise<[string, AttributeValue]> {
  const version = body.version("an attribute", 1, 2, 3);
  const flags = body.u8();
  const [nameBytes, typeBytes, spaceBytes] = [body.u16(), body.u16(), body.u16()];
  if (version === 3) body.skip(1);
  const padded = (bytes: number) => (version === 1 ? (bytes + 7) & ~7 : bytes);
  const field = (bytes: number): Cursor => {
    const part = body.part(bytes);
    body.skip(padded(bytes) - bytes);
    return part;
  };
  const name = field(nameBytes).zeroEnded();
  const content = (bytes: number, type: number, shared: boolean) =>
    contentOf(storage, { type, shared: version > 1 && shared, body: field(bytes) });
  const type = parseDatatype(await content(typeBytes, MESSAGE.datatype, (flags & 1) !== 0));
  const space = parseDataspace(await content(spaceBytes, MESSAGE.dataspace, (flags & 2) !== 0));
  return [name, await valueOf(storage, type, space, body)];
}

async function valueOf(
  storage: Storage,
  type: Datatype,
  { shape }: Dataspace,
  body: Cursor,
): Promise<AttributeValue> {
  const count = shape.reduce((product, n) => product * n, 1);
  if (count > MAX_COUNT) body.fail(`expected at most ${MAX_COUNT} values of an attribute, got ${count}`);
  const data = body.part(count * type.size);
  let values: readonly number[] | readonly string[];
  if (type.kind === "integer" || type.kind === "float") {
    values = Array.from(numbersOf(type, data.bytes, { count, stride: type.size, offset: 0 }));
  } else if (type.kind === "string") {
    values = Array.from({ length: count }, () => trimmed(data.take(type.size)));
  } else if (type.kind === "text" && count <= MAX_TEXTS) {
    const texts: string[] = [];
    for (let i = 0; i < count; i++) texts.push(await readText(storage, data));
    values = texts;
  } else {
    return undefined;
  }
  return shape.length === 0 ? values[0] : values;
}

function trimmed(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decodeText(end < 0 ? bytes : bytes.subarray(0, end));
}

/** A text of any length: it is in a global heap (specification 3.0, III.E). */
async function readText(storage: Storage, reference: Cursor): Promise<string> {
  const length = reference.u32();
  const address = reference.addressField();
  const wanted = reference.u32();
  if (length === 0) return "";
  const head = await storage.block(address, 8 + storage.lengthBytes, "GCOL");
  head.version("a global heap", 1);
  head.skip(3);
  const heap = await storage.cursor(address, head.length());
  heap.skip(8 + storage.lengthBytes);
  while (heap.left >= 8 + storage.lengthBytes) {
    const index = heap.u16();
    heap.skip(6);
    const size = heap.length();
    if (index === 0) break;
    const object = heap.take(size);
    if (index === wanted) {
      if (length > size) heap.fail(`expected a text of at most ${size} bytes, got ${length}`);
      return trimmed(object.subarray(0, length));
    }
    heap.skip(Math.min(heap.left, (8 - (size % 8)) % 8));
  }
  return heap.fail(`expected object ${wanted} in the global heap, got none`, address);
}
