import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { ArgumentError, Random } from "../../src/core/index.ts";
import {
  BilinearVoxelGrid,
  BinaRep,
  BinaryVoxelGrid,
  binaryVoxelGrid,
  CountGrid,
  EventImage,
  type Events,
  FrameBuilder,
  mergeFrames,
  normalizeNonZero,
  sliceEvents,
  slices,
  StackedHistogram,
  TimeSurface,
  toBinaRep,
  toFrame,
  toImage,
  ToreVolume,
  toreVolume,
  toTimesurface,
  toVoxelGrid,
} from "../../src/events/index.ts";
import { anyEvents, eventsOf, randomEvents } from "./support.ts";

const sensor = { width: 5, height: 4 };
const NONE = eventsOf([]);
const ONE = eventsOf([[70, 0, 0, 1]]);
const total = (values: Float32Array) => values.reduce((a, b) => a + b, 0);

/** A batch in two parts, cut anywhere. */
const inParts = fc.tuple(anyEvents(sensor, 100), fc.nat(60)).map(([all, cutAt]) => {
  const middle = Math.min(cutAt, all.t.length);
  return { all, parts: [sliceEvents(all, 0, middle), sliceEvents(all, middle, all.t.length)] };
});

suite("representations that follow a stream", () => {
  const kinds: readonly (readonly [
    string,
    () => { add(events: Events): unknown; clear(): void },
    (grid: never) => unknown,
  ])[] = [
    ["counts", () => new CountGrid({ sensor, timeSteps: 3, durationUs: 900 }), (g: CountGrid) => g.values],
    [
      "binary voxels of merged frames",
      () => new BinaryVoxelGrid({ sensor, timeSteps: 2, durationUs: 900, subBins: 2, gap: 3, threshold: 2 }),
      (g: BinaryVoxelGrid) => g.values,
    ],
    [
      "bilinear voxels",
      () => new BilinearVoxelGrid({ sensor, bins: 4, durationUs: 900 }),
      (g: BilinearVoxelGrid) => g.values,
    ],
    [
      "stacked histograms",
      () => new StackedHistogram({ sensor, bins: 4, eventCount: 20 }),
      (g: StackedHistogram) => g.read(),
    ],
    ["images", () => new EventImage({ sensor }), (g: EventImage) => g.values],
    ["Bina-Rep", () => new BinaRep({ sensor, timeSteps: 3, durationUs: 900 }), (g: BinaRep) => g.read()],
    ["time surfaces", () => new TimeSurface({ sensor, tauUs: 50 }), (g: TimeSurface) => g.read()],
    ["TORE volumes", () => new ToreVolume({ sensor, depth: 3 }), (g: ToreVolume) => g.read()],
  ];

  test.each(kinds)("%s are the same in any batches, and after they were cleared", (_, make, read) => {
    fc.assert(
      fc.property(inParts, ({ all, parts }) => {
        const whole = make();
        whole.add(all);
        const grid = make();
        grid.add(randomEvents(new Random("before"), 30, sensor));
        grid.clear();
        for (const part of parts) grid.add(part);
        expect(read(grid as never)).toEqual(read(whole as never));
      }),
    );
  });
});

