/** Inflating a stream piece by piece (RFC 1951). */
import { Inflate } from "fflate";

/** Compressed bytes that are inflated at once: one piece of output is at most 1032 times as long. */
const STEP_BYTES = 1 << 14;

/**
 * Inflates a stream. What follows its last block is passed over.
 *
 * @param chunks - the deflated bytes
 * @param fail - makes the error for a stream that breaks the format or ends too early, from `expected …, got …`
 * @returns the bytes as they come; those before a fault come before its error
 */
export async function* inflateChunks(
  chunks: AsyncIterable<Uint8Array>,
  fail: (what: string) => Error,
): AsyncGenerator<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const stream = new Inflate((piece) => {
    if (piece.length > 0) pieces.push(piece);
  });
  const push = (bytes: Uint8Array, last: boolean): void => {
    try {
      stream.push(bytes, last);
    } catch (error) {
      throw fail(`expected deflated data, got ${(error as Error).message}`);
    }
  };
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += STEP_BYTES) {
      push(chunk.subarray(at, at + STEP_BYTES), false);
      yield* pieces.splice(0);
    }
  }
  push(new Uint8Array(0), true);
  yield* pieces.splice(0);
}
