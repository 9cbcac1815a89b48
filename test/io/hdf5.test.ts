import fc from "fast-check";
import h5wasm from "h5wasm/node";
import { inflate } from "../../src/io/hdf5/zlib.ts";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, suite, test } from "vitest";
import { FormatError, Random, UnsupportedError } from "../../src/core/index.ts";
import { CompressionFault, Hdf5Dataset, Hdf5File, Hdf5Group, numbersOf } from "../../src/io/index.ts";
import { decompressBlosc } from "../../src/io/hdf5/blosc.ts";
import { ArrayIndex } from "../../src/io/hdf5/chunk-array.ts";
import { adler32, fletcher32, lookup3 } from "../../src/io/hdf5/checksum.ts";
import { decodeEcf } from "../../src/io/hdf5/ecf.ts";
import { decompressLzf } from "../../src/io/hdf5/lzf.ts";
import { shuffle, unshuffle } from "../../src/io/hdf5/shuffle.ts";
import { Storage } from "../../src/io/hdf5/storage.ts";
import { encodeEcf, type EcfEvent } from "./ecf-encode.ts";

const folder = mkdtempSync(join(tmpdir(), "saccade-hdf5-"));
afterAll(() => rmSync(folder, { recursive: true }));
await h5wasm.ready;

const bytesOf = (name: string) => new Uint8Array(readFileSync(`test/fixtures/hdf5/${name}`));
const inMemory = (bytes: Uint8Array) => ({
  size: bytes.length,
  read: (offset: number, length: number) => Promise.resolve(bytes.subarray(offset, offset + length)),
});
const open = (bytes: Uint8Array) => Hdf5File.open(inMemory(bytes), { name: "x.h5" });
const fixture = async (name: string) => (await open(bytesOf(name))).root;

async function dataset(root: Hdf5Group, path: string): Promise<Hdf5Dataset> {
  const found = await root.get(path);
  expect(found, path).toBeInstanceOf(Hdf5Dataset);
  return found as Hdf5Dataset;
}

async function valuesOf(root: Hdf5Group, path: string): Promise<number[]> {
  const found = await dataset(root, path);
  return Array.from(await found.read(0, found.shape[0] ?? 1));
}

/** The numbers of the fixtures of layouts. */
const line = (count: number) => Array.from({ length: count }, (_, i) => 3 * i - 7);

suite("an HDF5 file", () => {
  test.each([
    "dsec-v0.h5",
    "dsec-v1.h5",
    "dsec-v2-lzf.h5",
    "dsec-v3.h5",
    "dsec-user-block-512.h5",
    "dsec-user-block-2048.h5",
  ])("%s opens, whatever its superblock", async (name) => {
    const bytes = bytesOf(name);
    const file = await open(bytes);
    expect(file.end).toBe(bytes.length);
    expect(await file.root.names()).toContain("events");
    expect(await valuesOf(file.root, "events/x")).toEqual(
      Array.from({ length: 300 }, (_, i) => (7 * i + (i >> 3)) % 64),
    );
  });

  test("of another kind, or empty, is none", async () => {
    for (const bytes of [new Uint8Array(0), new Uint8Array(5000)]) {
      await expect(open(bytes)).rejects.toThrow(/^x\.h5: hdf5 at byte 0: expected the signature/);
    }
  });

  test("has groups and attributes in heaps", async () => {
    const root = await fixture("dense.h5");
    const names = await root.names();
    expect(names.length).toBe(31);
    for (let k = 0; k < 30; k++) {
      expect(await valuesOf(root, `dataset-${String(k).padStart(3, "0")}`)).toEqual([k]);
    }
    const attributes = await root.attributes();
    expect([...attributes.values()].sort((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 20 }, (_, k) => k),
    );
    expect(await valuesOf(root, "nested/deeper/deepest/x")).toEqual([1]);
  });

  test("has links within it; those that leave it are refused by name", async () => {
    const root = await fixture("links.h5");
    expect(await valuesOf(root, "soft")).toEqual([0, 1, 2]);
    expect(await valuesOf(root, "self/up/self/again/up/here")).toEqual([0, 1, 2]);
    expect(await valuesOf(root, "named")).toEqual([0, 1, 2, 3]);
    for (const nothing of ["dangling", "type", "here/below", "none"])
      expect(await root.get(nothing)).toBeUndefined();
    await expect(root.get("foreign")).rejects.toThrow(UnsupportedError);
    await expect(root.get("foreign")).rejects.toThrow("a link to another file");
    await expect(root.get("external")).rejects.toThrow("external storage");
    await expect((await fixture("virtual.h5")).get("virtual")).rejects.toThrow("a virtual dataset");
    await expect(root.get("round")).rejects.toThrow(FormatError);
  });

  test("has attributes of many types", async () => {
    expect(Object.fromEntries(await (await fixture("types.h5")).attributes())).toEqual({
      width: 346,
      size: [346, 260],
      text: "grüße",
      fixed: "fixed",
      texts: ["a", "bc"],
      half: 0.5,
      flag: 1,
      ref: undefined,
      none: [],
    });
  });
});

