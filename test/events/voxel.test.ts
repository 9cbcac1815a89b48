import fc from "fast-check";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { inflateSync } from "node:zlib";
import { expect, suite, test } from "vitest";
import { ArgumentError, Random } from "../../src/core/index.ts";
import {
  bilinearVoxelGrid,
  BinaryVoxelGrid,
  binaryVoxelGrid,
  countFrames,
  CountGrid,
  type Events,
  mergeFrames,
  normalizeNonZero,
  placement,
  sliceEvents,
  stackBins,
  StackedHistogram,
  stackedHistogram,
} from "../../src/events/index.ts";
import { anyEvents, eventsOf, randomEvents } from "./support.ts";

const golden = JSON.parse(readFileSync(new URL("../fixtures/events.json", import.meta.url), "utf8")) as {
  t: string;
  x: string;
  y: string;
  on: string;
  sha256: Record<
    | "cnn_stack_7500"
    | "snn_bins"
    | "snn_bins_nominal"
    | "snn_bin_index"
    | "hpt_frames_packed"
    | "hpt_merged_gap2_packed"
    | "hpt_voxel_T8_packed",
    string
  >;
  voxel10: {
    sum: number;
    l2: number;
    samples: [number, number][];
    /** Distances from one cell that is not 0 to the next, and their values, rounded to 256ths. */
    gaps: string;
    in256ths: string;
    normalized: { mean: number; l2: number; absmax: number };
  };
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

/** Bits, most significant first. */
function packed(bits: Float32Array): Uint8Array {
  const bytes = new Uint8Array(bits.length / 8);
  bits.forEach((bit, i) => (bytes[i >> 3]! |= bit << (7 - (i & 7))));
  return bytes;
}

const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const sum = (values: Float32Array) => values.reduce((a, b) => a + b, 0);

suite("grids of golden events", () => {
  test("the bins of the hybrid's SNN agree", () => {
    const bins = stackedHistogram(events, { sensor, region, bins: 10 });
    expect(digest(Uint8Array.from(bins))).toBe(golden.sha256.snn_bins);
  });

  test("the stack of the last 7,500 events for the hybrid's CNN agrees, also event by event", () => {
    const options = { sensor, region, bins: 10, polarityFirst: true };
    const last = sliceEvents(events, events.t.length - 7500, events.t.length);
    expect(digest(Uint8Array.from(stackedHistogram(last, options)))).toBe(golden.sha256.cnn_stack_7500);
    const stack = new StackedHistogram({ ...options, eventCount: 7500 });
    for (let start = 0; start < events.t.length; start += 999) {
      stack.add(sliceEvents(events, start, Math.min(start + 999, events.t.length)));
    }
    expect(stack.shape).toEqual([2, 10, 256, 256]);
    expect(digest(Uint8Array.from(stack.read()))).toBe(golden.sha256.cnn_stack_7500);
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
    expect(grid.shape).toEqual([8, 4, 256, 256]);
    expect(digest(packed(grid.values))).toBe(golden.sha256.hpt_voxel_T8_packed);
  });

  test("the stored frames of the pose tracker agree, channels last", () => {
    const frames = binaryVoxelGrid(events, {
      sensor,
      region,
      timeSteps: 16,
      subBins: 4,
      polarities: false,
      durationUs: 100_000,
    });
    const plane = 256 * 256;
    const channelsLast = new Float32Array(frames.length);
    frames.forEach((bit, i) => {
      const frame = Math.floor(i / (4 * plane));
      const channel = Math.floor(i / plane) % 4;
      channelsLast[frame * 4 * plane + (i % plane) * 4 + channel] = bit;
    });
    expect(digest(packed(channelsLast))).toBe(golden.sha256.hpt_frames_packed);
  });

  test("steps of two merged frames agree, event by event and from stored frames", () => {
    const options = { sensor, region, subBins: 4, polarities: false, durationUs: 100_000 };
    const grid = new BinaryVoxelGrid({ ...options, timeSteps: 8, gap: 2 });
    grid.add(events);
    expect(digest(packed(grid.values))).toBe(golden.sha256.hpt_merged_gap2_packed);
    const frames = binaryVoxelGrid(events, { ...options, timeSteps: 16 });
    const merged = mergeFrames(frames, [16, 4, 256, 256], 2);
    expect(merged.shape).toEqual([8, 4, 256, 256]);
    expect(digest(packed(merged.values))).toBe(golden.sha256.hpt_merged_gap2_packed);
  });

  test("the bin of every event agrees", () => {
    expect(digest(Uint8Array.from(stackBins(events, 10)))).toBe(golden.sha256.snn_bin_index);
  });

  test("the bilinear voxel grid agrees", () => {
    const grid = bilinearVoxelGrid(events, { sensor, region, bins: 10 });
    for (const [i, value] of golden.voxel10.samples) expect(grid[i]).toBeCloseTo(value, 5);
    expect(sum(grid)).toBeCloseTo(golden.voxel10.sum, 1);
    expect(Math.hypot(...grid.filter((v) => v !== 0))).toBeCloseTo(golden.voxel10.l2, 2);
    const in256ths = new Int16Array(unpack(golden.voxel10.in256ths));
    const rest = grid.slice();
    let at = -1;
    new Uint16Array(unpack(golden.voxel10.gaps)).forEach((gap, i) => {
      at += gap;
      rest[at] = rest[at]! - in256ths[i]! / 256;
    });
    expect(rest.findIndex((difference) => Math.abs(difference) > 1 / 512 + 1e-5)).toBe(-1);
  });

  test("the normalised voxel grid agrees", () => {
    const grid = normalizeNonZero(bilinearVoxelGrid(events, { sensor, bins: 10 }));
    const seen = grid.filter((_, i) => {
      const [column, row] = [i % sensor.width, Math.floor(i / sensor.width) % sensor.height];
      return column >= 34 && column < 290 && row >= 2 && row < 258;
    });
    const { mean, l2, absmax } = golden.voxel10.normalized;
    expect(seen.reduce((a, b) => a + b, 0) / seen.length).toBeCloseTo(mean, 7);
    expect(Math.sqrt(seen.reduce((a, b) => a + b * b, 0))).toBeCloseTo(l2, 2);
    expect(seen.reduce((a, b) => Math.max(a, Math.abs(b)), 0)).toBeCloseTo(absmax, 5);
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
