import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { parse } from "yaml";
import { ArgumentError, FormatError } from "../../src/core/index.ts";
import { imageAugmentSchema, parseLabelledData } from "../../src/data/index.ts";
import type { ClassificationBatch, ClassificationConfig } from "../../src/data/index.ts";
import { classificationData, type ClassificationOptions, diskFolder } from "../../src/data/node.ts";
import { ffmpegVersion, writeVideo } from "../../src/video/node.ts";
import { nmnistOf } from "../events/flat-files.ts";
import { DATA, eventsOf } from "../events/support.ts";
import { copyOf, rgbPng } from "./copies.ts";

const ffmpeg = await ffmpegVersion().catch(() => undefined);

/** Ten digits for training, five for validation: the digit's events lie in a row of their own. */
function digits(): string {
  const samples = Array.from({ length: 15 }, (_, i) => {
    const label = i % 5;
    const events = eventsOf(Array.from({ length: 12 }, (_, k) => [1000 * k, k, 4 * label, k % 2] as const));
    return { file: `${i}.bin`, label, split: i < 10 ? "train" : "val", bytes: nmnistOf(events) };
  });
  const index = { samples: samples.map(({ file, label, split }) => ({ file, label, split })) };
  return copyOf({
    "index.json": JSON.stringify(index),
    ...Object.fromEntries(samples.map(({ file, bytes }) => [file, bytes])),
  });
}

/** CIFAR-10 with pictures of one colour: value 20 times the label. */
function cifar(labels: readonly number[] = [0, 1, 2, 3, 4, 5]): string {
  const record = (label: number) => [label, ...new Uint8Array(3072).fill(20 * label)];
  const bytes = Uint8Array.from(labels.flatMap(record));
  return copyOf({ "train.bin": bytes, "test.bin": bytes.slice(0, 3 * 3073) });
}

const options = { batch: 4, timeSteps: 3, seed: 5 };

function opened(data: unknown, root: string, more: Partial<ClassificationOptions> = {}) {
  const config = parseLabelledData(data) as ClassificationConfig;
  return classificationData(config, diskFolder(root), { ...options, ...more });
}

async function all(batches: AsyncIterable<ClassificationBatch>): Promise<ClassificationBatch[]> {
  const found = [];
  for await (const batch of batches) found.push(batch);
  return found;
}

suite("recordings", () => {
  const config = { dataset: "nmnist", size: [34, 34], by: "time", values: "binary" };

  test("become binary frames, steps first", async () => {
    const { training, evaluation, samples, classes, input } = await opened(config, digits());
    expect([samples, classes.length]).toEqual([10, 10]);
    expect(input).toMatchObject({ kind: "events", frames: 3, by: "time", size: [34, 34] });
    const { shape, video, spikes, labels, targets, names } = await training.next();
    expect(shape).toEqual([3, 4, 2, 34, 34]);
    expect([video.length, spikes, names.length, targets.length]).toEqual([3 * 4 * 2 * 34 * 34, true, 4, 40]);
    for (const [b, label] of labels.entries()) {
      expect(targets[10 * b + label]).toBe(1);
      // 11 of 12 events lie in the bins of equal time, whose end is that of the last event.
      for (let t = 0; t < 3; t++) {
        const row = (t * 4 + b) * 2 * 34 * 34 + 34 * 4 * label;
        const seen = video.subarray(row, row + 34).reduce((a, v) => a + v, 0);
        expect(seen).toBeGreaterThan(0);
      }
    }
    const sizes = (await all(evaluation())).map((batch) => batch.names);
    expect(sizes).toEqual([["10.bin", "11.bin", "12.bin", "13.bin"], ["14.bin"]]);
  });

  test("counts by number of events sum to all of them, and are no spikes", async () => {
    const { evaluation } = await opened({ ...config, by: "events", values: "counts", size: 4 }, digits());
    const [batch] = await all(evaluation("val"));
    expect(batch!.shape).toEqual([3, 4, 2, 4, 4]);
    expect(batch!.spikes).toBe(false);
    expect(batch!.video.reduce((a, b) => a + b, 0)).toBe(4 * 12);
  });

  test("that are broken name their file", async () => {
    const root = copyOf({
      "index.json": JSON.stringify({ samples: [{ file: "bad.bin", label: 0, split: "train" }] }),
      "bad.bin": Uint8Array.of(1, 2, 3),
    });
    const { training } = await opened(config, root, { batch: 1 });
    await expect(training.next()).rejects.toThrow(FormatError);
    await expect(training.next()).rejects.toThrow(/bad\.bin/);
  });

  test("of other numbers of steps than the run are refused", async () => {
    await expect(opened({ ...config, frames: 16 }, digits())).rejects.toThrow(
      "data: expected frames of timeSteps, 3, got 16",
    );
  });

  test("are split anew by class where the configuration says so", async () => {
    const { samples, evaluation } = await opened({ ...config, split: { train: 0.67, seed: 1 } }, copyOfAll());
    expect(samples).toBe(10);
    const labels = (await all(evaluation())).flatMap((batch) => [...batch.labels]);
    expect(labels.toSorted()).toEqual([0, 1, 2, 3, 4]);
  });

  /** Three of each of five digits, some in each split. */
  function copyOfAll(): string {
    const splits = ["train", "val", "test"];
    const samples = Array.from({ length: 15 }, (_, i) => ({
      file: `${i}.bin`,
      label: i % 5,
      split: splits[i % 3]!,
    }));
    const events = nmnistOf(eventsOf([[0, 1, 1, 1]]));
    const files = Object.fromEntries(samples.map(({ file }) => [file, events]));
    return copyOf({ "index.json": JSON.stringify({ samples }), ...files });
  }
});