suite("slices", () => {
  const batch = (times: readonly number[]) => eventsOf(times.map((t) => [t, 0, 0, 1] as const));
  const spans = (all: Events, options: Parameters<typeof slices>[2]) =>
    slices("test", all, options).map(({ start, end }) => [start, end]);

  test("by time overlap, and the last one counts if it is wanted", () => {
    const all = batch([100, 105, 110, 115, 120, 125]);
    expect(spans(all, { windowUs: 10 })).toEqual([
      [0, 2],
      [2, 4],
    ]);
    expect(spans(all, { windowUs: 10, includeIncomplete: true })).toEqual([
      [0, 2],
      [2, 4],
      [4, 6],
    ]);
    expect(spans(all, { windowUs: 10, overlap: 5 })).toEqual([
      [0, 2],
      [1, 3],
      [2, 4],
      [3, 5],
    ]);
    expect(spans(all, { windowUs: 1000 })).toEqual([[0, 6]]);
  });

  test("by number overlap, and a short recording is one slice", () => {
    const all = batch([0, 1, 2, 3, 4]);
    expect(spans(all, { eventCount: 2 })).toEqual([
      [0, 2],
      [2, 4],
    ]);
    expect(spans(all, { eventCount: 3, overlap: 1, includeIncomplete: true })).toEqual([
      [0, 3],
      [2, 5],
    ]);
    expect(spans(all, { eventCount: 9 })).toEqual([[0, 5]]);
  });

  test("of a fixed number grow by their overlap", () => {
    const all = batch([0, 10, 20, 30, 40, 50, 60, 70, 80]);
    expect(spans(all, { timeBins: 2 })).toEqual([
      [0, 4],
      [4, 8],
    ]);
    // Windows of 40 · 1.5 = 60, 30 apart.
    expect(spans(all, { timeBins: 2, overlap: 0.5 })).toEqual([
      [0, 6],
      [3, 9],
    ]);
    expect(spans(all, { eventBins: 3 })).toEqual([
      [0, 3],
      [3, 6],
      [6, 9],
    ]);
    // Slices of floor(4 · 1.5) = 6 events, 3 apart.
    expect(spans(all, { eventBins: 2, overlap: 0.5 })).toEqual([
      [0, 6],
      [3, 9],
    ]);
  });

  test("of nothing and of one event are well defined", () => {
    expect(spans(NONE, { windowUs: 10 })).toEqual([]);
    expect(spans(NONE, { eventCount: 10 })).toEqual([]);
    expect(spans(NONE, { timeBins: 1 })).toEqual([[0, 0]]);
    expect(spans(ONE, { windowUs: 10 })).toEqual([[0, 1]]);
    expect(spans(ONE, { eventBins: 1 })).toEqual([[0, 1]]);
  });

  test("are refused where options contradict or are out of range", () => {
    const bad: readonly (readonly [object, RegExp])[] = [
      [{}, /one of windowUs, eventCount, timeBins and eventBins, got none/],
      [{ windowUs: 1, eventBins: 2 }, /got windowUs and eventBins/],
      [{ windowUs: 0 }, /windowUs/],
      [{ eventCount: 1.5 }, /eventCount/],
      [{ windowUs: 10, overlap: 10 }, /overlap/],
      [{ eventCount: 10, overlap: 0.5 }, /overlap/],
      [{ timeBins: 2, overlap: 1 }, /overlap/],
      [{ timeBins: 2 ** 21 }, /slices/],
      [{ windowUs: Number.NaN }, /windowUs/],
    ];
    for (const [options, message] of bad) {
      expect(() => slices("test", batch([0, 1e9]), options)).toThrow(ArgumentError);
      expect(() => slices("test", batch([0, 1e9]), options)).toThrow(message);
    }
    expect(() => slices("test", batch([0, 1e15]), { windowUs: 1 })).toThrow(/slices/);
  });
});

