import { zipSync } from "fflate";
import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { ArgumentError, FormatError } from "../../src/core/index.ts";
import { encodeNpy, encodeNpz, type NumpyArray, parseNpy, parseNpz, readZip } from "../../src/io/index.ts";
import { expectMutationsHarmless, expectTruncationsRefused, fixture } from "./corpus.ts";

const NUMBERS = ["f8", "f4", "f2", "i8", "i2", "u4", "u1", "b1", "big", "fortran", "empty", "scalar"];

const array: fc.Arbitrary<NumpyArray> = fc
  .tuple(
    fc.array(fc.nat(3), { maxLength: 4 }),
    fc.constantFrom(
      Float64Array,
      Float32Array,
      Int32Array,
      Int16Array,
      Int8Array,
      Uint32Array,
      Uint16Array,
      Uint8Array,
    ),
    fc.nat(100),
  )
  .map(([shape, Type, seed]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return { shape, data: new Type(Array.from({ length: size }, (_, i) => (seed + 7 * i) % 100)) };
  });

/** A .npy file of version 1 with the given header and that many data bytes. */
function npyOf(header: string, dataBytes = 0): Uint8Array {
  const bytes = new Uint8Array(10 + header.length + dataBytes);
  bytes.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, header.length & 255, header.length >> 8]);
  bytes.set(new TextEncoder().encode(header), 10);
  return bytes;
}

suite("npy", () => {
  test("what is written is read back", () => {
    fc.assert(fc.property(array, (value) => void expect(parseNpy(encodeNpy(value))).toEqual(value)));
  });

  test("the data begins at a multiple of 64 bytes", () => {
    const bytes = encodeNpy({ shape: [2], data: new Float32Array([1, 2]) });
    expect(bytes.length).toBe(128 + 8);
    expect(new TextDecoder("latin1").decode(bytes.subarray(10, 70))).toContain(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
    );
  });

  test("a column-major file is read into row-major order", () => {
    const { shape, data } = parseNpy(fixture("fortran.npy"));
    expect(shape).toEqual([2, 3, 4]);
    expect([...data]).toEqual(Array.from({ length: 24 }, (_, i) => i));
  });

  test("every truncation is a FormatError, and mutations do no harm", () => {
    expectTruncationsRefused(fixture("fortran.npy"), (bytes) => parseNpy(bytes));
    expectMutationsHarmless(fixture("fortran.npy"), (bytes) => parseNpy(bytes));
  });

  test.each([
    ["a structured dtype", "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (0,), }", 0],
    ["an object dtype", "{'descr': '|O', 'fortran_order': False, 'shape': (0,), }", 0],
    ["a complex dtype", "{'descr': '<c8', 'fortran_order': False, 'shape': (0,), }", 0],
    [
      "a shape that overflows",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
      4,
    ],
    ["a shape without data", "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000,), }", 4],
    ["empty text without bound", "{'descr': '<U0', 'fortran_order': False, 'shape': (1000000000,), }", 0],
    ["a code point that is none", "{'descr': '>U1', 'fortran_order': False, 'shape': (1,), }", 4],
    ["no shape", "{'descr': '<f4', 'fortran_order': False, }", 4],
  ])("%s is refused", (_, header, dataBytes) => {
    expect(() => parseNpy(npyOf(header, dataBytes).fill(0xff, 10 + header.length))).toThrow(FormatError);
  });

  test("a 64-bit integer that float64 cannot hold is refused", () => {
    const bytes = npyOf("{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }", 8);
    new DataView(bytes.buffer).setBigInt64(bytes.length - 8, 2n ** 53n, true);
    expect(() => parseNpy(bytes, "a.npy")).toThrow(/a\.npy: npy at byte 67: .*got 9007199254740992/);
  });

  test("data that does not fit its shape, and text, are not written", () => {
    expect(() => encodeNpy({ shape: [3], data: new Float32Array(2) })).toThrow(ArgumentError);
    expect(() => encodeNpy({ shape: [1], data: ["a"] })).toThrow(ArgumentError);
  });
});

