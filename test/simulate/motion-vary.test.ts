import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { geodesicDistance, axisAngleToMatrix, type Motion } from "../../src/body/index.ts";
import { Random } from "../../src/core/index.ts";
import { generateMotion, motionSeconds, varyMotion } from "../../src/simulate/index.ts";

const walk = generateMotion({ seed: 1, seconds: 2, frameRateHz: 30 });
const wave = generateMotion({ seed: 2, seconds: 0.7, frameRateHz: 30 });

function varied(seed: number, motion = walk): Motion {
  return varyMotion(motion, { arms: wave, random: new Random(seed) });
}

suite("varied motions", () => {
  test("follow from the generator alone and differ from one to the next", () => {
    expect(varied(1)).toEqual(varied(1));
    expect(varied(1).pose).not.toEqual(varied(2).pose);
  });

  test("are rotations of finite numbers, of a length within the change of speed", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
        const motion = varied(seed);
        expect(motion.pose.every(Number.isFinite)).toBe(true);
        expect(motion.pose.length).toBe(24 * motion.translation.length);
        const ratio = motionSeconds(walk) / motionSeconds(motion);
        expect(ratio).toBeGreaterThan(0.74);
        expect(ratio).toBeLessThan(1.4);
      }),
      { numRuns: 30 },
    );
  });

  test("move smoothly where the motion does: no joint jumps between two frames", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { pose, frameRateHz } = varyMotion(walk, { arms: walk, random: new Random(seed) });
      const matrices = axisAngleToMatrix(pose);
      const steps = geodesicDistance(matrices.subarray(0, -9 * 24), matrices.subarray(9 * 24));
      // Only the arms' motion jumps, once, where it starts again.
      const fast = steps.filter((angle) => angle * frameRateHz > 25).length;
      expect(fast).toBeLessThanOrEqual(10);
    }
  });

  test("of a single frame are a single frame", () => {
    const still: Motion = { frameRateHz: 30, pose: walk.pose.slice(0, 72), translation: new Float64Array(3) };
    const motion = varyMotion(still, { arms: still, random: new Random(3) });
    expect(motion.pose.length).toBe(72);
    expect(motion.pose.every(Number.isFinite)).toBe(true);
  });
});