suite("frames", () => {
  test("keep every event of their slices", () => {
    fc.assert(
      fc.property(anyEvents(sensor, 100), fc.integer({ min: 1, max: 30 }), (all, eventCount) => {
        const { values, shape } = toFrame(all, { sensor, eventCount, includeIncomplete: true });
        expect(total(values)).toBe(all.t.length);
        expect(shape.slice(1)).toEqual([2, 4, 5]);
        expect(total(toImage(all, { sensor }))).toBe(all.t.length);
      }),
    );
  });

  test("agree with counting by hand", () => {
    const { values, shape } = toFrame(
      eventsOf([
        [0, 1, 0, 1],
        [5, 1, 0, 1],
        [10, 0, 1, 0],
        [20, 0, 0, 0],
      ]),
      { sensor: { width: 2, height: 2 }, windowUs: 10 },
    );
    expect(shape).toEqual([2, 2, 2, 2]);
    expect([...values]).toEqual([0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
  });

  test("of a builder are those of a whole recording, in any batches", () => {
    const cut = fc.oneof(
      fc.record({ windowUs: fc.integer({ min: 20, max: 300 }), overlap: fc.nat(15) }),
      fc.record({ eventCount: fc.integer({ min: 4, max: 40 }), overlap: fc.nat(3) }),
    );
    fc.assert(
      fc.property(inParts, cut, ({ all, parts }, options) => {
        const builder = new FrameBuilder({ sensor, ...options });
        const frames = parts.flatMap((part) => builder.add(part));
        const { values } = toFrame(all, { sensor, ...options });
        const built = Float32Array.from(frames.flatMap((frame) => [...frame]));
        // A recording shorter than a frame makes one frame at once, and none while it is read.
        if (frames.length === 0) expect(values.length).toBeLessThanOrEqual(40);
        else expect(built).toEqual(values);
      }),
    );
  });

  test("of a builder show what is under way, and start afresh", () => {
    const builder = new FrameBuilder({ sensor, windowUs: 100 });
    expect(builder.read()).toBeUndefined();
    expect(builder.add(ONE)).toEqual([]);
    expect(total(builder.read()!)).toBe(1);
    builder.clear();
    expect(builder.read()).toBeUndefined();
    expect(builder.add(eventsOf([[5, 0, 0, 0]]))).toEqual([]);
    expect(builder.add(eventsOf([[305, 0, 0, 0]])).map(total)).toEqual([1, 0, 0]);
  });

  test("of a builder are refused where no memory would do", () => {
    expect(() => new FrameBuilder({ sensor, timeBins: 2 } as object as { sensor: typeof sensor })).toThrow(
      /windowUs or eventCount/,
    );
    expect(() => new FrameBuilder({ sensor, windowUs: 1e9, overlap: 1e9 - 1e-3 })).toThrow(ArgumentError);
    const builder = new FrameBuilder({ sensor, windowUs: 1 });
    builder.add(ONE);
    expect(() => builder.add(eventsOf([[1e15, 0, 0, 0]]))).toThrow(ArgumentError);
  });
});

suite("Bina-Rep frames", () => {
  test("are the bits of binary frames, the earliest highest", () => {
    const grid = new BinaRep({ sensor: { width: 1, height: 1 }, timeSteps: 2, bits: 3, durationUs: 60 });
    grid.add(
      eventsOf([
        [0, 0, 0, 1],
        [25, 0, 0, 1],
        [26, 0, 0, 1],
        [50, 0, 0, 0],
      ]),
    );
    // ON in the first and third part of step 0; OFF in the third part of step 1.
    expect([...grid.read()]).toEqual([0, 5 / 7, 1 / 7, 0].map(Math.fround));
  });

  test("of given frames are those of events", () => {
    fc.assert(
      fc.property(anyEvents(sensor, 100), (all) => {
        const options = { sensor, timeSteps: 2, durationUs: 800 };
        const grid = new BinaRep({ ...options, bits: 4 });
        grid.add(all);
        const counts = new CountGrid({ ...options, timeSteps: 8 });
        counts.add(all);
        const { values, shape } = toBinaRep(counts, { bits: 4 });
        expect(shape).toEqual(grid.shape);
        expect(values).toEqual(grid.read());
      }),
    );
    expect(() => toBinaRep({ values: new Float32Array(2), shape: [2, 1, 1, 1] })).toThrow(/groups of 8/);
    expect(() => new BinaRep({ sensor, timeSteps: 2, durationUs: 1, bits: 1 })).toThrow(/bits/);
  });
});

suite("binary voxels", () => {
  test("of merged frames are frames made one by one, then merged", () => {
    fc.assert(
      fc.property(
        anyEvents(sensor, 40),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
        (all, gap, threshold) => {
          const options = { sensor, subBins: 2, durationUs: 600, threshold };
          const frames = binaryVoxelGrid(all, { ...options, timeSteps: 2 * gap });
          const merged = mergeFrames(frames, [2 * gap, 4, 4, 5], gap);
          expect(binaryVoxelGrid(all, { ...options, timeSteps: 2, gap })).toEqual(merged.values);
        },
      ),
    );
  });

  test("refuse a gap or a shape that does not fit", () => {
    expect(() => new BinaryVoxelGrid({ sensor, timeSteps: 2, durationUs: 1, gap: 0 })).toThrow(/gap/);
    expect(() => mergeFrames(new Float32Array(5), [1, 1, 2, 2], 1)).toThrow(/5 values/);
    expect(() => mergeFrames(new Float32Array(4), [1, 1, 2, 2], 0)).toThrow(/gap/);
    expect(mergeFrames(Float32Array.of(0, 1, 0), [3, 1, 1, 1], 2)).toEqual({
      values: Float32Array.of(1),
      shape: [1, 1, 1, 1],
    });
  });
});

suite("bilinear voxels", () => {
  test("by starts are the voxel grid of tonic", () => {
    const all = randomEvents(new Random("tonic"), 400, sensor);
    const bins = 6;
    const expected = new Float64Array(bins * 20);
    const [first, last] = [all.t[0]!, all.t[399]!];
    all.t.forEach((t, i) => {
      const at = (bins * (t - first)) / (last - first);
      const bin = Math.floor(at);
      const pixel = all.y[i]! * 5 + all.x[i]!;
      const sign = all.on[i] === 1 ? 1 : -1;
      if (bin < bins) expected[bin * 20 + pixel]! += sign * (1 - (at - bin));
      if (bin + 1 < bins) expected[(bin + 1) * 20 + pixel]! += sign * (at - bin);
    });
    const grid = toVoxelGrid(all, { sensor, bins });
    grid.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
  });

  test("pass over what lies outside their time", () => {
    const grid = new BilinearVoxelGrid({ sensor, bins: 3, durationUs: 100, startUs: 1000 });
    const events = [999, 1000, 1025, 1100, 1101].map((t) => [t, 2, 1, 1] as const);
    expect(grid.add(eventsOf(events))).toBe(3);
    expect([0, 1, 2].map((bin) => grid.values[bin * 20 + 7])).toEqual([1.5, 0.5, 1]);
  });

  test("are normalised over what is not 0", () => {
    const values = normalizeNonZero(Float32Array.of(0, 1, 0, 3, 5));
    expect([...values].map((v) => Math.round(v * 1e6) / 1e6)).toEqual([0, -1, 0, 0, 1]);
    expect(normalizeNonZero(Float32Array.of(0, 2))).toEqual(Float32Array.of(0, 0));
    expect(normalizeNonZero(new Float32Array(2))).toEqual(new Float32Array(2));
  });
});

suite("time surfaces", () => {
  test("fall with the age of a pixel's last event", () => {
    const surface = new TimeSurface({ sensor: { width: 2, height: 1 }, tauUs: 100 });
    surface.add(
      eventsOf([
        [0, 0, 0, 1],
        [50, 0, 0, 1],
        [100, 1, 0, 0],
      ]),
    );
    const expected = [0, Math.exp(0), Math.exp(-0.5), 0].map(Math.fround);
    expect([...surface.read()]).toEqual(expected);
    expect(surface.read(200)[1]).toBe(Math.fround(Math.exp(-1)));
    expect(surface.read(0)[2]).toBe(1);
    const line = new TimeSurface({
      sensor: { width: 1, height: 1 },
      tauUs: 100,
      decay: "lin",
      polarities: false,
    });
    line.add(eventsOf([[0, 0, 0, 1]]));
    expect([0, 150, 300, 900].map((t) => line.read(t)[0])).toEqual([1, 0.5, 0, 0]);
  });

  test("of consecutive windows agree with surfaces made one by one", () => {
    fc.assert(
      fc.property(anyEvents(sensor, 100), fc.nat(50), (all, overlap) => {
        const options = { sensor, tauUs: 200 };
        const { values, shape } = toTimesurface(all, { ...options, windowUs: 100, overlap });
        slices("test", all, { windowUs: 100, overlap }).forEach(({ end, endUs }, k) => {
          const surface = new TimeSurface(options);
          surface.add(sliceEvents(all, 0, end));
          expect(values.subarray(k * 40, (k + 1) * 40)).toEqual(surface.read(endUs));
        });
        expect(values.length).toBe(shape[0] * 40);
      }),
    );
  });

  test("refuse a decay or time constant that is none", () => {
    expect(() => new TimeSurface({ sensor, tauUs: 0 })).toThrow(/tauUs/);
    expect(() => new TimeSurface({ sensor, tauUs: 1, decay: "no" as never })).toThrow(/decay/);
  });
});

suite("TORE volumes", () => {
  test("hold the ages of the last events, newest first", () => {
    fc.assert(
      fc.property(anyEvents(sensor, 2000), fc.integer({ min: 1, max: 5 }), (all, depth) => {
        const timeUs = (all.t[all.t.length - 1] ?? 0) + 100;
        const volume = toreVolume(all, { sensor, depth, maxUs: 20_000, timeUs });
        const expected = Array.from({ length: 2 * depth * 20 }, (_, i) => {
          const [channel, pixel] = [Math.floor(i / 20), i % 20];
          const times = [...all.t].filter(
            (_t, e) => all.on[e] === Math.floor(channel / depth) && all.y[e]! * 5 + all.x[e]! === pixel,
          );
          const age = timeUs - (times.reverse()[channel % depth] ?? Number.NEGATIVE_INFINITY);
          return Math.max(0, Math.log(Math.min(age, 20_000) + 1) - Math.log(151));
        });
        volume.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
      }),
    );
  });

  test("refuse a depth or ages that are none", () => {
    expect(() => new ToreVolume({ sensor, depth: 0 })).toThrow(/depth/);
    expect(() => new ToreVolume({ sensor, minUs: 5, maxUs: 5 })).toThrow(/minUs/);
  });
});

suite("representations of next to nothing", () => {
  const pixel = { sensor: { width: 1, height: 1 } };

  test.each([
    ["no events", NONE, 0],
    ["one event", ONE, 1],
  ])("are well defined for %s on one pixel", (_, events, count) => {
    expect(total(toImage(events, pixel))).toBe(count);
    expect(total(toVoxelGrid(events, { ...pixel, bins: 2 }))).toBe(count);
    expect(total(toFrame(events, { ...pixel, windowUs: 5 }).values)).toBe(count);
    expect(total(toTimesurface(events, { ...pixel, windowUs: 5, tauUs: 1e9 }).values)).toBeCloseTo(count);
    const surface = new TimeSurface({ ...pixel, tauUs: 10 });
    surface.add(events);
    expect(total(surface.read())).toBe(count);
    const tore = toreVolume(events, { ...pixel, depth: 1 });
    expect(tore.filter((value) => value === 0).length).toBe(count);
    const stack = new StackedHistogram({ ...pixel, bins: 2, eventCount: 3 });
    stack.add(events);
    expect(total(stack.read())).toBe(count);
  });
});
