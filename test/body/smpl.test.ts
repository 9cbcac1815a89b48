import { expect, suite, test } from "vitest";
import {
  axisAngleToMatrix,
  geodesicDistance,
  JOINT_PARENTS,
  localPose,
  poseJoints,
  sixDToMatrix,
  smplBody,
  type SmplModel,
  smplRestJoints,
} from "../../src/body/index.ts";
import { ArgumentError, ShapeError } from "../../src/core/index.ts";
import { expectClose, golden, goldenRow } from "./golden.ts";

const model: SmplModel = {
  vTemplate: golden("smpl/v_template"),
  shapedirs: golden("smpl/shapedirs"),
  posedirs: golden("smpl/posedirs"),
  jRegressor: golden("smpl/J_regressor"),
  weights: golden("smpl/weights"),
  parents: golden("smpl/parents"),
  faces: golden("smpl/faces"),
};
const rows = [0, 1, 2, 3, 4, 5];

suite("SMPL", () => {
  test("our kinematic tree is the official one", () => {
    expect([...golden("smpl/parents")]).toEqual([...JOINT_PARENTS]);
  });

  test.each(rows)("vertices and joints from axis-angle agree with the official code, body %i", (i) => {
    const rotations = axisAngleToMatrix(goldenRow("theta", i, 72));
    const body = smplBody(model, rotations, goldenRow("beta", i, 10));
    expectClose(body.vertices, goldenRow("verts_theta", i, 300), 2e-6);
    expectClose(body.joints, goldenRow("joints_theta", i, 72), 2e-6);
  });

  test.each(rows)("vertices and joints from 6D rotations agree with the official code, body %i", (i) => {
    const rotations = sixDToMatrix(goldenRow("rot6d", i, 144));
    const body = smplBody(model, rotations, goldenRow("beta", i, 10));
    expectClose(body.vertices, goldenRow("verts_rot6d", i, 300), 2e-6);
    expectClose(body.joints, goldenRow("joints_rot6d", i, 72), 2e-6);
  });

  test("translation moves vertices and joints", () => {
    const rotations = axisAngleToMatrix(goldenRow("theta", 0, 72));
    const shape = goldenRow("beta", 0, 10);
    const still = smplBody(model, rotations, shape);
    const moved = smplBody(model, rotations, shape, [1, -2, 3]);
    expectClose(
      moved.vertices,
      still.vertices.map((v, i) => v + [1, -2, 3][i % 3]!),
      1e-6,
    );
    expectClose(
      moved.joints,
      still.joints.map((v, i) => v + [1, -2, 3][i % 3]!),
      1e-6,
    );
  });

  test("arrays of a wrong size and a tree out of order are refused", () => {
    const rotations = axisAngleToMatrix(new Float64Array(72));
    const shape = new Float64Array(10);
    expect(() => smplBody({ ...model, weights: [1, 2] }, rotations, shape)).toThrow(ShapeError);
    expect(() => smplBody(model, rotations, new Float64Array(11))).toThrow(ShapeError);
    const loop = [...JOINT_PARENTS];
    loop[3] = 6;
    expect(() => smplBody({ ...model, parents: loop }, rotations, shape)).toThrow(ArgumentError);
  });

  test("local rotations come back from world orientations", () => {
    const pose = goldenRow("theta", 2, 72);
    const { rotations } = poseJoints(smplRestJoints(model, goldenRow("beta", 2, 10)), pose);
    const apart = geodesicDistance(axisAngleToMatrix(localPose(rotations)), axisAngleToMatrix(pose));
    expect(Math.max(...apart)).toBeLessThan(1e-9);
  });
});
