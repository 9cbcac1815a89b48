/** Files that are nothing but records, which the library reads and does not write. */
import type { Events } from "../../src/events/index.ts";

/** A file of 5-byte records, as of N-MNIST. */
export function nmnistOf({ t, x, y, on }: Events): Uint8Array {
  return Uint8Array.from(
    Array.from(t, (time, i) => [
      x[i]!,
      y[i]!,
      (on[i]! << 7) | (time >> 16),
      (time >> 8) & 255,
      time & 255,
    ]).flat(),
  );
}

/** A file of 7-byte records, as of SLAYER's .bs3. */
export function bs3Of({ t, x, y, on }: Events): Uint8Array {
  return Uint8Array.from(
    Array.from(t, (time, i) => {
      const place = [x[i]! >> 4, ((x[i]! & 15) << 4) | (y[i]! >> 8), y[i]! & 255, on[i]!];
      return [...place, time >> 16, (time >> 8) & 255, time & 255];
    }).flat(),
  );
}
