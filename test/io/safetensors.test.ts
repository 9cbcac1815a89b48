import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { ArgumentError, FormatError } from "../../src/core/index.ts";
import { encodeSafetensors, parseSafetensors, storedTensor, toFloat32 } from "../../src/io/index.ts";
import type { StoredDtype, StoredTensor } from "../../src/io/index.ts";

const ITEM_BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1 };

/** A file with the given header text, its length prefix and that many data bytes. */
function fileOf(header: string, dataBytes = 0): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.byteLength + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.byteLength), true);
  bytes.set(text, 8);
  return bytes;
}

const small = encodeSafetensors(
  new Map([
    ["w", storedTensor("F32", [2, 1], new Uint8Array(8).fill(7))],
    ["n", storedTensor("I64", [], new Uint8Array(8).fill(1))],
    ["m", storedTensor("U8", [3], new Uint8Array([1, 2, 3]))],
  ]),
  { origin: "a test" },
);

const tensor: fc.Arbitrary<StoredTensor> = fc
  .record({
    dtype: fc.constantFrom(...(Object.keys(ITEM_BYTES) as StoredDtype[])),
    shape: fc.array(fc.nat(3), { maxLength: 4 }),
    seed: fc.nat(255),
  })
  .map(({ dtype, shape, seed }) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const bytes = Uint8Array.from({ length: size * ITEM_BYTES[dtype] }, (_, i) => (seed + 31 * i) & 255);
    return storedTensor(dtype, shape, bytes);
  });

