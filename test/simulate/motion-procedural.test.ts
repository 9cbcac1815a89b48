import { expect, suite, test } from "vitest";
import {
  jointIndex,
  lowestPoint,
  type Motion,
  poseJoints,
  restJoints,
  surface,
} from "../../src/body/index.ts";
import { ArgumentError, Random } from "../../src/core/index.ts";
import { generateMotion, MOTION_KINDS, motionSeconds, poseAt } from "../../src/simulate/motion/index.ts";
import { expectClose } from "../body/golden.ts";

const MEAN = new Float64Array(10);
const REST = restJoints(MEAN);
const SOLES = surface(MEAN).filter(({ part }) => part === "foot");

const frameCount = (motion: Motion) => motion.translation.length / 3;

function transformsAt(motion: Motion, f: number) {
  return poseJoints(
    REST,
    motion.pose.subarray(72 * f, 72 * f + 72),
    motion.translation.subarray(3 * f, 3 * f + 3),
  );
}

/** Largest jump of a joint's velocity from one frame to the next, m/s. */
function velocityJump(motion: Motion): number {
  let worst = 0;
  const frames = Array.from({ length: frameCount(motion) }, (_, f) => transformsAt(motion, f).joints);
  for (let f = 2; f + 1 < frames.length; f++) {
    for (let i = 0; i < 72; i++) {
      const jump = frames[f + 1]![i]! - 2 * frames[f]![i]! + frames[f - 1]![i]!;
      worst = Math.max(worst, Math.abs(jump) * motion.frameRateHz);
    }
  }
  return worst;
}

suite("procedural motion", () => {
  test("the same seed gives the same motion, another seed another", () => {
    const make = (seed: number) => generateMotion({ seed, seconds: 3, frameRateHz: 30 });
    expect(make(5)).toEqual(make(5));
    expect(make(6).pose).not.toEqual(make(5).pose);
    const drawn = generateMotion({ random: new Random(5), seconds: 3, frameRateHz: 30 });
    expect(drawn).toEqual(make(5));
  });

  test.each(MOTION_KINDS)("%s is finite, upright and on the floor", (kind) => {
    for (const seed of [1, 2, 3, 4]) {
      const motion = generateMotion({ seed, seconds: 4, frameRateHz: 30, kind });
      expect(frameCount(motion)).toBe(120);
      expect([...motion.pose, ...motion.translation].every(Number.isFinite)).toBe(true);
      for (let f = 0; f < frameCount(motion); f++) {
        const posed = transformsAt(motion, f);
        expect(posed.joints[3 * jointIndex("head") + 1]! - motion.translation[3 * f + 1]!).toBeGreaterThan(
          0.25,
        );
        const sole = lowestPoint(posed, SOLES);
        expect(sole).toBeGreaterThan(-0.02);
        if (kind !== "jump" && kind !== "run") expect(sole).toBeLessThan(0.001);
      }
    }
  });

  test.each([...MOTION_KINDS, undefined])("%s has continuous velocities", (kind) => {
    const jump = (frameRateHz: number) =>
      velocityJump(generateMotion({ seed: 2, seconds: 2.5, frameRateHz, ...(kind && { kind }) }));
    expect(jump(960)).toBeLessThan(0.45 * jump(240));
  });

  test.each([
    ["walk", 0.6, 1.9],
    ["run", 1.8, 4.5],
    ["idle", 0, 0.1],
    ["squat", 0, 0.2],
  ] as const)("%s goes forward at a speed of %f to %f m/s", (kind, low, high) => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const motion = generateMotion({ seed, seconds: 2, frameRateHz: 60, kind });
      let forward = 0;
      for (let f = 1; f < frameCount(motion); f++) {
        const { rotations } = transformsAt(motion, f);
        const dx = motion.translation[3 * f]! - motion.translation[3 * f - 3]!;
        const dz = motion.translation[3 * f + 2]! - motion.translation[3 * f - 1]!;
        forward += dx * rotations[2]! + dz * rotations[8]!;
      }
      const speed = forward / motionSeconds(motion);
      expect(Math.abs(speed)).toBeLessThan(high);
      if (low > 0) expect(speed).toBeGreaterThan(low);
    }
  });

  test("a jump leaves the ground", () => {
    const motion = generateMotion({ seed: 2, seconds: 3, frameRateHz: 60, kind: "jump" });
    const soles = Array.from({ length: frameCount(motion) }, (_, f) =>
      lowestPoint(transformsAt(motion, f), SOLES),
    );
    expect(Math.max(...soles)).toBeGreaterThan(0.1);
  });

  test("knees and elbows never bend backwards", () => {
    for (const kind of MOTION_KINDS) {
      const motion = generateMotion({ seed: 3, seconds: 4, frameRateHz: 30, kind });
      for (let f = 0; f < frameCount(motion); f++) {
        for (const knee of ["left_knee", "right_knee"] as const) {
          const bend = motion.pose[72 * f + 3 * jointIndex(knee)]!;
          expect(bend).toBeGreaterThanOrEqual(0);
          expect(bend).toBeLessThan(2.5);
        }
        expect(motion.pose[72 * f + 3 * jointIndex("left_elbow") + 1]!).toBeLessThanOrEqual(0);
        expect(motion.pose[72 * f + 3 * jointIndex("right_elbow") + 1]!).toBeGreaterThanOrEqual(0);
      }
    }
  });

  test("impossible lengths and rates are refused", () => {
    for (const [seconds, frameRateHz] of [
      [0, 30],
      [NaN, 30],
      [1e9, 30],
      [1, 0],
      [1, Infinity],
    ] as const) {
      expect(() => generateMotion({ seed: 1, seconds, frameRateHz })).toThrow(ArgumentError);
    }
  });
});

suite("motion between frames", () => {
  const motion = generateMotion({ seed: 1, seconds: 1, frameRateHz: 50, kind: "walk" });

  test("at a frame it is the frame, between frames half way, outside it stands still", () => {
    const frame = (f: number) => motion.pose.slice(72 * f, 72 * f + 72);
    expectClose(poseAt(motion, 0.2, MEAN).pose, frame(10), 1e-9);
    expectClose(
      poseAt(motion, 0.21, MEAN).pose,
      frame(10).map((v, i) => (v + frame(11)[i]!) / 2),
      1e-3,
    );
    expectClose(poseAt(motion, -5, MEAN).pose, frame(0), 1e-12);
    expectClose(poseAt(motion, 99, MEAN).pose, frame(49), 1e-12);
    expectClose(
      poseAt(motion, 0.21, MEAN).translation.slice(0, 1),
      [(motion.translation[30]! + motion.translation[33]!) / 2],
      1e-12,
    );
  });
});
