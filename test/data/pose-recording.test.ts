import fc from "fast-check";
import { expect, suite, test } from "vitest";
import {
  axisAngleToMatrix,
  cameraAtOrigin,
  forwardKinematics,
  geodesicDistance,
  projectPoints,
  restJoints,
} from "../../src/body/index.ts";
import { ArgumentError, Random } from "../../src/core/index.ts";
import {
  datasets,
  evaluationBatches,
  type LabelledClip,
  poseClipOf,
  type PoseClip,
  type PoseRecording,
  recordingOfClip,
  recordingOfFrames,
} from "../../src/data/index.ts";
import { diskFolder } from "../../src/data/node.ts";
import { emptyEvents, pointPlacement } from "../../src/events/index.ts";
import { voxelGrid, voxelThreshold } from "../../src/track/index.ts";
import { expectClose } from "../golden/close.ts";
import { copyOf, eventFrames } from "./copies.ts";

const BIN_US = 10_000;
const sensor = { width: 40, height: 24 };
const camera = { ...sensor, fx: 50, fy: 55, cx: 19, cy: 13 };

/** A recording with poses at some times in bins, and events all the time. */
function recording(seed: number, atBins: readonly number[]): PoseRecording {
  const random = new Random(seed);
  const numbers = (length: number) => Float32Array.from({ length }, () => random.uniform(-1.5, 1.5));
  const endUs = BIN_US * atBins.at(-1)!;
  const events = emptyEvents(3000);
  for (let i = 0; i < 3000; i++) {
    events.t[i] = Math.floor((i * endUs) / 3000);
    events.x[i] = random.integer(0, sensor.width);
    events.y[i] = random.integer(0, sensor.height);
    events.on[i] = random.integer(0, 2);
  }
  return {
    name: `made up ${seed}`,
    sensor,
    events,
    times: atBins.map((bin) => bin * BIN_US),
    pose: numbers(72 * atBins.length),
    translation: numbers(3 * atBins.length),
    shape: numbers(10),
    camera,
  };
}

/** Joints of the built-in body, `[24, 3]`. */
function joints({ pose, translation, shape }: PoseRecording | PoseClip, at: number): Float64Array {
  const rotations = axisAngleToMatrix(pose.subarray(72 * at, 72 * at + 72));
  return forwardKinematics(restJoints(shape), rotations, translation.subarray(3 * at, 3 * at + 3)).joints;
}

const options = { size: 16, binUs: BIN_US, threshold: 1 };

