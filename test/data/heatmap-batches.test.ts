import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { jointHeatmaps, jointIndex } from "../../src/body/index.ts";
import { ArgumentError, Random } from "../../src/core/index.ts";
import {
  clipWindows,
  type Dataset,
  datasetOf,
  datasets,
  HEATMAP_JOINTS,
  type HeatmapBatchOptions,
  HeatmapBatches,
  heatmapEvaluationBatches,
  type HeatmapWindow,
  jointWindows,
  type LabelledClip,
} from "../../src/data/index.ts";
import { diskFolder } from "../../src/data/node.ts";
import {
  countFrames,
  emptyEvents,
  type Events,
  sliceEvents,
  stackedHistogram,
} from "../../src/events/index.ts";
import { copyOf, rgbPng } from "./copies.ts";

const sensor = { width: 40, height: 30 };
const size = { width: 32, height: 32 };
const options: HeatmapBatchOptions = { size, timeSteps: 4, batch: 2, histograms: 3 };

/** Events at equal times from 0 on. */
function noise(count: number, durationUs: number, seed: number): Events {
  const random = new Random(seed);
  const events = emptyEvents(count);
  for (let i = 0; i < count; i++) {
    events.t[i] = Math.floor((i * durationUs) / count);
    events.x[i] = random.integer(0, sensor.width);
    events.y[i] = random.integer(0, sensor.height);
    events.on[i] = random.integer(0, 2);
  }
  return events;
}

/** A clip whose joint j is at (j + 0.25 + t / 20 ms, 10) after the time t. */
function clip(seed = 1): LabelledClip {
  const times = Int32Array.from({ length: 11 }, (_, f) => 20_000 * f);
  const joints2d = Float32Array.from({ length: 11 * 24 * 2 }, (_, i) =>
    i % 2 === 1 ? 10 : ((i >> 1) % 24) + 0.25 + Math.floor(i / 48),
  );
  return {
    name: `clip ${seed}`,
    motion: "",
    action: undefined,
    preset: "clean",
    sensor,
    durationUs: 200_000,
    events: noise(2000, 200_000, seed),
    times,
    pose: undefined,
    shape: undefined,
    translation: undefined,
    joints3d: undefined,
    joints2d,
    camera: undefined,
    masks: undefined,
  };
}

const clips = datasetOf("clips", [1, 2], async (seed) => clip(seed));
const windowsOf = () => clipWindows(clips, { windowMs: 40, stepMs: 20, history: 300 });
const batchesOf = async (change: object = {}) =>
  new HeatmapBatches(await windowsOf(), { ...options, random: new Random(3), ...change });

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = [];
  for await (const item of items) out.push(item);
  return out;
}

suite("windows of clips", () => {
  test("have events enough before them, and the 13 joints of DHP19", async () => {
    const windows = await windowsOf();
    // 10 events a millisecond: from 40 ms on, and 40 ms before the end.
    expect(windows.length).toBe(2 * 7);
    const { name, events, history, joints2d, times, startUs } = await windows.get(0);
    expect([name, startUs]).toEqual(["clip 1#40", 40_000]);
    expect([events.t[0], events.t.length, history.t.length, history.t.at(-1)]).toEqual([
      40_000, 400, 300, 39_900,
    ]);
    expect(times).toEqual(clip().times);
    HEATMAP_JOINTS.forEach((joint, j) => {
      expect([...joints2d.subarray(26 + 2 * j, 28 + 2 * j)]).toEqual([jointIndex(joint) + 1.25, 10]);
    });
  });

  test("are refused where there are none, no joints, or too much to keep", async () => {
    await expect(clipWindows(clips)).rejects.toThrow(/expected windows of 100 ms with 7500 events before/);
    await expect(clipWindows(clips, { maxEvents: 3000 })).rejects.toThrow(/expected 3000 events or fewer/);
    await expect(clipWindows(clips, { stepMs: 0 })).rejects.toThrow(ArgumentError);
    const bare = datasetOf("bare", [0], async () => ({ ...clip(), joints2d: undefined }));
    await expect(clipWindows(bare)).rejects.toThrow(/expected the labels joints2d/);
  });
});

