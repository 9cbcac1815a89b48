import fc from "fast-check";
import { expect, suite, test } from "vitest";
import {
  cameraAtOrigin,
  cameraPosition,
  lookAt,
  type Pose,
  pointsInCamera,
  poseBuiltinBody,
  poseInCamera,
  poseInWorld,
  poseJoints,
  projectPoints,
  restJoints,
} from "../../src/body/index.ts";
import { ArgumentError } from "../../src/core/index.ts";
import { expectClose, golden } from "./golden.ts";

const size = { width: 346, height: 260 };
const camera = lookAt(size, 0.9, [1, 1.5, 4], [0, 1, 0]);
const number = fc.double({ min: -1, max: 1, noNaN: true });
const pose = fc
  .tuple(
    fc.array(number, { minLength: 72, maxLength: 72 }),
    fc.array(number, { minLength: 10, maxLength: 10 }),
    fc.array(number, { minLength: 3, maxLength: 3 }),
  )
  .map(([angles, shape, translation]) => ({
    pose: Float64Array.from(angles),
    shape: Float64Array.from(shape),
    translation: Float64Array.from(translation),
  }));

suite("camera", () => {
  test("projection agrees with the official code", () => {
    const f = (1679.3 * 256) / 1280;
    const c = (641 * 256) / 1280;
    const official = cameraAtOrigin({ width: 256, height: 256, fx: f, fy: f, cx: c, cy: c });
    const { pixels } = projectPoints(official, golden("pred"), { depthOffset: 1e-5 });
    expectClose(pixels, golden("proj_px"), 1e-4);
    expectClose(
      pixels.map((v) => v / 256),
      golden("proj_norm"),
      1e-6,
    );
  });

  test("the target of a look-at camera is in the middle, and up is up", () => {
    const { pixels, depth } = projectPoints(camera, [0, 1, 0, 0, 1.2, 0]);
    expectClose(pixels.slice(0, 2), [173, 130], 1e-9);
    expect(depth[0]).toBeCloseTo(Math.hypot(1, 0.5, 4), 12);
    expect(pixels[3]).toBeLessThan(130);
    expectClose(cameraPosition(camera), [1, 1.5, 4], 1e-12);
  });

  test("a body facing the camera has its left side on the right of the image", () => {
    const front = lookAt(size, 0.9, [0, 1, 4], [0, 1, 0]);
    const { pixels } = projectPoints(front, [0.5, 1, 0]);
    expect(pixels[0]).toBeGreaterThan(173);
  });

  test("points behind the camera do not appear", () => {
    const { pixels, depth } = projectPoints(camera, [1, 1.5, 8]);
    expect([...pixels]).toEqual([NaN, NaN]);
    expect(depth[0]).toBeLessThan(0);
  });

  test("a pose in camera coordinates puts the joints where the camera sees them", () => {
    fc.assert(
      fc.property(pose, (world) => {
        const seen = pointsInCamera(camera, poseBuiltinBody(world).joints);
        expectClose(poseBuiltinBody(poseInCamera(camera, world)).joints, seen, 1e-9);
      }),
    );
  });

  test("a rest pelvis away from the origin, as SMPL's, is taken into account", () => {
    fc.assert(
      fc.property(pose, (world) => {
        const rest = restJoints(world.shape).map((v, i) => v + [0.003, -0.22, 0.03][i % 3]!);
        const jointsOf = (p: Pose) => poseJoints(rest, p.pose, p.translation).joints;
        const seen = poseInCamera(camera, world, rest);
        expectClose(jointsOf(seen), pointsInCamera(camera, jointsOf(world)), 1e-9);
        expectClose(jointsOf(poseInWorld(camera, seen, rest)), jointsOf(world), 1e-9);
      }),
    );
  });

  test("impossible views are refused", () => {
    expect(() => lookAt(size, 0, [0, 0, 1], [0, 0, 0])).toThrow(ArgumentError);
    expect(() => lookAt(size, 1, [0, 1, 0], [0, 0, 0])).toThrow(ArgumentError);
    expect(() => lookAt(size, 1, [0, 1, 0], [0, 1, 0])).toThrow(ArgumentError);
  });
});
