import fc from "fast-check";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { inflateSync } from "node:zlib";
import { expect, suite, test } from "vitest";
import { ArgumentError, Random } from "../../src/core/index.ts";
import {
  bilinearVoxelGrid,
  BinaryVoxelGrid,
  countFrames,
  CountGrid,
  type Events,
  placement,
  sliceEvents,
  stackedHistogram,
} from "../../src/events/index.ts";
import { anyEvents, eventsOf, randomEvents } from "./support.ts";

const golden = JSON.parse(readFileSync(new URL("../fixtures/events.json", import.meta.url), "utf8")) as {
  t: string;
  x: string;
  y: string;
  on: string;
  sha256: Record<"cnn_stack_7500" | "snn_bins" | "snn_bins_nominal" | "hpt_voxel_T8_packed", string>;
  voxel10: { sum: number; l2: number; samples: [number, number][] };
};

const unpack = (text: string) => Uint8Array.from(inflateSync(Buffer.from(text, "base64"))).buffer;
const events: Events = {
  t: Float64Array.from(new Int32Array(unpack(golden.t))),
  x: new Uint16Array(unpack(golden.x)),
  y: new Uint16Array(unpack(golden.y)),
  on: new Uint8Array(unpack(golden.on)),
};
const sensor = { width: 346, height: 260 };
/** The part of the sensor that the hybrid network sees. */
const region = { x: 34, y: 2, width: 256, height: 256 };

const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const sum = (values: Float32Array) => values.reduce((a, b) => a + b, 0);

suite("grids of golden events", () => {
  test("the bins of the hybrid's SNN agree", () => {
    const bins = stackedHistogram(events, { sensor, region, bins: 10 });
    expect(digest(Uint8Array.from(bins))).toBe(golden.sha256.snn_bins);
  });

  test("the stack of the last 7,500 events for the hybrid's CNN agrees", () => {
    const last = sliceEvents(events, events.t.length - 7500, events.t.length);
    const stack = stackedHistogram(last, { sensor, region, bins: 10, polarityFirst: true });
    expect(digest(Uint8Array.from(stack))).toBe(golden.sha256.cnn_stack_7500);
  });

  test("frames of exactly 10 ms agree", () => {
    const frames = countFrames(events, { sensor, region, timeSteps: 10, durationUs: 100_000 });
    expect(digest(Uint8Array.from(frames))).toBe(golden.sha256.snn_bins_nominal);
  });

  test("the binary voxels of the pose tracker agree, four sub-bins a step", () => {
    const grid = new BinaryVoxelGrid({
      sensor,
      region,
      timeSteps: 8,
      subBins: 4,
      polarities: false,
      durationUs: 100_000,
    });
    for (let start = 0; start < events.t.length; start += 777) {
      grid.add(sliceEvents(events, start, Math.min(start + 777, events.t.length)));
    }
    const packed = new Uint8Array(grid.values.length / 8);
    grid.values.forEach((bit, i) => (packed[i >> 3]! |= bit << (7 - (i & 7))));
    expect(grid.shape).toEqual([8, 4, 256, 256]);
    expect(digest(packed)).toBe(golden.sha256.hpt_voxel_T8_packed);
  });

  test("the bilinear voxel grid agrees", () => {
    const grid = bilinearVoxelGrid(events, { sensor, region, bins: 10 });
    for (const [i, value] of golden.voxel10.samples) expect(grid[i]).toBeCloseTo(value, 5);
    expect(sum(grid)).toBeCloseTo(golden.voxel10.sum, 1);
    expect(Math.hypot(...grid.filter((v) => v !== 0))).toBeCloseTo(golden.voxel10.l2, 2);
  });
});

