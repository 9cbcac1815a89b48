import { expect, suite, test } from "vitest";
import { decodeHeatmaps } from "../../src/body/index.ts";
import { ArgumentError, Random } from "../../src/core/index.ts";
import {
  countFrames,
  emptyEvents,
  type Events,
  pointPlacement,
  sliceEvents,
  stackedHistogram,
} from "../../src/events/index.ts";
import {
  DenseUNet,
  denseUNetPresets,
  type HeatmapModel,
  Hybrid,
  type HybridConfig,
  hybridPresets,
  SpikingPose,
  spikingPosePreset,
} from "../../src/models/index.ts";
import { tensor, withoutGradients } from "../../src/tensor/index.ts";
import {
  JointTracker,
  type JointTrackerOptions,
  type TrackedJoints,
  trackJoints,
} from "../../src/track/index.ts";
import { useBackend, wasm } from "../golden/backends.ts";

const sensor = { width: 40, height: 40 };
const size = { width: 32, height: 32 };
const START_US = 3000;

/** 10 events a millisecond from 3 ms on. */
function noise(count: number): Events {
  const random = new Random(6);
  const events = emptyEvents(count);
  for (let i = 0; i < count; i++) {
    events.t[i] = START_US + 100 * i;
    events.x[i] = random.integer(0, sensor.width);
    events.y[i] = random.integer(0, sensor.height);
    events.on[i] = random.integer(0, 2);
  }
  return events;
}

const events = noise(3000);
const place = { sensor, size, fit: "contain" } as const;

/** What the ANN sees of the 500 events before a time. */
function inputAt(timeUs: number): Float32Array {
  const end = (timeUs - START_US) / 100;
  return stackedHistogram(sliceEvents(events, end - 500, end), { ...place, bins: 10, polarityFirst: true });
}

/** The counts of steps from a time on, `[T, 1, 2, H, W]`. */
function countsFrom(startUs: number, timeSteps: number, stepUs: number): Float32Array {
  return countFrames(events, { ...place, startUs, timeSteps, durationUs: timeSteps * stepUs });
}

/** {@link countsFrom} and {@link inputAt} as a model takes them. */
const countsTensor = (startUs: number, timeSteps: number) =>
  tensor(countsFrom(startUs, timeSteps, 10_000), [timeSteps, 1, 2, 32, 32]);
const inputTensor = (timeUs: number) => tensor(inputAt(timeUs), [1, 20, 32, 32]);

/** A small model whose neurons fire: its statistics are those of the events. */
function modelOf(config: HybridConfig): Hybrid {
  const model = new Hybrid({ ...config, width: 4 }, new Random(2));
  for (let i = 0; i < 30; i++) {
    withoutGradients(() => void model.forward(countsTensor(63_000, 4), inputTensor(63_000)));
  }
  return model.eval();
}

/** As {@link modelOf}. */
function spikingPose(): SpikingPose {
  const model = new SpikingPose({ ...spikingPosePreset, width: 4 }, new Random(2));
  for (let i = 0; i < 30; i++) withoutGradients(() => void model.forward(countsTensor(63_000, 4)));
  return model.eval();
}

/** That steps are those of heatmaps `[T, 1, 13, 32, 32]`, which change from step to step. */
function expectJoints(steps: readonly TrackedJoints[], maps: Float32Array): void {
  expect(maps.length).toBe(steps.length * 13 * 1024);
  const { toSensor } = pointPlacement(place);
  for (const [t, { joints, confidence }] of steps.entries()) {
    const map = maps.subarray(t * 13 * 1024, (t + 1) * 13 * 1024);
    const pixels = decodeHeatmaps(map, size);
    for (let j = 0; j < 13; j++) {
      const [x, y] = [pixels[2 * j]!, pixels[2 * j + 1]!];
      expect([...joints.subarray(2 * j, 2 * j + 2)]).toEqual([...toSensor(x + 0.5, y + 0.5)]);
      expect(confidence[j]).toBe(map[1024 * j + 32 * y + x]);
    }
  }
  expect(maps.some((value, i) => value !== maps[i % (13 * 1024)])).toBe(true);
}

