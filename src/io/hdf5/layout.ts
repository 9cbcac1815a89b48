/** How a dataset lies in the file (specification 3.0, IV.A.2.i). */
import type { Cursor } from "./cursor.ts";
import type { Dataspace } from "./dataspace.ts";
import { contentOf, findMessage, MESSAGE, type Message } from "./object-header.ts";
import type { Storage } from "./storage.ts";

/** What the index of chunks is, with what its kind needs to be read. */
export type IndexKind =
  | { readonly kind: "b-tree 1" }
  | { readonly kind: "single"; readonly filtered?: { readonly bytes: number; readonly mask: number } }
  | { readonly kind: "implicit" }
  | { readonly kind: "fixed array" }
  | { readonly kind: "extensible array" }
  | { readonly kind: "b-tree 2" };

/** Chunks: their shape in elements, and where their index is. */
export type ChunkLayout = {
  readonly kind: "chunked";
  readonly chunk: readonly number[];
  readonly index: IndexKind;
  readonly address: number;
  /** Whether chunks that stick out over the edge of the dataset are stored without filters. */
  readonly plainEdges: boolean;
};

/** The layout of a dataset. */
export type Layout =
  | { readonly kind: "compact"; readonly bytes: Uint8Array }
  | { readonly kind: "contiguous"; readonly address: number }
  | ChunkLayout;

/** Bytes that a chunk may have. */
const MAX_CHUNK_BYTES = 2 ** 30;

/**
 * Reads the layout message of a dataset.
 *
 * @param itemBytes - bytes of an element
 * @throws FormatError if it is broken or does not fit the dataset
 * @throws UnsupportedError if the data are in other files, or a chunk is larger than 1 GiB
 */
export async function readLayout(
  storage: Storage,
  messages: readonly Message[],
  { shape }: Dataspace,
  itemBytes: number,
): Promise<Layout> {
  if (findMessage(messages, MESSAGE.externalFiles) !== undefined) {
    storage.refuse("expected the data within the file, got external storage");
  }
  const message = findMessage(messages, MESSAGE.layout);
  if (message === undefined) return storage.fail(0, "expected a layout of the dataset, got none");
  const body = await contentOf(storage, message);
  const version = body.version("a layout", 1, 2, 3, 4, 5);
  const layout = version < 3 ? oldLayout(body) : newLayout(body, version);
  if (layout.kind !== "chunked") return layout;
  const { chunk } = layout;
  if (chunk.length !== shape.length || chunk.some((n) => n === 0)) {
    body.fail(`expected chunks for ${shape.length} axes, got ${chunk.join("x") || "none"}`, body.address);
  }
  const bytes = chunk.reduce((product, n) => product * n, itemBytes);
  if (bytes > MAX_CHUNK_BYTES) {
    storage.refuse(`expected chunks of at most ${MAX_CHUNK_BYTES} bytes, got ${bytes}`);
  }
  // Each chunk has an entry in an index, or bytes: more chunks than bytes are a claim without content.
  const count = shape.reduce((product, n, i) => product * Math.ceil(n / chunk[i]!), 1);
  if (count > storage.size) {
    body.fail(`expected at most ${storage.size} chunks in a file of so many bytes, got ${count}`);
  }
  return layout;
}

const [COMPACT, CONTIGUOUS, CHUNKED, VIRTUAL] = [0, 1, 2, 3];

function oldLayout(body: Cursor): Layout {
  const rank = body.u8();
  const kind = body.u8();
  body.skip(5);
  const address = kind === COMPACT ? 0 : body.addressField();
  const sizes = Array.from({ length: rank }, () => body.u32());
  if (kind === COMPACT) return { kind: "compact", bytes: body.take(body.u32()) };
  if (kind === CONTIGUOUS) return { kind: "contiguous", address };
  if (kind !== CHUNKED) return unknown(body, kind);
  return {
    kind: "chunked",
    chunk: sizes.slice(0, -1),
    index: { kind: "b-tree 1" },
    address,
    plainEdges: false,
  };
}

function newLayout(body: Cursor, version: number): Layout {
  const kind = body.u8();
  if (kind === COMPACT) return { kind: "compact", bytes: body.take(body.u16()) };
  if (kind === CONTIGUOUS) return { kind: "contiguous", address: body.addressField() };
  if (kind !== CHUNKED) return unknown(body, kind);
  if (version === 3) {
    const rank = body.u8();
    const address = body.addressField();
    const chunk = Array.from({ length: Math.max(0, rank - 1) }, () => body.u32());
    return { kind: "chunked", chunk, index: { kind: "b-tree 1" }, address, plainEdges: false };
  }
  const flags = body.u8();
  const rank = body.u8();
  const sizeBytes = body.u8();
  if (sizeBytes < 1 || sizeBytes > 8) body.fail(`expected sizes of 1 to 8 bytes, got ${sizeBytes}`);
  const sizes = Array.from({ length: rank }, () => body.uint(sizeBytes));
  const index = indexOf(body, (flags & 2) !== 0);
  const address = body.addressField();
  return { kind: "chunked", chunk: sizes.slice(0, -1), index, address, plainEdges: (flags & 1) !== 0 };
}

/** The kind of index, past its parameters; what they say is said again in the header of the index. */
function indexOf(body: Cursor, filtered: boolean): IndexKind {
  const kind = body.u8();
  switch (kind) {
    case 1:
      if (!filtered) return { kind: "single" };
      return { kind: "single", filtered: { bytes: body.length(), mask: body.u32() } };
    case 2:
      return { kind: "implicit" };
    case 3:
      body.skip(1);
      return { kind: "fixed array" };
    case 4:
      body.skip(5);
      return { kind: "extensible array" };
    case 5:
      body.skip(6);
      return { kind: "b-tree 2" };
    default:
      return body.fail(`expected an index of chunks of type 1 to 5, got ${kind}`);
  }
}

function unknown(body: Cursor, kind: number): never {
  if (kind === VIRTUAL) body.storage.refuse("expected the data within the dataset, got a virtual dataset");
  return body.fail(`expected a layout of class 0 to 3, got ${kind}`);
}