suite("batches of heatmaps", () => {
  test("of an evaluation are all windows as they are", async () => {
    const windows = await windowsOf();
    const batches = await all(heatmapEvaluationBatches(windows, { ...options, batch: 4 }));
    expect(batches.map(({ batch }) => batch)).toEqual([4, 4, 4, 2]);
    const { names, events, input, nextInput, joints2d, startJoints2d } = batches[0]!;
    const area = 32 * 32;
    for (let b = 0; b < 4; b++) {
      const window = await windows.get(b);
      expect(names[b]).toBe(window.name);
      const place = { sensor, size, fit: "contain" } as const;
      const { startUs } = window;
      const counts = countFrames(window.events, { ...place, timeSteps: 4, startUs, durationUs: 40_000 });
      for (let t = 0; t < 4; t++) {
        expect(events.subarray((4 * t + b) * 2 * area, (4 * t + b + 1) * 2 * area)).toEqual(
          counts.subarray(t * 2 * area, (t + 1) * 2 * area),
        );
      }
      const stack = (last: Events) => stackedHistogram(last, { ...place, bins: 3, polarityFirst: true });
      expect(input.subarray(b * 6 * area, (b + 1) * 6 * area)).toEqual(stack(window.history));
      // What the ANN sees next are as many events before the end of the window.
      const { events: every } = clip();
      const end = 10 * (startUs / 1000 + 40);
      expect(nextInput!.subarray(b * 6 * area, (b + 1) * 6 * area)).toEqual(
        stack(sliceEvents(every, end - 300, end)),
      );
      // Labels are each 20 ms, steps 10 ms: every other is between two labels. The picture is 0.8 of the sensor, in its middle.
      const first = jointIndex("right_elbow") + 0.25 + startUs / 20_000;
      const u = (at: number) => (at - 20) * 0.8 + 16;
      expect(startJoints2d[(13 * b + 3) * 2]).toBeCloseTo(u(first), 5);
      for (let t = 0; t < 4; t++) {
        const at = (13 * (4 * t + b) + 3) * 2;
        expect(joints2d[at]).toBeCloseTo(u(first + (t + 1) / 2), 5);
        expect(joints2d[at + 1]).toBeCloseTo((10 - 15) * 0.8 + 16, 5);
      }
    }
  });

  test("go on from a saved state with the same batches", async () => {
    const batches = await batchesOf({ flip: 0.5 });
    await batches.next();
    const state = JSON.parse(JSON.stringify(batches.save())) as ReturnType<typeof batches.save>;
    const expected = [await batches.next(), await batches.next()];
    const other = await batchesOf({ flip: 0.5, random: new Random(99) });
    other.restore(state);
    expect([await other.next(), await other.next()]).toEqual(expected);
  });

  test("show in a mirror what heatmaps show in one, with right for left", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const random = () => new Random(seed);
        const plain = await (await batchesOf({ random: random() })).next();
        const mirrored = await (await batchesOf({ random: random(), flip: 1 })).next();
        const turned = (values: Float32Array) => values.map((_, i) => values[i - (i % 32) + 31 - (i % 32)]!);
        expect(mirrored.events).toEqual(turned(plain.events));
        expect(mirrored.input).toEqual(turned(plain.input));
        expect(mirrored.nextInput).toEqual(turned(plain.nextInput!));
        const maps = turned(jointHeatmaps(plain.joints2d, size));
        const found = jointHeatmaps(mirrored.joints2d, size);
        const map = (values: Float32Array, i: number) => values.subarray(1024 * i, 1024 * (i + 1));
        for (let i = 0; i < 4 * 2 * 13; i++) {
          const name = HEATMAP_JOINTS[i % 13]!;
          const other = name.replace(/right|left/, (side) => (side === "left" ? "right" : "left"));
          const j = HEATMAP_JOINTS.indexOf(other as "head");
          expect(map(found, i), name).toEqual(map(maps, i - (i % 13) + j));
        }
      }),
      { numRuns: 5 },
    );
  });

  test("do not know joints that are out of the picture, or between a label and none", async () => {
    const joints2d = new Float32Array(26 * 2).fill(5);
    joints2d[0] = -3;
    joints2d[3] = Number.NaN;
    const windows: Dataset<HeatmapWindow> = datasetOf("one", [0], async () => ({
      name: "one",
      sensor,
      startUs: 0,
      durationUs: 40_000,
      events: emptyEvents(0),
      history: emptyEvents(0),
      times: [0, 40_000],
      joints2d,
    }));
    const [batch] = await all(
      heatmapEvaluationBatches(windows, { ...options, region: { x: 0, y: 0, ...size } }),
    );
    expect([...batch!.startJoints2d.subarray(0, 6)]).toEqual([NaN, NaN, NaN, NaN, 5, 5]);
    // Half way joint 0 is at 1; joint 1 is known at the end alone.
    expect(batch!.joints2d.slice(26, 30)).toEqual(Float32Array.of(1, 5, NaN, NaN));
    expect(batch!.joints2d.slice(3 * 26, 3 * 26 + 4)).toEqual(Float32Array.of(5, 5, 5, 5));
  });

  test("refuse what does not fit", async () => {
    await expect(batchesOf({ size: { width: 48, height: 32 } })).rejects.toThrow(
      /multiples of 32, got 48x32/,
    );
    await expect(batchesOf({ batch: 0 })).rejects.toThrow(ArgumentError);
    await expect(batchesOf({ flip: 2 })).rejects.toThrow(ArgumentError);
    const batches = await batchesOf({ input: "image" });
    await expect(batches.next()).rejects.toThrow(/expected a picture in colours, got none in clip/);
  });
});

