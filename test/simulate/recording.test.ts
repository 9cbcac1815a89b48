import { expect, suite, test } from "vitest";
import { pixelsMoved } from "../../src/simulate/pace.ts";
import { cameraAtOrigin, poseBuiltinBody, projectPoints } from "../../src/body/index.ts";
import { ArgumentError, Random } from "../../src/core/index.ts";
import {
  generateMotion,
  MOTION_KINDS,
  randomScene,
  type Scene,
  sensorPresets,
  simulateRecording,
  Stage,
} from "../../src/simulate/index.ts";

const sensor = { width: 96, height: 96 };

function still(scene: Scene): Scene {
  return { ...scene, view: { ...scene.view, pan: [], tilt: [] } };
}

function record(seed: number, sceneSeed = 1) {
  const motion = generateMotion({ seed: 5, seconds: 0.3, frameRateHz: 30, kind: "dance" });
  const scene = randomScene(new Random(sceneSeed));
  return [...simulateRecording({ motion, scene, sensor, seed })].map((shot) => ({
    ...shot,
    frame: shot.frame.slice(),
  }));
}

suite("simulated recording", () => {
  test("it has a frame every 5 ms with the events since the last, and equal seeds give equal recordings", () => {
    const shots = record(1);
    expect(shots.map(({ truth }) => truth.tUs)).toEqual(Array.from({ length: 54 }, (_, f) => f * 5000));
    shots.forEach(({ events, truth }) => {
      for (const t of events.t) expect(t > truth.tUs - 5000 && t <= truth.tUs).toBe(true);
    });
    expect(record(1)).toEqual(shots);
    expect(record(2).map(({ events }) => events)).not.toEqual(shots.map(({ events }) => events));
    expect(record(2).map(({ truth }) => truth)).toEqual(shots.map(({ truth }) => truth));
  });

  test("with a greatest step there are renderings between frames, as many as the motion needs", () => {
    const motion = generateMotion({ seed: 5, seconds: 0.5, frameRateHz: 30, kind: "dance" });
    const scene = randomScene(new Random(1));
    const stage = new Stage(motion, scene, sensor);
    const moved = pixelsMoved(stage, 100_000, 140_000);
    expect(moved).toBeGreaterThan(1);
    expect(pixelsMoved(stage, 100_000, 120_000)).toBeLessThan(moved);
    expect(pixelsMoved(stage, 100_000, 100_000)).toBe(0);
    const record = (frameRateHz: number, maxStep?: number) => {
      const options = { motion, scene, sensor, seed: 1, physics: sensorPresets.clean, frameRateHz };
      const shots = [...simulateRecording({ ...options, ...(maxStep === undefined ? {} : { maxStep }) })];
      return shots.map(({ events, truth }) => ({ tUs: truth.tUs, events }));
    };
    const [coarse, adaptive, fine] = [record(25), record(25, 0.25), record(800)];
    expect(adaptive.map(({ tUs }) => tUs)).toEqual(coarse.map(({ tUs }) => tUs));
    const total = (shots: typeof coarse) => shots.reduce((sum, { events }) => sum + events.t.length, 0);
    // What coarse frames lose: changes within pixels that come and go between two of them.
    const lost = (shots: typeof coarse) => 1 - total(shots) / total(fine);
    expect(lost(coarse)).toBeGreaterThan(0.1);
    expect(lost(adaptive)).toBeLessThan(0.65 * lost(coarse));
    for (const { events } of adaptive) expect([...events.t]).toEqual([...events.t].sort((a, b) => a - b));
  });

  test("joints of the truth are those of its pose, shape and translation", () => {
    for (const { truth } of record(1).slice(0, 5)) {
      const { joints } = poseBuiltinBody(truth);
      joints.forEach((value, i) => expect(Math.abs(value - truth.joints[i]!)).toBeLessThan(1e-9));
    }
  });

  test("the person stands where the truth says, and nothing else moves", () => {
    const motion = generateMotion({ seed: 2, seconds: 0.5, frameRateHz: 60, kind: "dance" });
    const scene = still(randomScene(new Random(3)));
    for (const { events, truth, camera } of simulateRecording({
      motion,
      scene: { ...scene, shadow: 0 },
      sensor,
      seed: 1,
      physics: sensorPresets.clean,
    })) {
      const { pixels } = projectPoints(cameraAtOrigin(camera), truth.joints);
      const columns = Array.from({ length: 24 }, (_, j) => pixels[2 * j]!);
      const rows = Array.from({ length: 24 }, (_, j) => pixels[2 * j + 1]!);
      const margin = (0.3 * camera.fx) / truth.translation[2]!;
      for (const x of events.x)
        expect(x > Math.min(...columns) - margin && x < Math.max(...columns) + margin).toBe(true);
      for (const y of events.y)
        expect(y > Math.min(...rows) - margin && y < Math.max(...rows) + margin).toBe(true);
    }
  });

  test("in random scenes and motions the joints stay in view and the person is large enough", () => {
    const heights: number[] = [];
    for (let seed = 0; seed < 60; seed++) {
      const scene = still(randomScene(new Random(seed)));
      const kind = MOTION_KINDS[seed % MOTION_KINDS.length]!;
      const motion = generateMotion({ seed, seconds: 2, frameRateHz: 20, kind, shape: scene.shape });
      const stage = new Stage(motion, scene, sensor);
      for (const tUs of [0, 700_000, 1_400_000, 2_000_000]) {
        const { truth, camera } = stage.shoot(tUs);
        const { pixels } = projectPoints(cameraAtOrigin(camera), truth.joints);
        let [low, high] = [Infinity, -Infinity];
        for (let j = 0; j < 24; j++) {
          const [u, v] = [pixels[2 * j]!, pixels[2 * j + 1]!];
          expect(u > -0.1 * 96 && u < 1.1 * 96 && v > -0.1 * 96 && v < 1.1 * 96).toBe(true);
          [low, high] = [Math.min(low, v), Math.max(high, v)];
        }
        heights.push((high - low) / 96);
      }
    }
    heights.sort((a, b) => a - b);
    expect(heights[heights.length >> 1]).toBeGreaterThan(0.45);
    expect(heights[heights.length >> 3]).toBeGreaterThan(0.3);
  });

  test("luminance is finite and not negative in every random scene, and the person stands out", () => {
    for (let seed = 0; seed < 40; seed++) {
      const motion = generateMotion({ seed, seconds: 0.1, frameRateHz: 20, kind: "idle" });
      const { frame } = new Stage(motion, randomScene(new Random(seed)), sensor).shoot(0);
      expect(frame.every((value) => value >= 0 && value < 4)).toBe(true);
      expect(new Set(frame).size).toBeGreaterThan(100);
    }
  });

  test("a scene survives JSON, so it can be stored beside its recording", () => {
    const scene = randomScene(new Random(8));
    expect(JSON.parse(JSON.stringify(scene))).toEqual(scene);
    expect(randomScene(new Random(8))).toEqual(scene);
    expect(randomScene(new Random(9))).not.toEqual(scene);
  });

  test("bad rates and empty motions are refused", () => {
    const scene = randomScene(new Random(1));
    const empty = { frameRateHz: 30, pose: new Float64Array(0), translation: new Float64Array(0) };
    expect(() => simulateRecording({ motion: empty, scene, sensor, seed: 1 }).next()).toThrow(ArgumentError);
    const motion = generateMotion({ seed: 1, seconds: 0.1, frameRateHz: 30 });
    expect(() => simulateRecording({ motion, scene, sensor, seed: 1, maxStep: 0 }).next()).toThrow(
      ArgumentError,
    );
    for (const frameRateHz of [0, NaN, 2e6]) {
      expect(() => simulateRecording({ motion, scene, sensor, seed: 1, frameRateHz }).next()).toThrow(
        ArgumentError,
      );
    }
  });
});
