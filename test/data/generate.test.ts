import { expect, suite, test } from "vitest";
import { cameraAtOrigin, poseBuiltinBody, projectPoints } from "../../src/body/index.ts";
import { ArgumentError, Random } from "../../src/core/index.ts";
import { generatePoseClip, type PoseClip } from "../../src/data/index.ts";
import { BinaryVoxelGrid, joinEvents } from "../../src/events/index.ts";
import { generateMotion, randomScene, simulateRecording } from "../../src/simulate/index.ts";
import { COARSE, sampleClip } from "./sample.ts";

const scene = randomScene(new Random(4));
const motion = generateMotion({ seed: 4, seconds: 1.02, frameRateHz: 60, kind: "dance", shape: scene.shape });
const subject = { name: "dance", motion, scene, seed: 9 };

suite("generated clip", () => {
  test("its bins are the whole ones of the motion, and equal arguments give equal clips", () => {
    const clip = generatePoseClip(subject, COARSE);
    expect(clip).toMatchObject({ bins: 64, seconds: 1, size: 16, binUs: 15_625 });
    expect(clip.frames.length).toBe(64 * 2 * 16 * 2);
    expect(clip.pose.length).toBe(65 * 72);
    expect(generatePoseClip(subject, COARSE)).toEqual(clip);
    expect(generatePoseClip({ ...subject, seed: 10 }, COARSE).frames).not.toEqual(clip.frames);
  });

  test("the union of its bins is the binary voxel grid of the same events", () => {
    const clip = generatePoseClip(subject, COARSE);
    const sensor = { width: 32, height: 32 };
    const shots = [...simulateRecording({ motion, scene, sensor, seed: 9, frameRateHz: 64 })];
    const events = joinEvents(shots.map((shot) => shot.events));
    const size = { width: 16, height: 16 };
    const grid = new BinaryVoxelGrid({ sensor, size, timeSteps: 4, durationUs: 1e6, startUs: 1 });
    grid.add(events);
    expect(grid.values.some((value) => value === 1)).toBe(true);
    for (let i = 0; i < grid.values.length; i++) {
      const [step, polarity, pixel] = [Math.floor(i / 512), Math.floor(i / 256) % 2, i % 256];
      let seen = 0;
      for (let bin = 16 * step; bin < 16 * step + 16; bin++) seen |= bitOf(clip, bin, polarity, pixel);
      expect(seen).toBe(grid.values[i]);
    }
  });

  test("joints of its pose appear where there are events", () => {
    const clip = sampleClip(3, 1, { ...COARSE, size: 32, sensorSize: 64 });
    const camera = cameraAtOrigin(clip.camera);
    let inside = 0;
    for (let edge = 0; edge <= clip.bins; edge++) {
      const { joints } = poseBuiltinBody({
        pose: Float64Array.from(clip.pose.subarray(72 * edge, 72 * edge + 72)),
        shape: Float64Array.from(clip.shape),
        translation: Float64Array.from(clip.translation.subarray(3 * edge, 3 * edge + 3)),
      });
      inside += projectPoints(camera, joints).pixels.filter((x) => x > 0 && x < 32).length / 48;
    }
    expect(inside / (clip.bins + 1)).toBeGreaterThan(0.95);
  });

  test("settings that do not fit are refused", () => {
    for (const options of [{ renderHz: 100 }, { size: 20 }, { binUs: 1.5 }, { threshold: 0 }]) {
      expect(() => generatePoseClip(subject, { ...COARSE, ...options })).toThrow(ArgumentError);
    }
    const still = { ...motion, pose: motion.pose.slice(0, 72), translation: motion.translation.slice(0, 3) };
    expect(() => generatePoseClip({ ...subject, motion: still }, COARSE)).toThrow(/motion of one bin/);
  });
});

function bitOf({ frames, size }: PoseClip, bin: number, polarity: number, pixel: number): number {
  const byte = frames[((2 * bin + polarity) * size * size) / 8 + (pixel >> 3)]!;
  return (byte >> (7 - (pixel & 7))) & 1;
}