suite("grids", () => {
  const tiny = { width: 8, height: 6 };

  test("a count grid keeps every event that lies in it, however the events are batched", () => {
    fc.assert(
      fc.property(anyEvents(tiny, 50), fc.nat(40), fc.integer({ min: 1, max: 3 }), (all, cutAt, subBins) => {
        const options = { sensor: tiny, timeSteps: 4, subBins, durationUs: 1000 };
        const grid = new CountGrid(options);
        const middle = Math.min(cutAt, all.t.length);
        const added =
          grid.add(sliceEvents(all, 0, middle)) + grid.add(sliceEvents(all, middle, all.t.length));
        expect(added).toBe(all.t.filter((t) => t < 1000).length);
        expect(sum(grid.values)).toBe(added);
        expect(countFrames(all, options)).toEqual(grid.values);
      }),
    );
  });

  test("a binary grid is 1 where the counts reach the threshold", () => {
    fc.assert(
      fc.property(anyEvents({ width: 3, height: 2 }, 5), fc.integer({ min: 1, max: 4 }), (all, threshold) => {
        const options = { sensor: { width: 3, height: 2 }, timeSteps: 2, subBins: 2, durationUs: 100 };
        const grid = new BinaryVoxelGrid({ ...options, threshold });
        grid.add(all);
        expect(grid.shape).toEqual([2, 4, 2, 3]);
        expect(grid.values).toEqual(countFrames(all, options).map((n) => (n >= threshold ? 1 : 0)));
      }),
    );
  });

  test("channels are sub-bin by polarity, and time may start anywhere", () => {
    const grid = new CountGrid({
      sensor: { width: 2, height: 1 },
      timeSteps: 2,
      subBins: 2,
      durationUs: 400,
      startUs: 1000,
    });
    const added = grid.add(
      eventsOf([
        [999, 0, 0, 1],
        [1000, 0, 0, 1],
        [1150, 1, 0, 0],
        [1399, 1, 0, 1],
        [1400, 1, 0, 1],
      ]),
    );
    expect(added).toBe(3);
    const [, C, H, W] = grid.shape;
    const at = (step: number, channel: number, x: number) => grid.values[(step * C + channel) * H * W + x];
    expect([at(0, 1, 0), at(0, 2, 1), at(1, 3, 1)]).toEqual([1, 1, 1]);
    grid.clear(2000);
    expect(sum(grid.values)).toBe(0);
    expect(grid.add(eventsOf([[2000, 0, 0, 0]]))).toBe(1);
  });

  test("a bilinear grid keeps the signed sum, also of a single time", () => {
    const all = randomEvents(new Random("bilinear"), 500, tiny);
    const signed = all.on.reduce((n, on) => n + 2 * on - 1, 0);
    expect(sum(bilinearVoxelGrid(all, { sensor: tiny, bins: 5 }))).toBeCloseTo(signed, 3);
    expect(sum(bilinearVoxelGrid(all, { sensor: tiny, bins: 1 }))).toBeCloseTo(signed, 3);
    const once = eventsOf([
      [5, 1, 1, 1],
      [5, 2, 2, 0],
    ]);
    expect([...bilinearVoxelGrid(once, { sensor: tiny, bins: 3 })].filter((v) => v !== 0)).toEqual([1, -1]);
    expect(sum(stackedHistogram(once, { sensor: tiny, bins: 3 }))).toBe(2);
    expect(sum(stackedHistogram(eventsOf([]), { sensor: tiny, bins: 3 }))).toBe(0);
  });

  test("options out of range are refused before anything is allocated", () => {
    const good = { sensor: tiny, timeSteps: 4, durationUs: 100 };
    expect(() => new CountGrid({ ...good, timeSteps: 0 })).toThrow(ArgumentError);
    expect(() => new CountGrid({ ...good, durationUs: 0 })).toThrow(ArgumentError);
    expect(() => new CountGrid({ ...good, size: { width: 60_000, height: 60_000 } })).toThrow(ArgumentError);
    expect(() => new BinaryVoxelGrid({ ...good, threshold: 0 })).toThrow(ArgumentError);
    expect(() => stackedHistogram(events, { sensor, bins: 1.5 })).toThrow(ArgumentError);
  });
});

suite("placement", () => {
  test("of a grid of the sensor's size is the identity", () => {
    const { columns, rows } = placement({ sensor: { width: 5, height: 3 } });
    expect([...columns, ...rows]).toEqual([0, 1, 2, 3, 4, 0, 1, 2]);
  });

  test("cover fills a square with the middle of the sensor", () => {
    const { columns, rows } = placement({
      sensor: { width: 1280, height: 720 },
      size: { width: 256, height: 256 },
    });
    expect([columns[279], columns[280], columns[999], columns[1000]]).toEqual([-1, 0, 255, -1]);
    expect([rows[0], rows[719]]).toEqual([0, 255]);
  });

  test("contain fits the whole sensor and leaves a border", () => {
    const { columns, rows } = placement({
      sensor: { width: 1280, height: 720 },
      size: { width: 256, height: 256 },
      fit: "contain",
    });
    expect([columns[0], columns[1279]]).toEqual([0, 255]);
    expect([rows[0], rows[719]]).toEqual([56, 199]);
  });

  test("is monotonic, and covers every pixel of a coarser grid", () => {
    const side = fc.integer({ min: 1, max: 200 });
    fc.assert(
      fc.property(side, side, side, side, (width, height, W, H) => {
        const { columns } = placement({ sensor: { width, height }, size: { width: W, height: H } });
        const inside = columns.filter((c) => c >= 0);
        expect([...inside]).toEqual([...inside].sort((a, b) => a - b));
        if (W <= width && H <= height && W / width >= H / height) expect(new Set(inside).size).toBe(W);
      }),
    );
  });
});
