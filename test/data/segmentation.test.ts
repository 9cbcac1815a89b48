import { join } from "node:path";
import { encode as encodePng } from "fast-png";
import fc from "fast-check";
import { expect, suite, test } from "vitest";
import {
  maskAugmentSchema,
  parseLabelledData,
  type SegmentationBatch,
  type SegmentationConfig,
  segmentationData,
  VOID_LABEL,
} from "../../src/data/index.ts";
import { diskFolder } from "../../src/data/node.ts";
import { DATA } from "../events/support.ts";
import { copyOf, png, rgbPng } from "./copies.ts";

const [WIDTH, HEIGHT] = [24, 16];

/** A picture whose colour tells its mask: blocks of 8×8 pixels, red 20 times the class. */
function blocks(seed: number): Record<"image" | "mask", Uint8Array> {
  const classes = Array.from({ length: WIDTH * HEIGHT }, (_, i) => {
    const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
    return (seed + (x >> 3) + 3 * (y >> 3)) % 11;
  });
  const data = Uint8Array.from(classes.flatMap((label) => [20 * label, 100, 100]));
  return {
    image: encodePng({ width: WIDTH, height: HEIGHT, data, channels: 3 }),
    mask: png(WIDTH, classes),
  };
}

function copy(): string {
  const files: Record<string, Uint8Array> = {};
  for (let i = 0; i < 5; i++) {
    const { image, mask } = blocks(i);
    const part = i < 4 ? "train" : "val";
    files[`${part}/images/${i}.png`] = image;
    files[`${part}/labels/${i}.png`] = mask;
  }
  return copyOf(files);
}

function opened(root: string, augment: unknown[] = [], more: object = {}, memoryBytes?: number) {
  const data = { dataset: "camvid", size: [16, 24], mean: [0, 0, 0], std: [1, 1, 1], ...more };
  return segmentationData(parseLabelledData(data) as SegmentationConfig, diskFolder(root), {
    batch: 2,
    timeSteps: 2,
    seed: 3,
    augment: maskAugmentSchema.parse(augment),
    ...(memoryBytes !== undefined && { memoryBytes }),
  });
}

/** Pixels whose colour is that of their class, of those that are of a class. */
function agreement({ video, shape, masks }: SegmentationBatch): { known: number; agree: number } {
  const [, batch, , height, width] = shape as [number, number, number, number, number];
  const plane = height * width;
  let [known, agree] = [0, 0];
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < plane; i++) {
      const label = masks[b * plane + i]!;
      if (label === VOID_LABEL) continue;
      known++;
      if (Math.abs(video[b * 3 * plane + i]! - (20 * label) / 255) < 1e-3) agree++;
    }
  }
  return { known, agree };
}

suite("pictures with masks", () => {
  test("are shown at all steps, masks beside them", async () => {
    const { training, evaluation, classes, input } = await opened(copy());
    expect(classes).toHaveLength(11);
    expect(input).toMatchObject({ kind: "image", frames: 2, size: [16, 24] });
    const batch = await training.next();
    expect(batch.shape).toEqual([2, 2, 3, 16, 24]);
    expect(batch.masks).toHaveLength(2 * 16 * 24);
    const half = batch.video.length / 2;
    expect(batch.video.subarray(half)).toEqual(batch.video.subarray(0, half));
    expect(agreement(batch)).toEqual({ known: 768, agree: 768 });
    for await (const { names } of evaluation()) expect(names).toEqual(["val/images/4.png"]);
  });

  test("move together, whatever moves them", async () => {
    const root = copy();
    const change = fc.constantFrom<unknown>(
      { kind: "flip", probability: 1 },
      { kind: "crop", padding: 5 },
      { kind: "cut", height: 12, width: 20 },
      { kind: "rotate", degrees: 40 },
      { kind: "translate", share: 0.3 },
      { kind: "shear", amount: 0.4 },
      { kind: "cutout", size: 6 },
      { kind: "erase" },
      { kind: "choose", count: 1, of: [{ kind: "flip" }, { kind: "rotate", degrees: 90 }] },
    );
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(change, { maxLength: 3 }), async (augment) => {
        const { training } = await opened(root, augment);
        const { known, agree } = agreement(await training.next());
        expect(agree).toBe(known);
        expect(known).toBeGreaterThan(0);
      }),
      { numRuns: 30 },
    );
  });

  test("of other scales agree but for blended edges, and are void outside", async () => {
    const root = copy();
    const large = await (await opened(root, [{ kind: "scale", range: [2, 2] }])).training.next();
    const { known, agree } = agreement(large);
    expect(known).toBe(768);
    // A block of 16×16 pixels whose border of one pixel is a mean with its neighbours has 14² of its own.
    expect(agree / known).toBeGreaterThan(0.7);
    const small = await (await opened(root, [{ kind: "scale", range: [0.5, 0.5] }])).training.next();
    const inside = [...small.masks].filter((label) => label !== VOID_LABEL).length;
    expect(inside).toBe(2 * 8 * 12);
  });

  test("come in equal batches after a state is restored, kept or decoded anew", async () => {
    const root = copy();
    const augment = [{ kind: "scale", range: [0.5, 2] }, { kind: "flip" }];
    const before = (await opened(root, augment)).training;
    for (let i = 0; i < 3; i++) await before.next();
    const after = (await opened(root, augment, {}, 0)).training;
    after.restore(before.save());
    for (let i = 0; i < 3; i++) expect(await after.next()).toEqual(await before.next());
  });

  test("that are broken name their file", async () => {
    const root = copyOf({
      "train/images/a.png": rgbPng(2, 2, [1, 2, 3]),
      "train/labels/a.png": png(3, [1, 2, 3]),
    });
    const { training } = await opened(root);
    await expect(training.next()).rejects.toThrow(/train\/labels\/a\.png: mask at byte 0/);
  });
});

test.skipIf(DATA === undefined)("CamVid of SACCADE_DATA is read", async () => {
  const { training, evaluation } = await opened(
    join(DATA!, "camvid"),
    [{ kind: "scale", range: [0.5, 2] }, { kind: "flip" }],
    { size: [45, 60], limit: 4 },
  );
  const { shape, masks } = await training.next();
  expect(shape).toEqual([2, 2, 3, 45, 60]);
  expect(masks.every((label) => label < 11 || label === VOID_LABEL)).toBe(true);
  let seen = 0;
  for await (const { names } of evaluation("test")) seen += names.length;
  expect(seen).toBe(4);
});
