import { existsSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { type Backend, setBackend } from "../../src/backend/index.ts";
import { createWasmBackend } from "../../src/backend/wasm/node.ts";
import { ArgumentError, CheckpointError, FormatError } from "../../src/core/index.ts";
import {
  encodeAedat4,
  encodeEvt3,
  type Events,
  type EventStream,
  openEvents,
  sliceEvents,
} from "../../src/events/index.ts";
import { openRecording } from "../../src/events/node.ts";
import { createModel, encodeModelFile, parseModelConfig, presets } from "../../src/models/index.ts";
import {
  parsePoseModel,
  type PoseModel,
  type TrackedStep,
  type TrackOptions,
  trackPoses,
  voxelThreshold,
} from "../../src/track/index.ts";
import { bytesOf, DATA, eventsOf } from "../events/support.ts";
import { eventsFor, smallModel, smallModelFile, streamOf, withThreads } from "./support.ts";

const SENSOR = { width: 128, height: 128 };

let backend: Backend;
let model: PoseModel;

beforeAll(async () => {
  backend = await createWasmBackend({ threads: 1 });
  setBackend(backend);
  model = smallModel();
});

afterAll(() => {
  model.model.dispose();
  setBackend(undefined);
  backend.dispose();
});

async function track(stream: EventStream, options: TrackOptions = {}, by = model): Promise<TrackedStep[]> {
  const steps: TrackedStep[] = [];
  for await (const step of trackPoses(stream, by, options)) steps.push(step);
  return steps;
}

suite("trackPoses", () => {
  test("gives a finite pose at the end of every step", async () => {
    const steps = await track(streamOf(eventsFor(2, SENSOR, 1, 5_000_000), SENSOR));
    expect(steps.map(({ tUs }) => tUs)).toEqual(
      Array.from({ length: 16 }, (_, i) => 5_125_000 + i * 125_000),
    );
    expect(steps.map(({ index }) => index)).toEqual(Array.from({ length: 16 }, (_, i) => i));
    for (const { joints, pose, shape, translation, voxels } of steps) {
      expect([joints.length, pose!.length, shape!.length, translation.length]).toEqual([72, 72, 10, 3]);
      expect([...joints, ...pose!, ...shape!, ...translation].every(Number.isFinite)).toBe(true);
      expect(voxels.length).toBe(4 * 64 * 64);
    }
    expect(steps[0]!.joints).not.toEqual(steps[9]!.joints);
  });

  test("counts every event once and shows it in the voxels of its step", async () => {
    const events = eventsFor(1, SENSOR);
    const steps = await track(streamOf(events, SENSOR, 77));
    const counted = steps.reduce((sum, step) => sum + step.events, 0);
    expect(counted).toBe(events.t.length - 1); // the last event, at 1 s, begins a step that does not end
    const seen = steps.map((step) => step.voxels.reduce((sum, v) => sum + v, 0));
    steps.forEach((step, i) => expect(seen[i]).toBeLessThanOrEqual(step.events));
    expect(seen.every((count) => count > 300)).toBe(true);
  });

  test("places channels as half of the step and polarity", async () => {
    const rows = [0, 62_500, 125_000, 187_500].map((t, i) => [t, 2 * i, 0, i & 1] as const);
    const [first, second] = await track(streamOf(eventsOf([...rows, [250_000, 9, 9, 0]]), SENSOR), {
      windowUs: 1_000_000,
    });
    const at = (step: TrackedStep) =>
      Array.from(step.voxels).flatMap((v, i) => (v > 0 ? [[Math.floor(i / 4096), i % 4096]] : []));
    expect(at(first!)).toEqual([
      [0, 0],
      [3, 1],
    ]);
    expect(at(second!)).toEqual([
      [0, 2],
      [3, 3],
    ]);
  });

  test("does not depend on how the stream is cut into batches", async () => {
    const events = eventsFor(1.6, SENSOR);
    const whole = await track(streamOf(events, SENSOR, 1e9));
    for (const size of [1, 37, 1000]) expect(await track(streamOf(events, SENSOR, size))).toEqual(whole);
  });

  test("gives the same bits on one thread and on two", async () => {
    const events = eventsFor(1, SENSOR);
    const run = () => track(streamOf(events, SENSOR), {}, smallModel());
    const one = await withThreads(1, run);
    expect(await withThreads(2, run)).toEqual(one);
  });

  test("treats windows apart: a window gives what it gives alone", async () => {
    const times = [0, 400_000, 1_000_000, 1_100_000, 1_700_000, 2_000_000];
    const events = eventsOf(times.map((t, i) => [t, 10 * i, 5, i & 1]));
    const steps = await track(streamOf(events, SENSOR));
    const alone = await track(streamOf(sliceEvents(events, 2, 6), SENSOR));
    expect(alone.map(({ joints }) => joints)).toEqual(steps.slice(8).map(({ joints }) => joints));
  });

  test("reports no step that ends after the last event", async () => {
    const times = (steps: TrackedStep[]) => steps.map(({ tUs }) => tUs);
    const until = (t: number) =>
      streamOf(
        eventsOf([
          [0, 1, 1, 1],
          [t, 1, 1, 0],
        ]),
        SENSOR,
      );
    expect(times(await track(until(125_000)))).toEqual([125_000]);
    expect(times(await track(until(374_999)))).toEqual([125_000, 250_000]);
    expect((await track(until(999_999))).length).toBe(7);
    expect((await track(until(1_000_000))).length).toBe(8);
    expect((await track(until(1_125_000))).length).toBe(9);
  });

  test("tracks through silence, with steps of no events", async () => {
    const events = eventsOf([
      [0, 1, 1, 1],
      [3_500_000, 1, 1, 0],
    ]);
    const steps = await track(streamOf(events, SENSOR));
    expect(steps.map(({ events: n }) => n)).toEqual([1, ...new Array<number>(27).fill(0)]);
    expect(steps[8]!.joints).toEqual(steps[16]!.joints);
  });

  test("refuses a silence of years", async () => {
    const events = eventsOf([
      [0, 1, 1, 1],
      [2 ** 50, 1, 1, 0],
    ]);
    await expect(track(streamOf(events, SENSOR))).rejects.toThrow(FormatError);
  });

  test("refuses a recording without events", async () => {
    await expect(track(streamOf(eventsOf([]), SENSOR))).rejects.toThrow(FormatError);
    await expect(track(streamOf(eventsOf([]), SENSOR))).rejects.toThrow("expected events, got none");
  });

  test("refuses a recording of one event, which has no length", async () => {
    const one = eventsOf([[7, 1, 1, 1]]);
    await expect(track(streamOf(one, SENSOR))).rejects.toThrow(ArgumentError);
    await expect(track(streamOf(one, SENSOR))).rejects.toThrow("one step (125 ms) or more, got 0 ms");
  });

  test.each([
    ["aedat4", encodeAedat4],
    ["evt3", encodeEvt3],
  ])("refuses %s cut off at any byte of its header and first packets", async (_, encode) => {
    const events = eventsFor(0.1, SENSOR);
    const packets = [0, 10, 20, 30].map((at) => sliceEvents(events, at, at + 10));
    const bytes = await bytesOf(encode(SENSOR, packets));
    for (let length = 0; length < bytes.length; length++) {
      for (const mode of ["strict", "recover"] as const) {
        const steps = openEvents(bytes.subarray(0, length), { mode, file: "cut" }).then((cut) => track(cut));
        await expect(steps).rejects.toThrow(/at byte \d+: expected .*, got|one step/);
      }
    }
  });

  test.each([
    { width: 1280, height: 720 },
    { width: 34, height: 34 },
    { width: 346, height: 260 },
    { width: 1, height: 1 },
  ])("takes a sensor of $width × $height", async (sensor) => {
    const steps = await track(streamOf(eventsFor(1, sensor), sensor));
    expect(steps.length).toBe(8);
    expect(steps.every(({ joints }) => joints.every(Number.isFinite))).toBe(true);
  });

  test("shows the whole of a wide sensor, with an empty border above and below", async () => {
    const sensor = { width: 128, height: 64 };
    const [step] = await track(streamOf(eventsFor(0.5, sensor), sensor), { windowUs: 400_000, threshold: 1 });
    const rows = Array.from({ length: 64 }, (_, y) =>
      [0, 1, 2, 3].some((c) => step!.voxels.subarray((c * 64 + y) * 64, (c * 64 + y + 1) * 64).includes(1)),
    );
    expect(rows.indexOf(true)).toBe(16);
    expect(rows.lastIndexOf(true)).toBe(47);
  });

  test("looks at a region alone", async () => {
    const events = eventsOf([
      [0, 1, 1, 1],
      [1, 70, 70, 1],
      [125_000, 1, 1, 1],
    ]);
    const region = { x: 64, y: 64, width: 64, height: 64 };
    const [step] = await track(streamOf(events, SENSOR), { region });
    expect(step!.events).toBe(1);
    expect(Array.from(step!.voxels).flatMap((v, i) => (v ? [i % 4096] : []))).toEqual([6 * 64 + 6]);
  });

  test("asks for more events a voxel on larger sensors", () => {
    const of = (width: number, height: number) => voxelThreshold({ width, height }, 64);
    expect([of(34, 34), of(128, 128), of(346, 260), of(1280, 720)]).toEqual([1, 1, 7, 100]);
    expect(voxelThreshold({ width: 1280, height: 720 }, 64, "cover")).toBe(32);
  });

  test.each([{ windowUs: 0 }, { windowUs: 7 }, { windowUs: 1000.5 }, { windowUs: NaN }, { threshold: 0 }])(
    "refuses %j",
    async (options) => {
      await expect(track(streamOf(eventsFor(1, SENSOR), SENSOR), options)).rejects.toThrow(ArgumentError);
    },
  );

  test("leaves the stream when the loop is left", async () => {
    let closed = false;
    const inner = streamOf(eventsFor(5, SENSOR), SENSOR, 100);
    async function* watched(): AsyncGenerator<Events> {
      try {
        yield* inner;
      } finally {
        closed = true;
      }
    }
    const stream = { format: "synthetic", sensor: SENSOR, [Symbol.asyncIterator]: watched };
    for await (const step of trackPoses(stream, model)) if (step.index === 2) break;
    expect(closed).toBe(true);
  });

  test("needs no more memory for a longer recording", async () => {
    /** Seconds of 20,000 events each, made as they are read. */
    async function* endless(seconds: number): AsyncGenerator<Events> {
      for (let second = 0; second < seconds; second++) {
        const events = eventsFor(1, SENSOR, second, second * 1_000_000);
        yield { ...events, t: events.t.map((t) => Math.min(t, second * 1e6 + 999_999)) };
      }
    }
    const kept: number[] = [];
    const stream = { format: "synthetic", sensor: SENSOR, [Symbol.asyncIterator]: () => endless(250) };
    for await (const { index } of trackPoses(stream, model)) {
      if (index % 400 !== 399) continue;
      const { arrayBuffers, heapUsed } = settled();
      kept.push(arrayBuffers + heapUsed);
    }
    // The first half warms up the engine. Events kept would be 26 MB in the second, voxels 52; the runner's own heap
    // moves by several.
    expect(kept.length).toBe(4);
    expect(kept[3]! - kept[1]!).toBeLessThan(1e7);
  });
});

/** Memory in use after a collection. */
function settled(): NodeJS.MemoryUsage {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage();
}

suite("pose model files", () => {
  test("come back as they were", () => {
    const file = smallModelFile();
    expect(parsePoseModel(file).meanJoints[2]).toBe(3);
    expect(parsePoseModel(file).model.config).toMatchObject({ head: { kind: "pose", inputSize: 64 } });
    expect(parsePoseModel(file).inputSize).toBe(64);
  });

  test("of models that are for something else are refused", () => {
    const other = createModel(parseModelConfig({ model: "spikformer", preset: "tiny" }));
    // Of poses, but training has not said how large its pictures are.
    expect(() => parsePoseModel(encodeModelFile(other), "a.safetensors")).toThrow(
      /^a\.safetensors: expected .*saccade\.input_size.*, got nothing/,
    );
    const classifier = createModel({ ...presets.tiny, embedDims: [4, 4, 8, 8], heads: 2 });
    expect(() => parsePoseModel(encodeModelFile(classifier))).toThrow(
      "model: expected a model of poses in 3D, got a spikevideoformer of classification",
    );
    other.dispose();
    classifier.dispose();
  });

  test("with other metadata than a list of joints are refused", () => {
    const text = new TextDecoder("latin1").decode(smallModelFile());
    const bytes = Uint8Array.from(text.replace("saccade.mean_joints", "saccade.mean_jointz"), (c) =>
      c.charCodeAt(0),
    );
    expect(() => parsePoseModel(bytes)).toThrow(CheckpointError);
    const broken = Uint8Array.from(text.replace(/(saccade\.mean_joints":")\[/, "$1{"), (c) =>
      c.charCodeAt(0),
    );
    expect(() => parsePoseModel(broken)).toThrow(CheckpointError);
  });
});

suite.skipIf(DATA === undefined)("real recordings", () => {
  const files = ["aedat4/davis346_lz4.aedat4", "evt3/gen41_evt3_sample.raw"].filter((file) =>
    existsSync(join(DATA ?? "", "events", file)),
  );

  test.each(files)("%s", async (file) => {
    const recording = await openRecording(join(DATA!, "events", file));
    const steps: TrackedStep[] = [];
    for await (const step of trackPoses(recording, model, { windowUs: 4000 })) {
      steps.push(step);
      if (steps.length === 40) break;
    }
    expect(steps.length).toBeGreaterThan(5);
    expect(steps.every(({ joints }) => joints.every(Number.isFinite))).toBe(true);
    expect(steps.some(({ events }) => events > 100)).toBe(true);
  });
});