suite("safetensors", () => {
  test("what is written is read back, whatever the alignment of the buffer", () => {
    const names = fc.string({ unit: "grapheme", maxLength: 6 }).filter((s) => s !== "__metadata__");
    fc.assert(
      fc.property(
        fc.dictionary(names, tensor),
        fc.dictionary(names, fc.string()),
        fc.nat(7),
        (tensors, metadata, shift) => {
          const entries = new Map(Object.entries(tensors));
          const encoded = encodeSafetensors(entries, metadata);
          const moved = new Uint8Array(encoded.length + shift);
          moved.set(encoded, shift);
          const read = parseSafetensors(moved.subarray(shift));
          expect(new Map([...read.tensors].sort())).toEqual(new Map([...entries].sort()));
          expect(read.metadata).toEqual({ ...metadata });
          expect(encodeSafetensors(read.tensors, read.metadata)).toEqual(encoded);
        },
      ),
    );
  });

  test("an unaligned Node buffer is read", () => {
    const buffer = Buffer.alloc(small.length + 1);
    buffer.set(small, 1);
    expect(parseSafetensors(buffer.subarray(1))).toEqual(parseSafetensors(small));
  });

  test("the order of insertion does not change the bytes", () => {
    const read = parseSafetensors(small);
    const reversed = new Map([...read.tensors].reverse());
    expect(encodeSafetensors(reversed, read.metadata)).toEqual(small);
  });

  test("the layout is that of the reference implementation", () => {
    const headerBytes = small[0]! + 256 * small[1]!;
    expect(headerBytes % 8).toBe(0);
    expect(new TextDecoder().decode(small.subarray(8, 8 + headerBytes)).trimEnd()).toBe(
      '{"__metadata__":{"origin":"a test"},"n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},' +
        '"w":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]},"m":{"dtype":"U8","shape":[3],"data_offsets":[16,19]}}',
    );
    expect(encodeSafetensors(new Map())).toEqual(fileOf("{}      "));
  });

  test("every truncation is a FormatError, and so is a byte too many", () => {
    for (let length = 0; length < small.length; length++) {
      expect(() => parseSafetensors(small.slice(0, length))).toThrow(FormatError);
    }
    expect(() => parseSafetensors(new Uint8Array([...small, 0]))).toThrow(FormatError);
  });

  test("a mutated file is read or refused with a FormatError", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(small.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const bytes = small.slice();
          for (const [at, value] of changes) bytes[at] = value;
          try {
            parseSafetensors(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(FormatError);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  test.each<[string, Uint8Array, RegExp]>([
    ["a header that is no object", fileOf("[]      "), /begin with "\{"/],
    ["a header that is no JSON", fileOf('{"a":   '), /JSON header/],
    ["a header that is no UTF-8", fileOf("{}      ").fill(0xff, 12, 13), /JSON header/],
    [
      "a key that comes twice",
      fileOf(
        '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061" :{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
      ),
      /"a" twice/,
    ],
    [
      "a key that comes twice inside a tensor",
      fileOf('{"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
      /twice/,
    ],
    [
      "an unknown dtype",
      fileOf('{"a":{"dtype":"F8","shape":[0],"data_offsets":[0,0]}}'),
      /one of the dtypes/,
    ],
    [
      "a dtype from the prototype",
      fileOf('{"a":{"dtype":"toString","shape":[0],"data_offsets":[0,0]}}'),
      /dtypes/,
    ],
    [
      "a shape whose product overflows",
      fileOf('{"a":{"dtype":"U8","shape":[4194305,4194305,211106198978564],"data_offsets":[0,4]}}', 4),
      /shape below/,
    ],
    [
      "a negative axis",
      fileOf('{"a":{"dtype":"U8","shape":[-1,-4],"data_offsets":[0,4]}}', 4),
      /shape below/,
    ],
    [
      "a size unlike the shape",
      fileOf('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,3]}}', 3),
      /take 4/,
    ],
    ["offsets in reverse", fileOf('{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}', 1), /take 1/],
    [
      "offsets that are no numbers",
      fileOf('{"a":{"dtype":"U8","shape":[0],"data_offsets":[null,0]}}'),
      /two data/,
    ],
    [
      "overlapping tensors",
      fileOf(
        '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}',
        3,
      ),
      /"b" at data byte 2/,
    ],
    [
      "a hole",
      fileOf(
        '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}',
        3,
      ),
      /"b" at data byte 1/,
    ],
    [
      "a tensor beyond the end",
      fileOf('{"a":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}}', 3),
      /end by 3/,
    ],
    ["metadata that is no text", fileOf('{"__metadata__":{"a":1}}'), /text to text/],
  ])("%s is refused", (_, bytes, message) => {
    expect(() => parseSafetensors(bytes, "x.safetensors")).toThrow(FormatError);
    expect(() => parseSafetensors(bytes, "x.safetensors")).toThrow(message);
  });

  test("a header length beyond the file is refused before anything is read", () => {
    const bytes = fileOf("{}");
    bytes.fill(0xff, 0, 8);
    expect(() => parseSafetensors(bytes)).toThrow(/expected a header of 2 to 2 bytes/);
  });

  test("data that does not fit its shape is not written", () => {
    const wrong: StoredTensor = { dtype: "F32", shape: [3], data: new Float32Array(2) };
    expect(() => encodeSafetensors(new Map([["a", wrong]]))).toThrow(ArgumentError);
    const right: StoredTensor = { dtype: "F32", shape: [2], data: new Float32Array(2) };
    expect(() => encodeSafetensors(new Map([["__metadata__", right]]))).toThrow(ArgumentError);
  });
});

suite("toFloat32", () => {
  test("half, brain and integer values are widened exactly", () => {
    const half = new Uint16Array([0, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00, 0xfc00, 0x7e00, 0x3555]);
    expect([...toFloat32(storedTensor("F16", [10], new Uint8Array(half.buffer)))]).toEqual([
      0,
      -0,
      1,
      -2,
      65504,
      2 ** -24,
      Infinity,
      -Infinity,
      NaN,
      0.333251953125,
    ]);
    const long = new BigInt64Array([-3n, 60n]);
    expect([...toFloat32(storedTensor("I64", [2], new Uint8Array(long.buffer)))]).toEqual([-3, 60]);
    expect([...toFloat32({ dtype: "I8", shape: [2], data: new Int8Array([-1, 2]) })]).toEqual([-1, 2]);
  });

  test("every brain float is the upper half of its float32", () => {
    const brain = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const wide = new Uint32Array(brain.map((x) => x)).map((x) => x << 16);
    expect(toFloat32(storedTensor("BF16", [65536], new Uint8Array(brain.buffer)))).toEqual(
      new Float32Array(wide.buffer),
    );
  });
});

const golden = process.env["SACCADE_GOLDEN"];
test.skipIf(golden === undefined)("every golden file is read, and written again to the same tensors", () => {
  const files = readdirSync(golden!).filter((name) => name.endsWith(".safetensors"));
  expect(files.length).toBeGreaterThan(0);
  for (const name of files) {
    const read = parseSafetensors(readFileSync(join(golden!, name)), name);
    const again = parseSafetensors(encodeSafetensors(read.tensors, read.metadata));
    expect([...again.tensors.keys()].sort()).toEqual([...read.tensors.keys()].sort());
    for (const [key, { shape, data }] of read.tensors) {
      expect(again.tensors.get(key)!.shape).toEqual(shape);
      expect(again.tensors.get(key)!.data.every((value, i) => Object.is(value, data[i]))).toBe(true);
    }
  }
});