suite("pictures", () => {
  test("are still, normalised by the colours of their data set, and tested where there is no validation", async () => {
    const { training, evaluation } = await opened({ dataset: "cifar10" }, cifar());
    const { shape, video, labels } = await training.next();
    expect(shape).toEqual([4, 3, 32, 32]);
    labels.forEach((label, b) => {
      expect(video[b * 3072]).toBeCloseTo(((20 * label) / 255 - 0.4914) / 0.247, 5);
    });
    expect((await all(evaluation())).map(({ labels: found }) => [...found])).toEqual([[0, 1, 2]]);
  });

  test("of ImageNet are scaled by their shorter side, cut at random, and in the middle afterwards", async () => {
    const root = copyOf({
      "train/n01/a.png": rgbPng(60, 40, [10, 20, 30]),
      "train/n02/b.png": rgbPng(30, 50, [10, 20, 30]),
      "val/n01/c.png": rgbPng(90, 30, [10, 20, 30]),
      "val/n02/d.png": rgbPng(10, 10, [10, 20, 30]),
    });
    const augment = imageAugmentSchema.parse([{ kind: "cut", height: 16, width: 12 }, { kind: "flip" }]);
    const { training, evaluation, input } = await opened({ dataset: "imagenet", shorterSide: 20 }, root, {
      batch: 2,
      augment,
    });
    expect(input).toMatchObject({ kind: "image", size: 20, cut: [16, 12] });
    expect((await training.next()).shape).toEqual([2, 3, 16, 12]);
    const [batch] = await all(evaluation("val"));
    expect(batch!.shape).toEqual([2, 3, 16, 12]);
    // A plain picture stays plain, whatever becomes of its size.
    expect(batch!.video[0]).toBeCloseTo((10 / 255 - 0.485) / 0.229, 5);
    await expect(opened({ dataset: "imagenet", shorterSide: 20 }, root)).rejects.toThrow(/expected a `cut`/);
  });

  test("that mix have targets that sum to 1, and the label of the larger share", async () => {
    const root = cifar();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1e6 }), async (seed) => {
        const { training } = await opened({ dataset: "cifar10" }, root, { seed, mixup: true });
        const { targets, labels } = await training.next();
        labels.forEach((label, b) => {
          const row = [...targets.subarray(10 * b, 10 * b + 10)];
          expect(row.reduce((x, y) => x + y, 0)).toBeCloseTo(1, 6);
          expect(row[label]).toBeGreaterThanOrEqual(Math.max(...row) - 1e-6);
        });
      }),
      { numRuns: 20 },
    );
  });

  test("come in equal batches after a state is restored, in any epoch", async () => {
    const root = cifar();
    const augment = imageAugmentSchema.parse([
      { kind: "crop", padding: 4 },
      {
        kind: "choose",
        count: 1,
        of: [
          { kind: "cutout", size: 8 },
          { kind: "contrast", range: [0.5, 1.5] },
        ],
      },
    ]);
    const more = { augment, mixup: true };
    const before = (await opened({ dataset: "cifar10" }, root, more)).training;
    for (let i = 0; i < 4; i++) await before.next();
    const state = JSON.parse(JSON.stringify(before.save())) as ReturnType<typeof before.save>;
    const after = (await opened({ dataset: "cifar10" }, root, { ...more, memoryBytes: 0 })).training;
    after.restore(state);
    for (let i = 0; i < 3; i++) expect(await after.next()).toEqual(await before.next());
    expect(() => after.restore({ position: -1 })).toThrow(ArgumentError);
  });

  test("are all seen once an epoch, each epoch in another order", async () => {
    const { training } = await opened({ dataset: "cifar10" }, cifar(), { batch: 6 });
    const epochs = [await training.next(), await training.next()].map(({ labels }) => [...labels]);
    for (const labels of epochs) expect(labels.toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(epochs[0]).not.toEqual(epochs[1]);
  });

  test("are as many as the limit says", async () => {
    const { samples } = await opened({ dataset: "cifar10", limit: 4 }, cifar());
    expect(samples).toBe(4);
  });
});

