/** LZF (Marc Lehmann's LibLZF; filter 32000 of HDF5). */
import { CompressionFault } from "../compression/fault.ts";

/** A match of 3 bytes stands for 264 at most. */
const MAX_RATIO = 88;

/**
 * Decompresses LZF: a control byte below 32 precedes that many bytes and one; any other has the length of a match in its
 * upper 3 bits (7: more in the next byte) and the upper bits of its distance below.
 *
 * @param limit - bytes that the result may have at most
 * @throws CompressionFault if the data are broken or exceed the limit
 */
export function decompressLzf(input: Uint8Array, limit: number): Uint8Array {
  const out = new Uint8Array(Math.min(limit, input.length * MAX_RATIO));
  let to = 0;
  let at = 0;
  const next = (): number => {
    if (at >= input.length) throw new CompressionFault("expected more bytes of LZF, got their end");
    return input[at++]!;
  };
  const room = (count: number): void => {
    if (count > out.length - to)
      throw new CompressionFault(`expected at most ${limit} bytes of LZF, got more`);
  };
  while (at < input.length) {
    const control = next();
    if (control < 32) {
      const count = control + 1;
      room(count);
      if (count > input.length - at) throw new CompressionFault("expected more bytes of LZF, got their end");
      for (const end = at + count; at < end;) out[to++] = input[at++]!;
      continue;
    }
    let count = control >> 5;
    if (count === 7) count += next();
    const distance = ((control & 31) << 8) + next() + 1;
    count += 2;
    if (distance > to)
      throw new CompressionFault(`expected a match within ${to} bytes, got ${distance} back`);
    room(count);
    for (const end = to + count; to < end; to++) out[to] = out[to - distance]!;
  }
  return out.subarray(0, to);
}
