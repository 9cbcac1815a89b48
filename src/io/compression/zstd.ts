/**
 * Zstandard frames, read under a limit (RFC 8878). The decoder is the WebAssembly build of the reference; what it needs
 * to be told, and does not check, is how large the content may become: that is worked out here from the frame's own
 * headers.
 */
import type { ZSTDDecoder } from "zstddec";
import { CompressionFault } from "./fault.ts";

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const BLOCK_MAX = 1 << 17;

/** A function that decompresses Zstandard data under a limit in bytes. */
export type DecompressZstd = (data: Uint8Array, limit: number) => Uint8Array;

/** Loads the decoder; only recordings that need it pay for it. */
export async function loadZstd(): Promise<DecompressZstd> {
  const { ZSTDDecoder } = await import("zstddec");
  const decoder = new ZSTDDecoder();
  await decoder.init();
  return (data, limit) => decompress(decoder, data, limit);
}

function decompress(decoder: ZSTDDecoder, data: Uint8Array, limit: number): Uint8Array {
  const { bound, exact } = contentBound(data);
  if (bound > limit) throw new CompressionFault(`expected at most ${limit} bytes of content, got ${bound}`);
  // The decoder takes a size of 0 for an unknown one.
  if (bound === 0) return new Uint8Array(0);
  let content: Uint8Array;
  try {
    content = decoder.decode(data, bound);
  } catch (cause) {
    throw new CompressionFault("expected a whole Zstandard frame, got one that the decoder gave up on", {
      cause,
    });
  }
  // The decoder answers an error with an empty array.
  if (content.length === 0 || (exact && content.length !== bound)) {
    throw new CompressionFault(`expected ${bound} bytes of Zstandard content, got a corrupt frame`);
  }
  return content;
}

/**
 * How many bytes the frames in `data` can yield at most, by walking frame and block headers (RFC 8878, 3.1.1);
 * `exact` if every frame states its content size.
 *
 * @throws CompressionFault if a header is broken or a frame runs past the end
 */
export function contentBound(data: Uint8Array): { bound: number; exact: boolean } {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const need = (end: number): void => {
    if (end > data.length)
      throw new CompressionFault(`expected ${end} bytes of Zstandard data, got ${data.length}`);
  };
  let bound = 0;
  let exact = true;
  let at = 0;
  need(4);
  while (at < data.length) {
    need(at + 8);
    const magic = view.getUint32(at, true);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      at += 8 + view.getUint32(at + 4, true);
      need(at);
      continue;
    }
    if (magic !== MAGIC)
      throw new CompressionFault("expected the magic number of a Zstandard frame, got another");
    const descriptor = view.getUint8(at + 4);
    const single = (descriptor & 0x20) !== 0;
    const sizeCode = descriptor >> 6;
    at += 5 + (single ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
    const sizeBytes = sizeCode === 0 ? (single ? 1 : 0) : 1 << sizeCode;
    need(at + sizeBytes);
    const contentSize = readSize(view, at, sizeBytes);
    at += sizeBytes;
    let blocks = 0;
    for (let last = false; !last;) {
      need(at + 3);
      const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
      last = (header & 1) !== 0;
      const type = (header >> 1) & 3;
      const size = header >> 3;
      if (type === 3) throw new CompressionFault("expected a Zstandard block of type 0 to 2, got 3");
      if (size > BLOCK_MAX)
        throw new CompressionFault(`expected a Zstandard block of at most ${BLOCK_MAX} bytes, got ${size}`);
      blocks += type === 2 ? BLOCK_MAX : size;
      at += 3 + (type === 1 ? 1 : size);
      need(at);
    }
    if ((descriptor & 4) !== 0) need((at += 4));
    if (contentSize > blocks) {
      throw new CompressionFault(`expected a content size of at most ${blocks} bytes, got ${contentSize}`);
    }
    exact &&= contentSize >= 0;
    bound += contentSize >= 0 ? contentSize : blocks;
  }
  return { bound, exact };
}

/** The frame content size, or -1 if the frame has none. */
function readSize(view: DataView, at: number, bytes: number): number {
  switch (bytes) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at, true) + 256;
    case 4:
      return view.getUint32(at, true);
    case 8:
      return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
    default:
      return -1;
  }
}