suite("a recording with poses as a clip", () => {
  test("has the annotated joints at annotated times, and what lies between at others", () => {
    const steps = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 3 }), steps, (seed, first, gaps) => {
        const bins = gaps.reduce((all, gap) => [...all, all.at(-1)! + gap], [first]);
        const made = recording(seed, bins);
        const clip = poseClipOf(made, options);
        expect(clip.bins).toBe(bins.at(-1)! - first);
        bins.forEach((bin, f) => {
          expectClose("joints", joints(clip, bin - first), joints(made, f), 1e-5);
          const next = bins[f + 1];
          if (next === undefined) return;
          for (let edge = bin; edge < next; edge++) {
            const share = (edge - bin) / (next - bin);
            const turn = (of: Float32Array, at: number) =>
              axisAngleToMatrix(of.subarray(72 * at, 72 * at + 72));
            const whole = geodesicDistance(turn(made.pose, f), turn(made.pose, f + 1));
            const part = geodesicDistance(turn(made.pose, f), turn(clip.pose, edge - first));
            expectClose(
              "turns",
              part,
              whole.map((angle) => share * angle),
              1e-5,
            );
            const [from, to] = [f, f + 1].map((at) => made.translation.subarray(3 * at, 3 * at + 3));
            const between = from!.map((x, i) => x + share * (to![i]! - x));
            expectClose(
              "places",
              clip.translation.slice(3 * (edge - first), 3 * (edge - first) + 3),
              between,
              1e-5,
            );
          }
        });
      }),
      { numRuns: 30 },
    );
  });

  test("shows what tracking sees: equal voxels where a bin is half a step, of any threshold", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 3 }), (seed, threshold) => {
        const made = recording(seed, [0, 8]);
        const clip = poseClipOf(made, { ...options, threshold });
        const windowUs = 8 * BIN_US;
        const cut = { timeSteps: 4, windowSeconds: windowUs / 1e6 };
        const [batch] = evaluationBatches([clip], cut);
        const grid = voxelGrid(sensor, { windowUs, timeSteps: 4, inputSize: 16, inChannels: 4, threshold });
        grid.add(made.events);
        expect(batch!.video).toEqual(grid.values);
      }),
      { numRuns: 10 },
    );
  });

  test("of finer bins shows it where one event is enough, and misses spread ones where it is not", () => {
    const made = recording(1, [0, 16]);
    const windowUs = 16 * BIN_US;
    const cut = { timeSteps: 4, windowSeconds: windowUs / 1e6 };
    for (const threshold of [1, 2]) {
      const [batch] = evaluationBatches([poseClipOf(made, { ...options, threshold })], cut);
      const grid = voxelGrid(sensor, { windowUs, timeSteps: 4, inputSize: 16, inChannels: 4, threshold });
      grid.add(made.events);
      if (threshold === 1) expect(batch!.video).toEqual(grid.values);
      else batch!.video.forEach((voxel, i) => expect(voxel).toBeLessThanOrEqual(grid.values[i]!));
    }
  });

  test("has the sensor's camera in pixels of the grid", () => {
    const clip = poseClipOf(recording(2, [0, 1]), options);
    const points = Float64Array.of(0.1, -0.2, 2, -0.4, 0.3, 3);
    const project = (of: typeof camera) => projectPoints(cameraAtOrigin(of), points).pixels;
    const size = { width: 16, height: 16 };
    const { toGrid } = pointPlacement({ sensor, size, fit: "contain" });
    const [u, v, u2, v2] = project(camera);
    expectClose("pixels", project(clip.camera), [...toGrid(u!, v!), ...toGrid(u2!, v2!)], 1e-9);
    expect(clip.camera).toMatchObject(size);
  });

  test.each([
    ["times of half a microsecond", { binUs: 0.5 }, {}, "whole microseconds in a bin, got 0.5"],
    ["odd sizes", { size: 12 }, {}, "a multiple of 8 as size, got 12"],
    ["recordings shorter than a bin", { binUs: 30_000 }, {}, "poses over 30000 µs or more, got 20000"],
    ["poses that are none", {}, { pose: new Float32Array(216).fill(NaN) }, "of finite numbers, got NaN"],
  ])("is not made of %s", (_, change, damage, message) => {
    const make = () => poseClipOf({ ...recording(3, [0, 1, 2]), ...damage }, { ...options, ...change });
    expect(make).toThrow(ArgumentError);
    expect(make).toThrow(message);
  });

  test("needs four labels of a generated clip", () => {
    const { name, times, events, pose, shape, translation } = recording(1, [0, 1]);
    const clip = { name, sensor, events, times, pose, shape, translation } as unknown as LabelledClip;
    expect(() => recordingOfClip({ ...clip, shape: undefined })).toThrow(
      "shards: expected the labels pose, shape, translation, camera in made up 1, got none of shape, camera",
    );
  });
});

suite("event frames as a recording", () => {
  const HALF_US = 33_333;
  async function stretch() {
    const path = "mmhpsd_events/subject03_group1_time1";
    const root = diskFolder(copyOf(eventFrames(path, [2, 3, 4, 5])));
    return (await datasets.mmhpsd.stretches(root, "train", 256)).get(0);
  }

  test("keep their bits: each half of a frame is a bin", async () => {
    const frames = await stretch();
    const clip = poseClipOf(recordingOfFrames(frames, HALF_US), { size: 256, binUs: HALF_US, threshold: 1 });
    expect(clip).toMatchObject({ bins: 6, seconds: (6 * HALF_US) / 1e6 });
    const [batch] = evaluationBatches([clip], { timeSteps: 3, windowSeconds: clip.seconds });
    expect(batch!.video.every((voxel, i) => voxel === frames.events[i])).toBe(true);
    expect(batch!.cameras[0]).toMatchObject({ fx: 335.86, cx: 128.2 });
  });

  test("have the pelvis where the joints have it, the poses at every second edge, and a body as tall", async () => {
    const frames = await stretch();
    const made = recordingOfFrames(frames, HALF_US);
    const clip = poseClipOf(made, { size: 64, binUs: HALF_US, threshold: voxelThreshold(made.sensor, 64) });
    for (let f = 0; f < 4; f++) {
      expect([...clip.translation.subarray(6 * f, 6 * f + 3)]).toEqual([f + 2, f + 3, f + 4]);
      expectClose("joints", joints(clip, 2 * f), joints(made, f), 1e-4);
    }
    const tall = Float32Array.of(0.7, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    const joints3d = Float32Array.from(restJoints(tall));
    expectClose("shape", recordingOfFrames({ ...frames, joints3d }, HALF_US).shape, tall, 1e-4);
    // Joints that no body has.
    expect(Math.abs(made.shape[0]!)).toBe(3);
  });
});
