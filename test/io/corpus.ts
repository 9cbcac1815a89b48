import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect } from "vitest";
import { FormatError } from "../../src/core/index.ts";

/** A file of test/fixtures/io, which its make.py wrote. */
export function fixture(name: string): Uint8Array {
  return readFileSync(new URL(`../fixtures/io/${name}`, import.meta.url));
}

/** Every truncation must be a FormatError; of files above 3000 bytes, some of them. */
export function expectTruncationsRefused(bytes: Uint8Array, read: (bytes: Uint8Array) => unknown): void {
  const step = Math.ceil(bytes.length / 3000);
  for (let length = 0; length < bytes.length; length += step) {
    expect(() => read(bytes.slice(0, length)), `${length} bytes`).toThrow(FormatError);
  }
}

/** Random bytes changed: the file is read, or refused with a FormatError; nothing else is thrown. */
export function expectMutationsHarmless(
  bytes: Uint8Array,
  read: (bytes: Uint8Array) => unknown,
  numRuns = 300,
): void {
  const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const copy = Uint8Array.from(bytes);
      for (const [at, value] of changes) copy[at] = value;
      try {
        read(copy);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }),
    { numRuns },
  );
}