suite("windows of published data sets", () => {
  test("of DHP19 have steps of 10 and of 5 ms", async () => {
    const set = await datasets.dhp19.open(diskFolder(copyOf(fixtures("dhp19"))), "test", {
      windowMs: 20,
      stepMs: 20,
      history: 30,
    });
    const region = { x: 34, y: 2, width: 256, height: 256 };
    const picture = { size: { width: 256, height: 256 }, region, batch: 1 };
    const [at100] = await all(heatmapEvaluationBatches(jointWindows(set), { ...picture, timeSteps: 2 }));
    const [at200] = await all(heatmapEvaluationBatches(jointWindows(set), { ...picture, timeSteps: 4 }));
    // Label l puts joint 2 at (10 l, 240); the first step of the window at 40 ms has label 4.
    expect(at100!.startJoints2d.slice(4, 6)).toEqual(Float32Array.of(NaN, NaN));
    expect(at100!.joints2d.slice(4, 6)).toEqual(Float32Array.of(40 - 34, 240 - 2));
    expect(at100!.joints2d.slice(30, 32)).toEqual(Float32Array.of(50 - 34, 238));
    expect(at200!.joints2d.slice(30, 32)).toEqual(Float32Array.of(6, 238));
    expect(at200!.joints2d.slice(56, 58)).toEqual(Float32Array.of(45 - 34, 238));
    expect(at100!.input.length).toBe(20 * 256 * 256);
  });

  test("of Event-Human3.6M have pictures where these are", async () => {
    const files = fixtures("h36m");
    for (let i = 0; i < 8; i++) {
      files[`S9/Videos/Walking_1.55011271/imgs/00${i}.png`] = rgbPng(320, 256, [i, 100, 255]);
    }
    const set = await datasets["h36m-events"].open(diskFolder(copyOf(files)), "test", {
      camera: 1,
      windowMs: 40,
      stepMs: 40,
      history: 10,
      images: true,
    });
    const [batch] = await all(
      heatmapEvaluationBatches(jointWindows(set), {
        size: { width: 320, height: 256 },
        timeSteps: 4,
        batch: 1,
        input: "image",
      }),
    );
    const area = 320 * 256;
    // The window starts at 40 ms, the third picture.
    expect([0, area, 2 * area, 3 * area - 1].map((i) => batch!.input[i])).toEqual([
      ...Float32Array.of(2 / 255, 100 / 255, 1, 1),
    ]);
    expect(batch!.input.length).toBe(3 * area);
    expect(batch!.nextInput).toBeUndefined();
    // Label l has joint j at (l, j).
    expect(batch!.startJoints2d.slice(2, 4)).toEqual(Float32Array.of(2, 1));
    expect(batch!.joints2d.slice(26, 30)).toEqual(Float32Array.of(3, 0, 3, 1));
  });

  test("of DHP19 have no pictures", async () => {
    await expect(datasets.dhp19.open(diskFolder(copyOf({})), "test", { images: true })).rejects.toThrow(
      /expected no pictures/,
    );
  });
});

/** The files of a small copy, see `test/fixtures/datasets/README.md`. */
function fixtures(name: string): Record<string, Uint8Array> {
  const top = fileURLToPath(new URL(`../fixtures/datasets/${name}/`, import.meta.url));
  const paths = readdirSync(top, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    paths.map(({ parentPath, name: file }) => {
      const path = join(parentPath, file);
      return [path.slice(top.length), new Uint8Array(readFileSync(path))];
    }),
  );
}
