import fc from "fast-check";
import { expect, suite, test } from "vitest";
import {
  axisAngleToMatrix,
  axisAngleToQuaternion,
  axisRotation,
  geodesicDistance,
  identity3,
  matrixToAxisAngle,
  matrixToEulerZyx,
  matrixToSixD,
  multiply3,
  normalise3,
  quaternionToAxisAngle,
  rotate3,
  rotationBetween,
  sixDToMatrix,
  slerp,
} from "../../src/body/index.ts";
import { ShapeError } from "../../src/core/index.ts";
import { expectClose, golden } from "./golden.ts";

const number = fc.double({ min: -1, max: 1, noNaN: true });
const vector = fc.tuple(number, number, number);
const direction = vector.filter((v) => Math.hypot(...v) > 0.01);

suite("rotation", () => {
  test("axis-angle to matrix agrees with the official Rodrigues", () => {
    expectClose(axisAngleToMatrix(golden("aa")), golden("aa_rotmats"), 1e-6);
    expectClose(axisAngleToMatrix(golden("theta")), golden("rotmats_theta"), 1e-6);
  });

  test("matrix to axis-angle agrees with the official code", () => {
    expectClose(matrixToAxisAngle(golden("aa_rotmats")), golden("rotmats_to_aa"), 1e-5);
  });

  test("6D to matrix agrees with the official column order", () => {
    expectClose(sixDToMatrix(golden("rot6d")), golden("rot6d_rotmats"), 1e-6);
  });

  test("a zero 6D vector gives finite numbers", () => {
    expect([...sixDToMatrix(new Float64Array(6))].every(Number.isFinite)).toBe(true);
  });

  test("axis-angle survives the way through matrices below half a turn", () => {
    fc.assert(
      fc.property(vector, fc.double({ min: 0, max: 3.1, noNaN: true }), (axis, angle) => {
        const r = normalise3(axis).map((v) => v * angle);
        expectClose(matrixToAxisAngle(axisAngleToMatrix(r)), r, 1e-9);
        expectClose(quaternionToAxisAngle(axisAngleToQuaternion(r)), r, 1e-9);
      }),
    );
  });

  test("half a turn comes back as the same rotation", () => {
    for (const r of [
      [Math.PI, 0, 0],
      [0, Math.PI, 0],
      [0, 0, -Math.PI],
      normalise3([1, 2, -3]).map((v) => v * Math.PI),
    ]) {
      const matrix = axisAngleToMatrix(r);
      expectClose(axisAngleToMatrix(matrixToAxisAngle(matrix)), matrix, 1e-12);
    }
  });

  test("6D is inverse to matrices", () => {
    fc.assert(
      fc.property(vector, (r) => {
        const matrix = axisAngleToMatrix(r);
        expectClose(sixDToMatrix(matrixToSixD(matrix)), matrix, 1e-12);
      }),
    );
  });

  test("geodesic distance is the angle between rotations, even a tiny one", () => {
    const start = axisAngleToMatrix([0.3, -0.8, 1.1]);
    for (const angle of [0, 1e-9, 0.5, 3.1]) {
      const end = multiply3(start, axisRotation("Y", angle));
      expect(geodesicDistance(start, end)[0]).toBeCloseTo(angle, 12);
    }
    expect(() => geodesicDistance(start, new Float64Array(18))).toThrow(ShapeError);
  });

  test("Euler angles rebuild the matrix, at the poles too", () => {
    const angle = fc.double({ min: -3.1, max: 3.1, noNaN: true });
    const build = (z: number, y: number, x: number) =>
      multiply3(multiply3(axisRotation("Z", z), axisRotation("Y", y)), axisRotation("X", x));
    fc.assert(
      fc.property(angle, fc.oneof(angle, fc.constantFrom(Math.PI / 2, -Math.PI / 2)), angle, (z, y, x) => {
        const matrix = build(z, y, x);
        expectClose(build(...matrixToEulerZyx(matrix)), matrix, 1e-9);
      }),
    );
  });

  test("the rotation between two directions takes one to the other and is the smallest", () => {
    fc.assert(
      fc.property(direction, direction, (a, b) => {
        const matrix = rotationBetween(a, b);
        expectClose(rotate3(matrix, normalise3(a)), normalise3(b), 1e-9);
      }),
    );
    expectClose(rotate3(rotationBetween([0, 1, 0], [0, -1, 0]), [0, 1, 0]), [0, -1, 0], 1e-12);
    // Nearly opposite: the normal is as small as what counts as none.
    for (const tilt of [1e-12, 1e-11, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5]) {
      const matrix = rotationBetween([0.01, 0, -tilt], [-0.01, 0, 0]);
      expectClose(rotate3(matrix, normalise3([0.01, 0, -tilt])), [-1, 0, 0], 1e-9);
    }
    expectClose(rotationBetween([0, 2, 0], [0, 1, 0]), identity3(), 0);
  });

  test("slerp turns at constant speed along the shorter arc", () => {
    const from = axisAngleToQuaternion([0, 0.2, 0]);
    const to = axisAngleToQuaternion([0, 1.2, 0]);
    expectClose(quaternionToAxisAngle(slerp(from, to, 0.25)), [0, 0.45, 0], 1e-12);
    const [w, x, y, z] = to;
    expectClose(quaternionToAxisAngle(slerp(from, [-w, -x, -y, -z], 0.25)), [0, 0.45, 0], 1e-12);
    expectClose(slerp(from, from, 0.5), from, 1e-15);
  });

  test("arrays that are not whole rotations are refused", () => {
    expect(() => axisAngleToMatrix([1, 2])).toThrow(ShapeError);
    expect(() => sixDToMatrix(new Float64Array(9))).toThrow(ShapeError);
  });
});