suite("a dataset", () => {
  test.each([
    ["layouts.h5", "compact", 50],
    ["layouts.h5", "contiguous", 50],
    ["layouts.h5", "empty", 0],
    ["layouts.h5", "single", 50],
    ["layouts.h5", "single-deflate", 50],
    ["layouts.h5", "implicit", 50],
    ["layouts.h5", "fixed", 50],
    ["layouts.h5", "fixed-deflate", 50],
    ["layouts.h5", "extensible", 300],
    ["layouts.h5", "extensible-deflate", 300],
    ["layouts.h5", "tree2", 600],
    ["layouts.h5", "tree2-deflate", 400],
    ["layouts.h5", "fixed-2d", 600],
    ["paged.h5", "fixed-paged", 1100],
    ["layouts-v0.h5", "tree1", 900],
    ["layouts-v0.h5", "tree1-2d", 600],
    ["layouts-v0.h5", "big-endian", 50],
  ])("of %s, %s, is read", async (file, name, count) => {
    expect(await valuesOf(await fixture(file), name)).toEqual(line(count));
  });

  test("that may grow along its second axis is read", async () => {
    const values = await valuesOf(await fixture("layouts.h5"), "second-axis");
    expect(values).toEqual(line(600).filter((_, i) => i % 20 < 15));
  });

  test.each(["layouts.h5", "layouts-v0.h5"])("of %s has its fill value where no chunk is", async (file) => {
    const values = await valuesOf(await fixture(file), "missing");
    expect(values).toEqual(line(50).map((value, i) => (i >= 14 && i < 21 ? value : -9)));
  });

  test("that was never written has its fill value, and a scalar its one", async () => {
    const root = await fixture("layouts.h5");
    expect(await valuesOf(root, "never")).toEqual(Array.from({ length: 50 }, () => 5));
    expect(await valuesOf(root, "scalar")).toEqual([2.5]);
  });

  test("of so many chunks that blocks of their array have pages is found", async () => {
    const bytes = bytesOf("extensible-paged.h5");
    const storage = new Storage(inMemory(bytes), { base: 0, addressBytes: 8, lengthBytes: 8 }, undefined);
    const address = Buffer.from(bytes.buffer).indexOf("EAHD");
    const index = new ArrayIndex(storage, address, "extensible array", {
      number: ([n]) => n!,
      chunkBytes: 4,
      filtered: false,
    });
    const view = new DataView(bytes.buffer);
    const found: (number | undefined)[] = [];
    for (const n of [0, 1000, 163_900, 164_999, 165_000, 165_001, 165_002, 165_003, 199_999]) {
      const chunk = await index.find([n]);
      found.push(chunk && view.getInt32(chunk.address, true));
    }
    const none = undefined;
    expect(found).toEqual([none, none, none, none, 5, 6, 7, none, none]);
    // Without as many bytes as chunks a dataset is refused.
    await expect((await open(bytes)).root.get("x")).rejects.toThrow("expected at most");
  });

  test("is read in any part", async () => {
    const sets = [
      await dataset(await fixture("layouts.h5"), "tree2"),
      await dataset(await fixture("layouts-v0.h5"), "tree1-2d"),
      await dataset(await fixture("layouts.h5"), "fixed-2d"),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...sets),
        fc.tuple(fc.nat(30), fc.nat(30), fc.nat(20), fc.nat(20)),
        async (set, [a, b, c, d]) => {
          const [top, bottom, left, right] = [Math.min(a, b), Math.max(a, b), Math.min(c, d), Math.max(c, d)];
          const part = await set.readBox([top, left], [bottom - top, right - left]);
          const expected: number[] = [];
          for (let i = top; i < bottom; i++)
            for (let j = left; j < right; j++) expected.push(3 * (20 * i + j) - 7);
          expect(Array.from(part)).toEqual(expected);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("has no part outside itself", async () => {
    const set = await dataset(await fixture("layouts.h5"), "fixed");
    await expect(set.read(49, 2)).rejects.toThrow("expected a part of 50, got 2 at 49");
    await expect(set.read(-1, 1)).rejects.toThrow("expected a part");
  });

  test("of any type of number is read, in both byte orders", async () => {
    const root = await fixture("types.h5");
    const integers = [0, 1, -1, 100, -100, 127, -128];
    const floats = [0, 1.5, -2.25, 65504, Infinity, -Infinity, NaN, 2 ** -20];
    for (const order of ["<", ">"]) {
      for (const bytes of [1, 2, 4, 8]) {
        expect(await valuesOf(root, `${order}i${bytes}`)).toEqual(integers);
        const unsigned = integers.map((n) => (n < 0 ? 2 ** (8 * bytes) + n : n));
        expect(await valuesOf(root, `${order}u${bytes}`)).toEqual(unsigned);
      }
      for (const bytes of [2, 4, 8]) expect(await valuesOf(root, `${order}f${bytes}`)).toEqual(floats);
    }
    expect(await valuesOf(root, "i3")).toEqual(integers);
    expect(await valuesOf(root, "i5be")).toEqual(integers);
    expect(await valuesOf(root, "bool")).toEqual([1, 0, 1]);
    expect(await valuesOf(root, "enum")).toEqual([2, 1]);
    expect(await valuesOf(root, "huge")).toEqual([2 ** 53, -(2 ** 62)]);
    const compound = await dataset(root, "compound");
    if (compound.type.kind !== "compound") throw new Error("no compound");
    const fields = await Promise.all(
      compound.type.fields.map(async (field) => Array.from(await compound.read(0, 2, { field }))),
    );
    expect(fields).toEqual([
      [1, 4],
      [2.5, 5.5],
      [-3, -6],
    ]);
  });

  test.each(["text", "vlen", "opaque", "bits12", "compound"])("of %s has no numbers", async (name) => {
    const set = await dataset(await fixture("types.h5"), name);
    await expect(set.read(0, set.shape[0] ?? 1)).rejects.toThrow(UnsupportedError);
  });
});

suite("filters", () => {
  const blosc = ["blosclz", "lz4", "lz4hc", "zlib", "zstd"].flatMap((codec) =>
    ["none", "byte", "bit"].map((kind) => `${codec}-${kind}`),
  );
  test.each([...blosc, "zstd", "lzf"])("%s is undone", async (name) => {
    const expected = Array.from({ length: 400 }, (_, i) => Math.floor((i * i) / 7));
    expect(await valuesOf(await fixture("filters.h5"), name)).toEqual(expected);
  });

  test("Blosc blocks that cannot be split, or do not shrink, are undone", async () => {
    const root = await fixture("filters.h5");
    const expected = Array.from({ length: 303 }, (_, i) => Math.floor((i * i) / 7));
    expect(await valuesOf(root, "blosclz-odd")).toEqual(expected);
    expect((await valuesOf(root, "blosclz-copied")).length).toBe(100);
  });

  test.each([
    ["scaleoffset", "scale-offset (filter 6)"],
    ["unknown", "filter 40000"],
  ])("%s is refused by name", async (name, message) => {
    const root = await fixture("filters.h5");
    await expect(root.get(name)).rejects.toThrow(UnsupportedError);
    await expect(root.get(name)).rejects.toThrow(message);
  });

  test("Snappy within Blosc is refused by name", async () => {
    await expect(valuesOf(await fixture("filters.h5"), "snappy")).rejects.toThrow("got Snappy");
  });

  test("a chunk whose Fletcher checksum differs is a fault", async () => {
    const bytes = bytesOf("dsec-v0.h5");
    const events = await dataset((await open(bytes)).root, "events/x");
    expect(events.pieceEnd(0, 70)).toBe(128);
    let faults = 0;
    for (let at = 4000; at < bytes.length; at += 97) {
      const broken = bytes.slice();
      broken[at]! ^= 1;
      const error = await open(broken)
        .then(({ root }) => valuesOf(root, "events/x"))
        .catch((e: unknown) => e);
      if (error instanceof FormatError) faults++;
    }
    expect(faults).toBeGreaterThan(0);
  });

  test("checksums agree with published values", () => {
    const ascii = (text: string) => new TextEncoder().encode(text);
    expect(lookup3(ascii(""))).toBe(0xdeadbeef);
    expect(lookup3(ascii("Four score and seven years ago"))).toBe(0x17770551);
    expect(adler32(ascii("Wikipedia"))).toBe(0x11e60398);
    expect(fletcher32(Uint8Array.of(0, 1, 0, 2))).toBe((4 << 16) | 3);
  });

  test("unshuffle undoes shuffle", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.integer({ min: 1, max: 9 }), (bytes, size) => {
        expect(unshuffle(shuffle(bytes, size), size)).toEqual(bytes);
      }),
    );
  });

  test.each([
    ["LZF", (bytes: Uint8Array) => decompressLzf(bytes, 1000)],
    ["ECF", (bytes: Uint8Array) => decodeEcf(bytes, 16_000)],
    ["Blosc", (bytes: Uint8Array) => decompressBlosc(Uint8Array.of(2, 1, ...bytes), 1000)],
  ])("%s of random bytes ends in a fault or within the limit", (_, decode) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          expect(decode(bytes).length).toBeLessThanOrEqual(16_000);
        } catch (error) {
          if (!(error instanceof CompressionFault)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});

suite("ECF", () => {
  const events = fc
    .array(
      fc.record({
        gap: fc.oneof(fc.constant(0), fc.nat(20), fc.nat(1_000_000)),
        x: fc.nat(2047),
        y: fc.oneof(fc.constant(7), fc.nat(2047)),
        p: fc.constantFrom(0 as const, 1 as const),
        run: fc.oneof(fc.nat(6), fc.nat(200)),
      }),
      { minLength: 1, maxLength: 30 },
    )
    .map((rows) => {
      let t = 5_000_000_000;
      return rows.flatMap(({ gap, x, y, p, run }): EcfEvent[] => {
        t += gap;
        const start = Math.min(x, 2047 - run);
        return Array.from({ length: 1 + run }, (_, i) => ({ t, x: Math.max(0, start) + i, y, p }));
      });
    });

  test.each(["packed", "rows", "masked"] as const)("of %s columns comes back", (mode) => {
    fc.assert(
      fc.property(events, (expected) => {
        const bytes = decodeEcf(encodeEcf(expected, mode), 2 ** 20);
        const view = new DataView(bytes.buffer);
        const found = expected.map((_, i) => ({
          x: view.getUint16(16 * i, true),
          y: view.getUint16(16 * i + 2, true),
          p: view.getInt16(16 * i + 4, true),
          t: Number(view.getBigInt64(16 * i + 8, true)),
        }));
        expect(bytes.length).toBe(16 * expected.length);
        expect(found).toEqual(expected.map(({ x, y, p, t }) => ({ x, y, p, t })));
      }),
      { numRuns: 200 },
    );
  });

  test("is read from bytes written by hand", () => {
    // Two events: at t = 4 and t = 4 + 0x21, (1, 2) off and (9, 2) on, all packed.
    const first = (2 << 12) | (1 << 1);
    const second = (2 << 12) | (9 << 1) | 1;
    const word = (n: number) => [n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24];
    const chunk = Uint8Array.from([
      ...word((2 << 2) | 2),
      ...word(4),
      ...word(0),
      0x01,
      0xf1,
      0xf2,
      0x01,
      ...word((first << 8) | (second & 255)),
      ...word((second >> 8) << 16),
      ...word(0),
    ]);
    const view = new DataView(decodeEcf(chunk, 32).buffer);
    const event = (i: number) => [
      view.getUint16(i, true),
      view.getUint16(i + 2, true),
      view.getInt16(i + 4, true),
    ];
    expect([...event(0), Number(view.getBigInt64(8, true))]).toEqual([1, 2, 0, 4]);
    expect([...event(16), Number(view.getBigInt64(24, true))]).toEqual([9, 2, 1, 4 + 0x21]);
  });
});

test("zlib data that are too short to hold a checksum are a fault", () => {
  // An empty block by itself decompresses to nothing.
  for (const bytes of [[], [0x78, 0x9c], [0x78, 0x9c, 3], [0x78, 0x9c, 3, 0], [0x78, 0x9c, 3, 0, 0, 0, 0]]) {
    expect(() => inflate(Uint8Array.from(bytes), 10)).toThrow(CompressionFault);
  }
});

suite("h5wasm", () => {
  test("writes what is read here", async () => {
    const path = join(folder, "h5wasm.h5");
    const file = new h5wasm.File(path, "w");
    const values = Int32Array.from(line(5000));
    file.create_dataset({ name: "plain", data: values });
    file.create_dataset({
      name: "deflated",
      data: values,
      shape: [50, 100],
      chunks: [7, 30],
      maxshape: [null, 100],
      compression: 5,
    });
    file
      .create_group("a")
      .create_group("b")
      .create_dataset({ name: "c", data: new Float32Array([1.5, -2]) });
    file.create_attribute("name", "value");
    file.flush();
    file.close();
    const { root } = await open(new Uint8Array(readFileSync(path)));
    expect(await valuesOf(root, "plain")).toEqual(line(5000));
    expect(await valuesOf(root, "deflated")).toEqual(line(5000));
    expect(await valuesOf(root, "a/b/c")).toEqual([1.5, -2]);
    expect((await root.attributes()).get("name")).toBe("value");
  });

  test("agrees on the fixtures", async () => {
    for (const name of ["layouts.h5", "layouts-v0.h5", "paged.h5", "dsec-v1.h5"]) {
      const theirs = new h5wasm.File(`test/fixtures/hdf5/${name}`, "r");
      const ours = await fixture(name);
      for (const key of theirs.keys()) {
        const set = theirs.get(key);
        if (!(set instanceof h5wasm.Dataset)) continue;
        const value = set.value;
        const expected = typeof value === "number" ? [value] : Array.from(value as Int32Array);
        expect(await valuesOf(ours, key), key).toEqual(expected);
      }
      theirs.close();
    }
  });
});

suite("a hostile file", () => {
  /** Opens everything there is, a few levels deep, and reads the first rows of it. */
  async function visit(bytes: Uint8Array): Promise<void> {
    let opened = 0;
    const walk = async (group: Hdf5Group, depth: number): Promise<void> => {
      await group.attributes();
      for (const name of await group.names()) {
        if (++opened > 200) return;
        await known(async () => {
          const member = await group.get(name);
          if (member instanceof Hdf5Group && depth < 4) await walk(member, depth + 1);
          if (!(member instanceof Hdf5Dataset)) return;
          await member.attributes();
          const rows = Math.min(member.shape[0] ?? 1, 100);
          const size = member.shape.slice(1).reduce((a, b) => a * b, member.type.size);
          if (rows * size < 1e6) await member.read(0, rows);
        });
      }
    };
    await known(async () => walk((await open(bytes)).root, 0));
  }

  async function known(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof FormatError || error instanceof UnsupportedError)) throw error;
      expect(error.message).toMatch(/expected .*, got /);
    }
  }

  test.each(["layouts.h5", "layouts-v0.h5", "dense.h5", "links.h5", "types.h5", "filters.h5"])(
    "%s with bytes changed ends in known errors",
    async (name) => {
      const random = new Random(name);
      const original = bytesOf(name);
      for (let run = 0; run < 250; run++) {
        const bytes = original.slice();
        for (let k = random.integer(1, 6); k > 0; k--) {
          // Metadata is dense at the start; addresses of other places are the worst values there are.
          const at = random.integer(0, run % 2 === 0 ? 3000 : bytes.length);
          const kind = random.integer(0, 3);
          if (kind === 0) bytes[at] = random.integer(0, 256);
          else if (kind === 1) bytes.copyWithin(at, random.integer(0, bytes.length - 8), bytes.length);
          else
            new DataView(bytes.buffer).setUint32(
              Math.min(at, bytes.length - 4),
              random.integer(0, bytes.length),
              true,
            );
        }
        await visit(bytes);
      }
    },
  );

  test("whose B-tree leads back to itself is refused", async () => {
    const bytes = bytesOf("layouts-v0.h5");
    const text = Buffer.from(bytes.buffer);
    // The children of every node of a group are the node itself.
    let nodes = 0;
    for (let at = text.indexOf("TREE"); at >= 0; at = text.indexOf("TREE", at + 4)) {
      if (bytes[at + 4] !== 0) continue;
      bytes[at + 5] = 1;
      new DataView(bytes.buffer).setBigUint64(at + 32, BigInt(at), true);
      nodes++;
    }
    expect(nodes).toBeGreaterThan(0);
    await expect((await open(bytes)).root.names()).rejects.toThrow(FormatError);
  });

  test("whose header goes on in itself is refused", async () => {
    const bytes = bytesOf("types.h5");
    const view = new DataView(bytes.buffer);
    // The first message of the header of the root group becomes one that says: goes on at 96, for 200 bytes.
    view.setUint16(96 + 16, 0x10, true);
    view.setUint16(96 + 18, 16, true);
    view.setBigUint64(96 + 24, 96n, true);
    view.setBigUint64(96 + 32, 200n, true);
    await expect(open(bytes)).rejects.toThrow(/expected a new block of the header/);
  });

  test("that claims 2^50 rows allocates none of them", async () => {
    const bytes = bytesOf("layouts-v0.h5");
    const { root } = await open(bytes);
    const set = await dataset(root, "tree1");
    const view = new DataView(bytes.buffer);
    // The dataspace message of version 1 with one axis of 900.
    for (let at = set.offset; at < set.offset + 200; at++) {
      if (view.getBigUint64(at, true) === 900n) view.setBigUint64(at, 2n ** 50n, true);
    }
    await expect((await open(bytes)).root.get("tree1")).rejects.toThrow(/chunks in a file of so many bytes/);
  });
});

test("numbers that are no numbers are refused by name", () => {
  const type = { kind: "other", size: 4, name: "references" } as const;
  expect(() => numbersOf(type, new Uint8Array(4), { count: 1, stride: 4, offset: 0 })).toThrow(
    "hdf5: expected integers or floats, got references",
  );
});
