import fc from "fast-check";
import { expect, suite, test } from "vitest";
import {
  capsuleEnd,
  JOINT_PARENTS,
  jointIndex,
  lowestPoint,
  poseBuiltinBody,
  restJoints,
  SHAPE_LIMIT,
  surface,
} from "../../src/body/index.ts";
import { ShapeError } from "../../src/core/index.ts";
import { expectClose } from "./golden.ts";

const coefficient = fc.double({ min: -SHAPE_LIMIT, max: SHAPE_LIMIT, noNaN: true });
const shapes = fc.array(coefficient, { minLength: 10, maxLength: 10 });
const still = (shape: ArrayLike<number>) => ({
  pose: new Float64Array(72),
  shape: Float64Array.from(shape),
  translation: new Float64Array(3),
});
const mean = new Float64Array(10);

function stature(shape: ArrayLike<number>): number {
  const transforms = poseBuiltinBody(still(shape));
  const capsules = surface(shape);
  const top = Math.max(
    ...capsules.flatMap((c) => [
      capsuleEnd(transforms, c, "a")[1] + c.radiusA,
      capsuleEnd(transforms, c, "b")[1] + c.radiusB,
    ]),
  );
  return top - lowestPoint(transforms, capsules);
}

suite("built-in body", () => {
  test("the mean body is an adult of 1.72 m in a T-pose that faces +z", () => {
    const joints = restJoints(mean);
    const at = (name: Parameters<typeof jointIndex>[0]) =>
      Array.from({ length: 3 }, (_, i) => joints[3 * jointIndex(name) + i]!) as [number, number, number];
    expect(stature(mean)).toBeCloseTo(1.72, 1);
    expect(at("pelvis")).toEqual([0, 0, 0]);
    expect(at("left_wrist")[0]).toBeGreaterThan(0.6);
    expect(at("right_wrist")[0]).toBeLessThan(-0.6);
    expect(at("left_foot")[2]).toBeGreaterThan(at("left_ankle")[2]);
    expect(at("head")[1]).toBeGreaterThan(0.5);
  });

  test("rest joints are linear in the shape", () => {
    fc.assert(
      fc.property(shapes, shapes, (a, b) => {
        const sum = a.map((v, i) => v + b[i]!);
        const zero = restJoints(mean);
        const expected = restJoints(a).map((v, i) => v + restJoints(b)[i]! - zero[i]!);
        expectClose(restJoints(sum), expected, 1e-12);
      }),
    );
  });

  test("every coefficient changes the body, and within the limit no bone or girth vanishes", () => {
    const reference = JSON.stringify([...restJoints(mean), surface(mean)]);
    for (let k = 0; k < 10; k++) {
      const shape = mean.map((_, i) => (i === k ? 1 : 0));
      expect(JSON.stringify([...restJoints(shape), surface(shape)])).not.toBe(reference);
    }
    fc.assert(
      fc.property(shapes, (shape) => {
        const joints = restJoints(shape);
        for (let j = 1; j < 24; j++) {
          const p = JOINT_PARENTS[j]!;
          const bone = Math.hypot(...[0, 1, 2].map((i) => joints[3 * j + i]! - joints[3 * p + i]!));
          expect(bone).toBeGreaterThan(0.05);
        }
        for (const capsule of surface(shape)) {
          expect(Math.min(capsule.radiusA, capsule.radiusB)).toBeGreaterThan(0.003);
        }
        expect(stature(shape)).toBeGreaterThan(1.3);
        expect(stature(shape)).toBeLessThan(2.2);
      }),
      { numRuns: 50 },
    );
  });

  test("the surface is symmetric", () => {
    const capsules = surface(mean);
    const key = (x: number, rest: readonly unknown[]) => JSON.stringify([Number(x.toFixed(9)) + 0, ...rest]);
    const joints = restJoints(mean);
    const keys = (sign: number) =>
      capsules
        .flatMap((c) =>
          (["a", "b"] as const).map((end) => {
            const x = joints[3 * c.joint]! + c[end][0];
            const radius = end === "a" ? c.radiusA : c.radiusB;
            return key(sign * x, [joints[3 * c.joint + 1]! + c[end][1], c[end][2], radius, c.part]);
          }),
        )
        .sort();
    expect(keys(1)).toEqual(keys(-1));
  });

  test("a shape of another length is refused", () => {
    expect(() => restJoints([0, 0])).toThrow(ShapeError);
    expect(() => surface([])).toThrow(ShapeError);
  });
});
