/** Zlib data (RFC 1950), read under a limit. */
import { unzlibSync } from "fflate";
import { CompressionFault } from "../compression/fault.ts";
import { adler32 } from "./checksum.ts";

/** Two bytes of header, the shortest block, four of the checksum. */
const MIN_BYTES = 8;

/** Deflate cannot expand by more than this factor. */
export const DEFLATE_RATIO = 1032;

/**
 * Decompresses zlib data and compares their checksum.
 *
 * @param limit - bytes that the result may have at most
 * @throws CompressionFault if the data are broken or exceed the limit
 */
export function inflate(packed: Uint8Array, limit: number): Uint8Array {
  if (packed.length < MIN_BYTES) {
    throw new CompressionFault(`expected ${MIN_BYTES} bytes of zlib data or more, got ${packed.length}`);
  }
  // One byte of room more than allowed shows data that are longer.
  const room = Math.min(limit + 1, packed.length * DEFLATE_RATIO);
  let data: Uint8Array;
  try {
    data = unzlibSync(packed, { out: new Uint8Array(room) });
  } catch (cause) {
    throw new CompressionFault(`expected zlib data, got ${(cause as Error).message}`, { cause });
  }
  if (data.length > limit)
    throw new CompressionFault(`expected at most ${limit} bytes of zlib data, got more`);
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  if (view.getUint32(packed.length - 4) !== adler32(data)) {
    throw new CompressionFault("expected a matching checksum of zlib data, got another");
  }
  return data;
}
