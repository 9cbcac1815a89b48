import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { ArgumentError, Random, ShapeError } from "../../src/core/index.ts";
import { augmentImage, type ImageAugmentation, mixup, type Picture } from "../../src/data/index.ts";
import { sineCosine } from "../../src/data/picture.ts";

/** Numbers 1, 2, 3, … */
function counting(...shape: number[]): Picture {
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Float32Array.from({ length: size }, (_, i) => i + 1) };
}

const changed = (picture: Picture, augmentation: ImageAugmentation, seed = 1): Picture =>
  augmentImage(picture, [augmentation], new Random(seed));

const some: readonly ImageAugmentation[] = [
  { kind: "crop", padding: 2 },
  { kind: "cut", height: 4, width: 3 },
  { kind: "flip" },
  { kind: "cutout", size: 3 },
  { kind: "erase" },
  { kind: "contrast", range: [0.5, 1.5] },
  { kind: "rotate", degrees: 30 },
  { kind: "translate", share: 0.3 },
  { kind: "shear", amount: 0.3 },
];

suite("augmentation of pictures", () => {
  test.each(some)(
    "$kind repeats itself by its seed, treats steps alike and leaves the original",
    (augmentation) => {
      fc.assert(
        fc.property(fc.nat(), (seed) => {
          const frame = counting(2, 6, 5);
          const clip: Picture = { shape: [3, 2, 6, 5], data: new Float32Array(180) };
          for (let t = 0; t < 3; t++) clip.data.set(frame.data, 60 * t);
          const before = clip.data.slice();
          const result = changed(clip, augmentation, seed);
          expect(result).toEqual(changed(clip, augmentation, seed));
          expect(clip.data).toEqual(before);
          const size = result.data.length / 3;
          const alone = changed(frame, augmentation, seed).data;
          for (let t = 0; t < 3; t++) expect(result.data.slice(t * size, (t + 1) * size)).toEqual(alone);
          expect(new Set(changed(clip, augmentation, seed + 1).data).has(NaN)).toBe(false);
        }),
        { numRuns: 30 },
      );
    },
  );

  test.each(some.filter(({ kind }) => kind !== "contrast"))("$kind invents no number", (augmentation) => {
    for (let seed = 0; seed < 20; seed++) {
      const picture = counting(1, 6, 5);
      for (const value of changed(picture, augmentation, seed).data) {
        expect(value === 0 || picture.data.includes(value)).toBe(true);
      }
    }
  });

  test("mirrors with its probability", () => {
    const picture = counting(1, 2, 3);
    expect([...changed(picture, { kind: "flip", probability: 1 }).data]).toEqual([3, 2, 1, 6, 5, 4]);
    expect(changed(picture, { kind: "flip", probability: 0 })).toEqual(picture);
  });

  test("crops every place within the padding", () => {
    const picture = counting(1, 2, 2);
    const found = new Set(
      Array.from({ length: 200 }, (_, seed) =>
        changed(picture, { kind: "crop", padding: 1 }, seed).data.join(),
      ),
    );
    expect(found.size).toBe(9);
    expect(found).toContain("1,2,3,4");
    expect(found).toContain("4,0,0,0");
    expect(found).toContain("0,0,0,1");
  });

  test("cuts a part out, row by row", () => {
    expect(changed(counting(2, 2, 3), { kind: "cut", height: 2, width: 3 })).toEqual(counting(2, 2, 3));
    const parts = new Set(
      Array.from({ length: 50 }, (_, seed) =>
        changed(counting(1, 2, 3), { kind: "cut", height: 1, width: 2 }, seed).data.join(),
      ),
    );
    expect([...parts].sort()).toEqual(["1,2", "2,3", "4,5", "5,6"]);
  });

  test("turns either way by up to its angle, with sines that are right", () => {
    const unsigned = (degrees: number) => sineCosine(degrees).map((value) => value + 0);
    expect([90, -450, 180, 0].map(unsigned)).toEqual([
      [1, 0],
      [-1, 0],
      [0, -1],
      [0, 1],
    ]);
    for (let degrees = -400; degrees < 400; degrees += 7) {
      const [sine, cosine] = sineCosine(degrees);
      expect(sine).toBeCloseTo(Math.sin((degrees * Math.PI) / 180), 14);
      expect(cosine).toBeCloseTo(Math.cos((degrees * Math.PI) / 180), 14);
    }
    const dot: Picture = { shape: [1, 21, 21], data: new Float32Array(441) };
    dot.data[10 * 21 + 20] = 1;
    const places = Array.from({ length: 60 }, (_, seed) => {
      const at = changed(dot, { kind: "rotate", degrees: 20 }, seed).data.indexOf(1);
      return at < 0 ? null : Math.floor(at / 21);
    });
    expect(Math.max(...places.map((row) => row ?? 10))).toBeGreaterThan(11);
    expect(Math.min(...places.map((row) => row ?? 10))).toBeLessThan(9);
    for (const row of places) expect(Math.abs((row ?? 10) - 10)).toBeLessThanOrEqual(4);
  });

  test("shears rows and leaves the one in the middle", () => {
    const picture = counting(1, 5, 5);
    for (let seed = 0; seed < 20; seed++) {
      const { data } = changed(picture, { kind: "shear", amount: 0.5 }, seed);
      expect(data.slice(10, 15)).toEqual(Float32Array.of(11, 12, 13, 14, 15));
    }
  });

  test("blanks a square that may hang over, and a box of its share inside", () => {
    const ones: Picture = { shape: [1, 20, 20], data: new Float32Array(400).fill(1) };
    const zeros = (augmentation: ImageAugmentation, seed: number) =>
      changed(ones, augmentation, seed).data.filter((value) => value === 0).length;
    const cutouts = Array.from({ length: 100 }, (_, seed) => zeros({ kind: "cutout", size: 6 }, seed));
    expect(Math.max(...cutouts)).toBe(36);
    expect(Math.min(...cutouts)).toBeLessThan(36);
    expect(Math.min(...cutouts)).toBeGreaterThanOrEqual(9);
    for (let seed = 0; seed < 50; seed++) {
      const share = zeros({ kind: "erase", area: [0.1, 0.2] }, seed) / 400;
      expect(share).toBeGreaterThan(0.07);
      expect(share).toBeLessThan(0.24);
    }
  });

  test("changes contrast about the mean", () => {
    const { data } = changed(counting(1, 1, 3), { kind: "contrast", range: [2, 2] });
    expect([...data]).toEqual([0, 2, 4]);
  });

  test("chooses different ones, each as often", () => {
    const mirror = { kind: "flip", probability: 1 } as const;
    const double = { kind: "contrast", range: [2, 2] } as const;
    const nothing = { kind: "flip", probability: 0 } as const;
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 300; seed++) {
      const choice = { kind: "choose", count: 2, of: [mirror, double, nothing] } as const;
      const key = changed(counting(1, 1, 3), choice, seed).data.join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(["0,2,4", "3,2,1", "4,2,0"]);
    for (const count of counts.values()) expect(count).toBeGreaterThan(60);
  });

  test("blends two pictures, and says how much of the label is the first's", () => {
    const [a, b] = [counting(1, 1, 2), { shape: [1, 1, 2], data: Float32Array.of(5, 10) }];
    expect(mixup(a, b, new Random(1), { ratio: 0.75 })).toEqual({
      shape: [1, 1, 2],
      data: Float32Array.of(2, 4),
      ratio: 0.75,
    });
    const { ratio } = mixup(a, b, new Random(1));
    expect(ratio).toBe(new Random(1).uniform());
    expect(() => mixup(a, counting(1, 2, 1), new Random(1))).toThrow(ShapeError);
    expect(() => mixup(a, b, new Random(1), { ratio: 2 })).toThrow(ArgumentError);
  });

  test.each<ImageAugmentation>([
    { kind: "crop", padding: -1 },
    { kind: "crop", padding: 0.5 },
    { kind: "cut", height: 7, width: 1 },
    { kind: "flip", probability: NaN },
    { kind: "cutout", size: -1 },
    { kind: "erase", area: [0.5, 0.25] },
    { kind: "erase", aspect: 0.5 },
    { kind: "contrast", range: [-1, 1] },
    { kind: "rotate", degrees: 360 },
    { kind: "translate", share: 2 },
    { kind: "shear", amount: -1 },
    { kind: "choose", count: 2, of: [{ kind: "flip" }] },
  ])("refuses $kind with options out of range", (augmentation) => {
    expect(() => changed(counting(1, 6, 5), augmentation)).toThrow(ArgumentError);
  });

  test("refuses what is no picture", () => {
    expect(() => changed(counting(6, 5), { kind: "flip" })).toThrow(ShapeError);
    expect(() => changed({ shape: [1, 2, 3], data: new Float32Array(5) }, { kind: "flip" })).toThrow(
      ShapeError,
    );
    expect(() => changed(counting(1, 0, 3), { kind: "flip" })).toThrow(ShapeError);
  });
});