/** A clock that moves by a millisecond each time that it is read. */
function ticking(): () => number {
  let now = 0;
  return () => ++now;
}

async function tracked(
  model: HeatmapModel,
  batches: readonly Events[],
  change: Partial<JointTrackerOptions> = {},
): Promise<TrackedJoints[]> {
  async function* stream() {
    yield* batches;
  }
  const recording = { format: "made up", sensor, [Symbol.asyncIterator]: stream };
  const options = { size, clock: ticking(), annHz: 25, history: 500, ...change };
  const steps: TrackedJoints[] = [];
  for await (const step of trackJoints(recording, model, options)) steps.push(step);
  return steps;
}

/** The stream in batches of so many events. */
function cutUp(count: number): Events[] {
  return Array.from({ length: Math.ceil(events.t.length / count) }, (_, i) =>
    sliceEvents(events, i * count, Math.min((i + 1) * count, events.t.length)),
  );
}

suite("joints of a stream", () => {
  useBackend(wasm);

  test.each(["released", "A", "B", "C"] as const)(
    "are those of the same windows run at once (%s)",
    { timeout: 60_000 },
    async (preset) => {
      const model = modelOf(hybridPresets[preset]);
      const steps = await tracked(model, cutUp(170));
      // The last events are as many as the ANN wants at 53 ms, the start of step 5; A wants none.
      const first = preset === "A" ? 0 : 5;
      expect(steps.map(({ index }) => index)).toEqual(
        Array.from({ length: 29 - first }, (_, i) => first + i),
      );
      expect(
        steps.every(
          ({ events: count }, i) => count === 100 && steps[i]!.tUs === 13_000 + 10_000 * (first + i),
        ),
      ).toBe(true);
      // A goes on without end; others start anew each four steps.
      const length = preset === "A" ? 29 : 4;
      for (let from = first; from + length <= 29; from += length) {
        const startUs = START_US + 10_000 * from;
        const maps = withoutGradients(() => {
          const counts = countsTensor(startUs, length);
          const run = preset === "A" ? model.follow(counts) : model.forward(counts, inputTensor(startUs));
          return Float32Array.from(run.heatmaps.data);
        });
        expectJoints(steps.slice(from - first, from - first + length), maps);
      }
      model.dispose();
    },
  );

  test("of an SNN by itself are those of one run without end", { timeout: 60_000 }, async () => {
    const model = spikingPose();
    const steps = await tracked(model, cutUp(170));
    expect(steps.map(({ index }) => index)).toEqual(Array.from({ length: 29 }, (_, i) => i));
    expect(steps.every(({ annMs }) => annMs === undefined)).toBe(true);
    const maps = withoutGradients(() =>
      Float32Array.from(model.forward(countsTensor(START_US, 29)).heatmaps.data),
    );
    expectJoints(steps, maps);
    model.dispose();
  });

  test("of an ANN by itself are those of the last events, each time that it runs", async () => {
    const model = new DenseUNet({ ...denseUNetPresets.released, width: 4 }, new Random(2)).eval();
    const steps = await tracked(model, cutUp(170));
    // At 25 Hz the steps end at 43, 83, … 283 ms; at 43 ms the events are fewer than it wants.
    expect(steps.map(({ tUs }) => tUs)).toEqual(Array.from({ length: 6 }, (_, i) => 83_000 + 40_000 * i));
    // The clock moves by 1 ms each time that it is read.
    expect(steps.every(({ annMs, events: count }) => annMs === 1 && count === 400)).toBe(true);
    const maps = steps.flatMap(({ tUs }) =>
      withoutGradients(() => Array.from(model.forward(inputTensor(tUs))["heatmaps"]!.data)),
    );
    expectJoints(steps, Float32Array.from(maps));
    model.dispose();
  });

  test("do not depend on how the stream is cut up", { timeout: 60_000 }, async () => {
    const model = modelOf(hybridPresets.released);
    const results = [];
    for (const count of [1, 333, 3000]) {
      const steps = await tracked(model, cutUp(count), { annHz: 50, snnHz: 200 });
      results.push(steps.map(({ annMs, ...step }) => ({ ...step, latencyMs: 0, ran: annMs !== undefined })));
    }
    expect(results[0]!.length).toBe(49);
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
    expect(results[0]!.map(({ ran }) => ran)).toEqual(results[0]!.map((_, i) => i % 4 === 0));
    model.dispose();
  });

  test("come late by what the networks take, and by what they wait for", () => {
    const model = modelOf(hybridPresets.released);
    let now = 0;
    const slow = new Proxy(model, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return (...given: unknown[]) => {
          if (name === "start") now += 50;
          if (name === "follow" || name === "resume") now += 3;
          return (value as (...all: unknown[]) => unknown).apply(target, given);
        };
      },
    });
    const tracker = new JointTracker(slow, sensor, { size, clock: () => now, annHz: 25, history: 500 });
    const found: TrackedJoints[] = [];
    for (const [i, batch] of cutUp(100).slice(0, 10).entries()) {
      // Each batch is a step; it comes at its last event or, where the ANN is late, when there is time for it.
      now = Math.max(now, 10 * (i + 1));
      found.push(...tracker.add(batch, { arrivedMs: 10 * (i + 1) }));
    }
    found.push(...tracker.advance(START_US + 100_000));
    // A step is over when the next batch comes, 10 ms later. The ANN runs at 60 ms, before step 5; it is done at 110 ms. Step 5
    // came at 60 ms.
    expect(found.map(({ index, latencyMs, annMs }) => [index, latencyMs, annMs])).toEqual([
      [5, 113 - 60, 50],
      [6, 116 - 70, undefined],
      [7, 119 - 80, undefined],
      [8, 122 - 90, undefined],
      [9, 175 - 100, 50],
    ]);
    tracker.dispose();
    model.dispose();
  });

  test("of silence are found when time goes on, and not for ever", () => {
    const model = modelOf(hybridPresets.A);
    const tracker = new JointTracker(model, sensor, { size, clock: () => 0 });
    expect([...tracker.advance(1e6)]).toEqual([]);
    expect([...tracker.add(sliceEvents(events, 0, 10))]).toEqual([]);
    const steps = [...tracker.advance(START_US + 25_000)];
    expect(steps.map(({ index, events: count }) => [index, count])).toEqual([
      [0, 10],
      [1, 0],
    ]);
    expect(() => [...tracker.advance(1e9)]).toThrow(/expected events each 10000 steps or more often/);
    tracker.dispose();
    model.dispose();
  });

  test("need options and a model that fit", () => {
    const model = new Hybrid({ ...hybridPresets.released, width: 4 }, new Random(1));
    const rgb = new Hybrid({ ...hybridPresets.rgb, width: 4 }, new Random(1));
    const dense = new DenseUNet({ ...denseUNetPresets.released, width: 4 }, new Random(1));
    const spiking = new SpikingPose({ ...spikingPosePreset, inChannels: 3, width: 4 }, new Random(1));
    const make = (change: object, of: HeatmapModel = model) =>
      new JointTracker(of, sensor, { size, clock: () => 0, ...change });
    expect(() => make({}, rgb)).toThrow(/expected a model of events, got 3 and 2 channels/);
    expect(() => make({}, spiking)).toThrow(/expected a model of events, got 3 channels/);
    expect(() => make({ annHz: 300 }, dense)).toThrow(/expected annHz of whole microseconds, got 300/);
    expect(() => make({ snnHz: -100 })).toThrow(/expected snnHz of whole microseconds, got -100/);
    expect(() => make({ size: { width: 30, height: 32 } })).toThrow(/multiples of 32/);
    expect(() => make({ annHz: 30 })).toThrow(/multiple of annHz, got 100 and 30/);
    expect(() => make({ snnHz: 300 })).toThrow(ArgumentError);
    expect(() => make({ history: 0 })).toThrow(ArgumentError);
    model.dispose();
    for (const one of [rgb, dense, spiking]) one.dispose();
  });
});