suite("npz", () => {
  test("arrays that NumPy wrote are read, whatever their dtype", () => {
    const arrays = parseNpz(fixture("arrays.npz"), { names: [...NUMBERS, "names", "bytes"] });
    const values = (name: string) => [...arrays.get(name)!.data];
    expect(arrays.get("f8")).toEqual({
      shape: [2, 3],
      data: new Float64Array([0, 0.25, 0.5, 0.75, 1, 1.25]),
    });
    expect(arrays.get("f4")).toEqual({ shape: [2], data: new Float32Array([0.5, -2]) });
    expect(values("f2")).toEqual([0.5, 65504]);
    expect(values("i8")).toEqual([-(2 ** 53) + 1, 7]);
    expect(values("i2")).toEqual([-3, 3]);
    expect(values("u4")).toEqual([2 ** 32 - 1]);
    expect(arrays.get("u1")!.shape).toEqual([2, 1]);
    expect(values("b1")).toEqual([1, 0]);
    expect(values("big")).toEqual([1, 2]);
    expect(values("fortran")).toEqual(Array.from({ length: 24 }, (_, i) => i));
    expect(arrays.get("empty")).toEqual({ shape: [0, 3], data: new Float32Array(0) });
    expect(arrays.get("scalar")).toEqual({ shape: [], data: new Float64Array([2.5]) });
    expect(values("names")).toEqual(["ab", "ç"]);
    expect(values("bytes")).toEqual(["ab", "c"]);
  });

  test("an object array is refused by name unless it is left out", () => {
    expect(() => parseNpz(fixture("arrays.npz"), { file: "a.npz" })).toThrow(/a\.npz\/objects\.npy: .*\|O/);
  });

  test("what is written is read back, and the bytes are the same again", () => {
    fc.assert(
      fc.property(fc.array(array, { maxLength: 3 }), (values) => {
        const arrays = new Map(values.map((value, i) => [`array${i}`, value]));
        const bytes = encodeNpz(arrays);
        expect(parseNpz(bytes)).toEqual(arrays);
        expect(encodeNpz(parseNpz(bytes))).toEqual(bytes);
      }),
    );
  });

  test("every truncation is a FormatError, and mutations do no harm", () => {
    for (const name of ["stored.npz", "arrays.npz"]) {
      expectTruncationsRefused(fixture(name), (bytes) => parseNpz(bytes, { names: NUMBERS }));
      expectMutationsHarmless(fixture(name), (bytes) => parseNpz(bytes, { names: NUMBERS }));
    }
  });
});

suite("zip", () => {
  const zipped = (names: readonly string[]) =>
    zipSync(Object.fromEntries(names.map((name) => [name, new Uint8Array(1000)])), {
      mtime: new Date(1980, 0, 1),
    });

  test("a size beyond the bound is refused before anything is inflated", () => {
    expect(() => readZip(zipped(["a", "b"]), { maxBytes: 1999 })).toThrow(/at most 1999 bytes .* got 2000/);
    expect(
      readZip(zipped(["a", "b"]), { maxBytes: 2000 })
        .get("b")!
        .read(),
    ).toEqual(new Uint8Array(1000));
  });

  test("a size that deflate cannot reach is refused", () => {
    const bytes = zipped(["a"]);
    const directory = bytes.lastIndexOf(0x50, bytes.length - 23);
    new DataView(bytes.buffer).setUint32(directory + 24, 2 ** 30, true);
    expect(() => readZip(bytes)).toThrow(/expected a to hold at most \d+ bytes, got 1073741824/);
  });

  test("a size that is too small or too large is refused when the entry is read", () => {
    for (const size of [999, 1001]) {
      const bytes = zipped(["a"]);
      new DataView(bytes.buffer).setUint32(bytes.lastIndexOf(0x50, bytes.length - 23) + 24, size, true);
      expect(() => readZip(bytes).get("a")!.read()).toThrow(FormatError);
    }
  });

  test("changed data fails its checksum", () => {
    const bytes = encodeNpz(new Map([["a", { shape: [1], data: new Uint8Array([1]) }]]));
    const value = bytes.indexOf(0x0a) + 1;
    expect(bytes[value]).toBe(1);
    bytes[value] = 2;
    expect(() => parseNpz(bytes)).toThrow(/checksum/);
  });

  test.each(["../a", "/a", "b/../../a", "C:a", "a\\b"])("the name %s is refused", (name) => {
    expect(() => readZip(zipped([name]))).toThrow(/relative name/);
  });
});
