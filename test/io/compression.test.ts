import fc from "fast-check";
import lz4js from "lz4js";
import { expect, suite, test } from "vitest";
import { Random } from "../../src/core/index.ts";
import { CompressionFault } from "../../src/io/compression/fault.ts";
import { decompressLz4, lz4Decompressor } from "../../src/io/compression/lz4-decode.ts";
import { compressLz4 } from "../../src/io/compression/lz4-encode.ts";
import { xxh32 } from "../../src/io/compression/xxh32.ts";
import { contentBound, loadZstd } from "../../src/io/compression/zstd.ts";

const LIMIT = 1 << 24;
const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
const ascii = (text: string) => new TextEncoder().encode(text);

/** Bytes that compress: pieces of themselves, repeated. */
function repetitive(length: number): Uint8Array {
  const random = new Random("repetitive");
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const back = random.integer(0, Math.min(at, 60_000) + 1);
    const run = random.integer(1, 300);
    for (let i = 0; i < run && at < length; i++, at++) {
      bytes[at] = back === 0 ? random.integer(0, 256) : bytes[at - back]!;
    }
  }
  return bytes;
}

suite("LZ4", () => {
  test("xxHash32 agrees with published values", () => {
    expect(xxh32(ascii(""))).toBe(0x02cc5d05);
    expect(xxh32(ascii("a"))).toBe(0x550d7456);
    expect(xxh32(ascii("Nobody inspects the spammish repetition"))).toBe(0xe2293b2f);
  });

  test("decompress(compress(x)) = x, and another decoder agrees", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant(0), fc.nat(255), fc.nat(3)), { maxLength: 400 }),
        (values) => {
          const bytes = Uint8Array.from(values);
          for (const high of [false, true]) {
            const frame = compressLz4(bytes, { high });
            expect(same(decompressLz4(frame, LIMIT), bytes)).toBe(true);
            expect(same(lz4js.decompress(frame), bytes)).toBe(true);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each([0, 1, 12, 13, 100_000, 262_144, 262_145, 700_000])(
    "%i bytes come back, and shrink",
    (length) => {
      for (const bytes of [repetitive(length), new Uint8Array(length)]) {
        for (const high of [false, true]) {
          const frame = compressLz4(bytes, { high });
          expect(same(decompressLz4(frame, LIMIT), bytes)).toBe(true);
          expect(same(lz4js.decompress(frame), bytes)).toBe(true);
          if (length > 1000) expect(frame.length).toBeLessThan(length / 2);
        }
      }
    },
  );

  test("bytes that do not compress are stored", () => {
    const random = new Random("noise");
    const bytes = Uint8Array.from({ length: 300_000 }, () => random.integer(0, 256));
    const frame = compressLz4(bytes);
    expect(frame.length).toBe(15 + bytes.length + 2 * 4 + 4);
    expect(same(decompressLz4(frame, LIMIT), bytes)).toBe(true);
  });

  test("a decompressor that uses its memory again gives what one gives that does not", () => {
    const again = lz4Decompressor();
    const random = new Random("again");
    for (let k = 0; k < 60; k++) {
      const bytes = repetitive(random.integer(0, k % 10 === 0 ? 5_000_000 : 20_000));
      const frame = k % 3 === 0 ? Uint8Array.from(lz4js.compress(bytes)) : compressLz4(bytes);
      expect(same(again(frame, LIMIT), bytes)).toBe(true);
      const cut = frame.subarray(0, random.integer(0, frame.length));
      expect(() => again(cut, LIMIT)).toThrow(CompressionFault);
      if (bytes.length > 0) expect(() => again(frame, bytes.length - 1)).toThrow(CompressionFault);
    }
  });

  test("frames of another encoder decompress", () => {
    const bytes = repetitive(500_000);
    expect(same(decompressLz4(Uint8Array.from(lz4js.compress(bytes)), LIMIT), bytes)).toBe(true);
  });

  test("content over the limit is a fault, whether the frame states its size or not", () => {
    const bytes = new Uint8Array(100_000);
    expect(() => decompressLz4(compressLz4(bytes), 99_999)).toThrow(CompressionFault);
    expect(() => decompressLz4(Uint8Array.from(lz4js.compress(bytes)), 99_999)).toThrow(CompressionFault);
  });

  test("a frame cut or changed anywhere is a fault or other bytes, never another error", () => {
    const frame = compressLz4(repetitive(3000));
    for (let length = 0; length < frame.length; length++) {
      expect(() => decompressLz4(frame.subarray(0, length), LIMIT)).toThrow(CompressionFault);
    }
    fc.assert(
      fc.property(fc.nat(frame.length - 1), fc.nat(255), (at, value) => {
        const changed = frame.slice();
        changed[at] = value;
        try {
          expect(decompressLz4(changed, LIMIT).length).toBeLessThanOrEqual(LIMIT);
        } catch (error) {
          expect(error).toBeInstanceOf(CompressionFault);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

suite("Zstandard", () => {
  /** "hello" in one stored block, with and without the content size. */
  const sized = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 5, 0x29, 0, 0, ...ascii("hello"));
  const unsized = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 0x29, 0, 0, ...ascii("hello"));
  /** One block that repeats a byte 100,000 times. */
  const repeated = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, ...word24((100_000 << 3) | 3), 7);

  test("frames with and without a content size decompress", async () => {
    const decompress = await loadZstd();
    expect(same(decompress(sized, 100), ascii("hello"))).toBe(true);
    expect(same(decompress(unsized, 100), ascii("hello"))).toBe(true);
    expect(same(decompress(repeated, LIMIT), new Uint8Array(100_000).fill(7))).toBe(true);
  });

  test("the bound is worked out from the block headers", () => {
    expect(contentBound(sized)).toEqual({ bound: 5, exact: true });
    expect(contentBound(unsized)).toEqual({ bound: 5, exact: false });
    expect(contentBound(repeated)).toEqual({ bound: 100_000, exact: false });
  });

  test("content over the limit is a fault", async () => {
    const decompress = await loadZstd();
    expect(() => decompress(repeated, 99_999)).toThrow(CompressionFault);
    const claim = sized.slice();
    claim[5] = 200;
    expect(() => decompress(claim, LIMIT)).toThrow(CompressionFault);
  });

  test("a frame cut or changed anywhere is a fault or other bytes, never another error", async () => {
    const decompress = await loadZstd();
    for (const frame of [sized, unsized, repeated]) {
      for (let length = 0; length < frame.length; length++) {
        expect(() => decompress(frame.subarray(0, length), LIMIT)).toThrow(CompressionFault);
      }
      for (let at = 0; at < frame.length; at++) {
        for (let bit = 0; bit < 8; bit++) {
          const changed = frame.slice();
          changed[at]! ^= 1 << bit;
          try {
            decompress(changed, LIMIT);
          } catch (error) {
            expect(error).toBeInstanceOf(CompressionFault);
          }
        }
      }
    }
    expect(same(decompress(sized, 100), ascii("hello"))).toBe(true);
  });
});

function word24(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff];
}
