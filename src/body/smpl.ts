/** Skinning with the SMPL body model [Loper2015], given the arrays of a model file that the user owns. */
import { ArgumentError, ShapeError } from "../core/index.ts";
import { forwardKinematics, type JointTransforms } from "./kinematics.ts";
import { rotate3 } from "./matrix3.ts";
import { JOINTS } from "./pose.ts";

/** The arrays of an SMPL model with V vertices, S shape directions and F faces. */
export type SmplModel = {
  /** Mean shape, `[V, 3]`, metres. */
  readonly vTemplate: ArrayLike<number>;
  /** Shape directions, `[V, 3, S]`. */
  readonly shapedirs: ArrayLike<number>;
  /** Pose-dependent corrections, `[V, 3, 207]`. */
  readonly posedirs: ArrayLike<number>;
  /** Joints from vertices, `[24, V]`, dense. */
  readonly jRegressor: ArrayLike<number>;
  /** Skinning weights, `[V, 24]`. */
  readonly weights: ArrayLike<number>;
  /** Parent of each joint, `[24]`, −1 (or any negative or too large number, as in some files) for the root. */
  readonly parents: ArrayLike<number>;
  /** Vertex indices of the triangles, `[F, 3]`. */
  readonly faces: ArrayLike<number>;
};

/** A posed SMPL body. */
export type SmplBody = JointTransforms & {
  /** Vertices, `[V, 3]`, metres. */
  readonly vertices: Float64Array;
};

const POSE_FEATURES = 9 * (JOINTS - 1);

/** Checks the sizes of the arrays and the order of the joints; returns V and S. */
function check(model: SmplModel): { vertexCount: number; directions: number } {
  const vertexCount = model.vTemplate.length / 3;
  const directions = model.shapedirs.length / model.vTemplate.length;
  const expected: [keyof SmplModel, number][] = [
    ["posedirs", vertexCount * 3 * POSE_FEATURES],
    ["jRegressor", JOINTS * vertexCount],
    ["weights", vertexCount * JOINTS],
    ["parents", JOINTS],
  ];
  for (const [name, length] of expected) {
    if (model[name].length !== length) {
      throw new ShapeError(`SMPL model: expected ${length} numbers in ${name}, got ${model[name].length}`);
    }
  }
  if (!Number.isInteger(vertexCount) || !Number.isInteger(directions)) {
    throw new ShapeError("SMPL model: expected vTemplate [V, 3] and shapedirs [V, 3, S]");
  }
  for (let j = 1; j < JOINTS; j++) {
    const p = model.parents[j]!;
    if (!(p >= 0 && p < j)) {
      throw new ArgumentError(`SMPL model: expected the parent of joint ${j} in [0, ${j - 1}], got ${p}`);
    }
  }
  return { vertexCount, directions };
}

/** v = template + shapedirs · β, `[V, 3]`; fewer coefficients than directions leave the others at 0. */
function shapedVertices(model: SmplModel, shape: ArrayLike<number>, directions: number): Float64Array {
  if (shape.length > directions) {
    throw new ShapeError(
      `SMPL model: expected at most ${directions} shape coefficients, got ${shape.length}`,
    );
  }
  return Float64Array.from({ length: model.vTemplate.length }, (_, i) => {
    let sum = model.vTemplate[i]!;
    for (let k = 0; k < shape.length; k++) sum += model.shapedirs[i * directions + k]! * shape[k]!;
    return sum;
  });
}

function regressJoints(model: SmplModel, vertices: Float64Array): Float64Array {
  const vertexCount = vertices.length / 3;
  const joints = new Float64Array(3 * JOINTS);
  for (let j = 0; j < JOINTS; j++) {
    for (let v = 0; v < vertexCount; v++) {
      const weight = model.jRegressor[j * vertexCount + v]!;
      if (weight === 0) continue;
      for (let i = 0; i < 3; i++) joints[3 * j + i]! += weight * vertices[3 * v + i]!;
    }
  }
  return joints;
}

/**
 * Joints of the rest pose for a shape, `[24, 3]` metres: J = jRegressor (template + shapedirs β).
 *
 * @throws ShapeError if an array of the model has a wrong size
 */
export function smplRestJoints(model: SmplModel, shape: ArrayLike<number>): Float64Array {
  return regressJoints(model, shapedVertices(model, shape, check(model).directions));
}

/**
 * Linear blend skinning: v' = Σ_j w_j (W_j (v + posedirs · vec(R_1… − I) − J_j) + x_j), with the world rotations W
 * and joints x of forward kinematics.
 *
 * @param model - the model's arrays
 * @param rotations - relative to the parent, `[24, 3, 3]`
 * @param shape - coefficients β, at most S
 * @param translation - `[3]`, metres, added to vertices and joints
 * @throws ShapeError if an array has a wrong size
 */
export function smplBody(
  model: SmplModel,
  rotations: ArrayLike<number>,
  shape: ArrayLike<number>,
  translation: ArrayLike<number> = [0, 0, 0],
): SmplBody {
  const { vertexCount, directions } = check(model);
  const shaped = shapedVertices(model, shape, directions);
  const rest = regressJoints(model, shaped);
  const parents = Array.from({ length: JOINTS }, (_, j) => (j === 0 ? -1 : model.parents[j]!));
  const transforms = forwardKinematics(rest, rotations, translation, parents);

  const feature = new Float64Array(POSE_FEATURES);
  for (let i = 0; i < POSE_FEATURES; i++)
    feature[i] = rotations[9 + i]! - (i % 9 === 0 || i % 9 === 4 || i % 9 === 8 ? 1 : 0);

  const vertices = new Float64Array(3 * vertexCount);
  const corrected = new Float64Array(3);
  for (let v = 0; v < vertexCount; v++) {
    for (let i = 0; i < 3; i++) {
      let sum = shaped[3 * v + i]!;
      const row = (3 * v + i) * POSE_FEATURES;
      for (let k = 0; k < POSE_FEATURES; k++) sum += model.posedirs[row + k]! * feature[k]!;
      corrected[i] = sum;
    }
    for (let j = 0; j < JOINTS; j++) {
      const weight = model.weights[v * JOINTS + j]!;
      if (weight === 0) continue;
      const offset = corrected.map((value, i) => value - rest[3 * j + i]!);
      const turned = rotate3(transforms.rotations, offset, 9 * j);
      for (let i = 0; i < 3; i++)
        vertices[3 * v + i]! += weight * (turned[i]! + transforms.joints[3 * j + i]!);
    }
  }
  return { ...transforms, vertices };
}
