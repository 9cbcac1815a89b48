import fc from "fast-check";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, suite, test } from "vitest";
import { ArgumentError, FormatError } from "../../src/core/index.ts";
import {
  collate,
  type Dataset,
  datasetOf,
  encodeExample,
  type Example,
  mapDataset,
  parseExample,
  randomSplit,
  shuffledOrder,
  subset,
} from "../../src/data/index.ts";
import { cachedDataset } from "../../src/data/node.ts";
import { copyOf } from "./copies.ts";

function numbers(length: number): Dataset<number> {
  const items = Array.from({ length }, (_, i) => i);
  return datasetOf("numbers", items, (i) => Promise.resolve(10 * i), ["a", "b"]);
}

async function all<T>(dataset: Dataset<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: dataset.length }, (_, i) => dataset.get(i)));
}

suite("a data set", () => {
  test("is mapped and cut without its samples being made", async () => {
    let made = 0;
    const mapped = mapDataset(numbers(5), (sample, index) => {
      made++;
      return sample + index;
    });
    expect(made).toBe(0);
    expect(await all(subset(mapped, [4, 0]))).toEqual([44, 0]);
    expect(mapped.classes).toEqual(["a", "b"]);
  });

  test("split at random has each sample in one part, whatever the shares", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(60),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        async (length, weights) => {
          const sum = weights.reduce((a, b) => a + b, 0);
          const parts = randomSplit(
            numbers(length),
            weights.map((w) => w / sum),
            { seed: 3 },
          );
          const samples = (await Promise.all(parts.map(all))).flat().sort((a, b) => a - b);
          expect(samples).toEqual(await all(numbers(length)));
        },
      ),
    );
    expect(() => randomSplit(numbers(3), [0.5, 0.6], { seed: 1 })).toThrow(ArgumentError);
  });

  test("is shuffled by seed and epoch, to orders that never change", () => {
    expect([...shuffledOrder(8, { seed: 1 })]).toEqual([...shuffledOrder(8, { seed: 1, epoch: 0 })]);
    expect(shuffledOrder(50, { seed: 1 })).not.toEqual(shuffledOrder(50, { seed: 1, epoch: 1 }));
    expect([...shuffledOrder(50, { seed: 2 })].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, i) => i),
    );
    expect([...shuffledOrder(8, { seed: 1 })]).toMatchInlineSnapshot(`
      [
        0,
        7,
        4,
        2,
        3,
        5,
        1,
        6,
      ]
    `);
  });
});

suite("examples", () => {
  const example = (name: string, values: number[], label?: number): Example => ({
    name,
    ...(label !== undefined && { label }),
    tensors: new Map([
      ["x", { dtype: "F32" as const, shape: [values.length], data: Float32Array.from(values) }],
    ]),
  });

  test("are stacked along a new first axis", () => {
    const { names, labels, tensors } = collate([example("a", [1, 2], 5), example("b", [3, 4], 6)]);
    expect(names).toEqual(["a", "b"]);
    expect([...labels]).toEqual([5, 6]);
    expect(tensors.get("x")).toEqual({ dtype: "F32", shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) });
    expect(collate([example("a", [1])]).labels.length).toBe(0);
  });

  test("of different shapes are not", () => {
    expect(() => collate([example("a", [1, 2]), example("b", [3])])).toThrow(
      "collate: expected x F32 [2] as in a, got F32 [1] in b",
    );
    expect(() => collate([])).toThrow(ArgumentError);
  });

  test("survive a file, with and without a label", () => {
    for (const whole of [example("a/b c.bin", [1, 2], 0), example("ü", [])]) {
      expect(parseExample(encodeExample(whole))).toEqual(whole);
    }
    expect(() => parseExample(new Uint8Array(20), "x.safetensors")).toThrow(FormatError);
  });

  test("are made once, kept on the disk, and made anew if a file is damaged or the settings change", async () => {
    const folder = copyOf({});
    let made = 0;
    const source = datasetOf("numbers", [1, 2, 3], (value) => {
      made++;
      return Promise.resolve(example(`n${value}`, [value], value));
    });
    const cached = cachedDataset(source, { folder, settings: { bins: 4 } });
    expect(await all(cached)).toEqual(await all(source));
    made = 0;
    expect((await cached.get(2)).label).toBe(3);
    expect(made).toBe(0);
    const [key] = readdirSync(folder);
    const path = join(folder, key!, "0", "2.safetensors");
    writeFileSync(path, readFileSync(path).subarray(0, 30));
    expect((await cached.get(2)).label).toBe(3);
    expect(made).toBe(1);
    await cachedDataset(source, { folder, settings: { bins: 5 } }).get(0);
    expect(made).toBe(2);
    expect(readdirSync(folder)).toHaveLength(2);
  });
});