suite.skipIf(ffmpeg === undefined)("videos", () => {
  /** Two classes; frame i of a video is of one grey, 10·i. */
  async function clips(): Promise<string> {
    const root = copyOf({ "walk/none.txt": "", "wave/none.txt": "" });
    for (const [name, count] of [
      ["walk/a.mp4", 12],
      ["wave/b.mp4", 5],
    ] as const) {
      const frames = Array.from({ length: count }, (_, i) => new Uint8Array(32 * 24 * 3).fill(10 * i));
      await writeVideo(join(root, name), frames, { rateHz: 10, width: 32, height: 24 });
    }
    return root;
  }
  const data = { dataset: "videos", size: 16, split: { train: 1, seed: 1 } };

  test("are cut in equal parts, whose middles are shown", async () => {
    const { training, classes, input } = await opened(data, await clips(), { batch: 2, timeSteps: 4 });
    expect(classes).toEqual(["walk", "wave"]);
    expect(input).toMatchObject({ kind: "video", frames: 4, stride: null, size: [16, 16] });
    const { shape, video, labels } = await training.next();
    expect(shape).toEqual([4, 2, 3, 16, 16]);
    const walk = labels.indexOf(0);
    const greys = [0, 1, 2, 3].map((t) => 255 * (0.229 * video[(t * 2 + walk) * 768]! + 0.485));
    for (const [t, grey] of greys.entries()) expect(Math.abs(grey - 10 * [1, 4, 7, 10][t]!)).toBeLessThan(4);
  });

  test("or a window of them is, at a random place, the last frame repeated if need be", async () => {
    const root = await clips();
    const { training } = await opened({ ...data, stride: 2 }, root, { batch: 2, timeSteps: 4 });
    const starts = new Set<number>();
    for (let i = 0; i < 8; i++) {
      const { video, labels } = await training.next();
      labels.forEach((label, b) => {
        const greys = [0, 1, 2, 3].map((t) => 0.229 * video[(t * 2 + b) * 768]! + 0.485);
        const frames = greys.map((grey) => Math.abs(Math.round(25.5 * grey)));
        if (label === 1) expect(frames).toEqual([0, 2, 4, 4]);
        else {
          expect(frames.map((frame) => frame - frames[0]!)).toEqual([0, 2, 4, 6]);
          starts.add(frames[0]!);
        }
      });
    }
    expect(starts.size).toBeGreaterThan(2);
  });

  test("that are broken name their file", async () => {
    const root = copyOf({ "walk/a.mp4": "no video" });
    const { training } = await opened(data, root, { batch: 1 });
    await expect(training.next()).rejects.toThrow(/walk\/a\.mp4/);
  });
});

suite("a configuration", () => {
  test.each(["cifar10", "cifar100", "imagenet", "cifar10-dvs", "dvs-gesture"])(
    "of STAA-SNN for %s is read",
    (name) => {
      const run = parse(readFileSync(`configs/staa-${name}.yaml`, "utf8")) as Record<string, unknown>;
      expect(parseLabelledData(run["data"])).toMatchObject({ dataset: name });
      expect(imageAugmentSchema.parse(run["augment"])).toEqual(run["augment"]);
    },
  );

  test.each([
    [{ dataset: "mnist" }, /data: dataset: /],
    [{ dataset: "nmnist", size: 0 }, /data: size: /],
    [{ dataset: "nmnist", size: 34, side: 3 }, /data: .*side/],
    [{ dataset: "camvid" }, /data: size: /],
    [null, /data: top level: /],
  ])("with a fault is refused: %j", (data, message) => {
    expect(() => parseLabelledData(data)).toThrow(message);
    expect(() => parseLabelledData(data)).toThrow(ArgumentError);
  });
});

suite.skipIf(DATA === undefined)("copies in SACCADE_DATA", () => {
  test.each([
    ["nmnist", { dataset: "nmnist", size: 34, limit: 8 }, [3, 4, 2, 34, 34]],
    ["cifar10", { dataset: "cifar10", limit: 8 }, [4, 3, 32, 32]],
    ["video_fight", { dataset: "videos", size: 32, limit: 4 }, [3, 4, 3, 32, 32]],
  ])("of %s are read", async (folder, data, shape) => {
    const { training, evaluation } = await opened(data, join(DATA!, folder));
    expect((await training.next()).shape).toEqual(shape);
    for await (const batch of evaluation()) expect(batch.video.every(Number.isFinite)).toBe(true);
  });
});
