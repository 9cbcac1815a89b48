/** Body models of the SMPL family as their authors publish them: `.npz` archives or Python pickles. */
import { FormatError, show } from "../core/index.ts";
import type { NumpyArray } from "./npy.ts";
import { parseNpz } from "./npz.ts";
import { isNumpyArray, readNumpyPickle } from "./numpy-pickle.ts";
import { isSparseMatrix, toDense } from "./sparse.ts";
import { isZip } from "./zip.ts";

/**
 * A body model with V vertices, J joints and F faces [Loper2015]. All arrays are row-major; lengths in
 * metres.
 */
export type SmplModelFile = {
  readonly vertexCount: number;
  readonly jointCount: number;
  /** Vertices of the mean body in its rest pose, `[V, 3]`, metres. */
  readonly vTemplate: Float64Array;
  /** Vertex offsets for each shape coefficient, `[V, 3, 10]`, metres a standard deviation. */
  readonly shapedirs: Float64Array;
  /** Vertex offsets for each element of the joints' rotations but the root's, `[V, 3, 9 (J − 1)]`, metres. */
  readonly posedirs: Float64Array;
  /** Joints from vertices, `[J, V]`. */
  readonly jRegressor: Float64Array;
  /** Skinning weights, `[V, J]`. */
  readonly weights: Float64Array;
  /** Parent of each joint, `[J]`; −1 for the root, which is joint 0. */
  readonly parents: Int32Array;
  /** Triangles by vertex, `[F, 3]`. */
  readonly faces: Int32Array;
};

const FIELDS = ["v_template", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table", "f"];
const SHAPES = 10;

/**
 * Reads a model of SMPL, SMPL-H, SMPL-X or of the same layout. Nothing in a pickle is executed. Shape directions beyond
 * the first ten are dropped.
 *
 * @throws FormatError if the file is damaged, a field is missing or has an unexpected shape, a value is not finite, a
 *   face names a vertex that is not there, or a joint does not follow its parent
 */
export function readSmplModel(bytes: Uint8Array, file?: string): SmplModelFile {
  const fields = isZip(bytes) ? parseNpz(bytes, { names: FIELDS, file }) : readNumpyPickle(bytes, { file });
  const fail = (what: string): never => {
    throw new FormatError("smpl", 0, what, file);
  };
  if (!(fields instanceof Map)) return fail("expected a dictionary of arrays, got another value");
  const field = (name: string): unknown => fields.get(name) ?? fail(`expected the field ${name}, got none`);
  const array = (name: string, ...axes: (number | undefined)[]) => numbers(field(name), name, axes, fail);

  const template = array("v_template", undefined, 3);
  const vertexCount = template.shape[0]!;
  const tree = array("kintree_table", 2, undefined);
  const jointCount = tree.shape[1]!;
  const shapes = array("shapedirs", vertexCount, 3, undefined);
  const sparse = field("J_regressor");
  return {
    vertexCount,
    jointCount,
    vTemplate: template.data,
    shapedirs: firstShapes(shapes.data, shapes.shape[2]!, fail),
    // Before the regressor: only what the file holds bounds the product of vertices and joints.
    posedirs: array("posedirs", vertexCount, 3, 9 * (jointCount - 1)).data,
    jRegressor: isSparseMatrix(sparse)
      ? finite("J_regressor", toDense(sparse, [jointCount, vertexCount], file), fail)
      : array("J_regressor", jointCount, vertexCount).data,
    weights: array("weights", vertexCount, jointCount).data,
    parents: parentsOf(tree.data, jointCount, fail),
    faces: facesOf(array("f", undefined, 3).data, vertexCount, fail),
  };
}

type Fail = (what: string) => never;

/** A field as finite float64 numbers, with each axis as given; `undefined` stands for any size of at least 1. */
function numbers(
  value: unknown,
  name: string,
  axes: readonly (number | undefined)[],
  fail: Fail,
): { shape: readonly number[]; data: Float64Array } {
  if (!isNumpyArray(value) || !ArrayBuffer.isView(value.data)) {
    return fail(`expected ${name} to be an array of numbers, got another value`);
  }
  const { shape } = value as NumpyArray;
  const fits = axes.every((axis, i) => (axis === undefined ? shape[i]! >= 1 : shape[i] === axis));
  if (shape.length !== axes.length || !fits) {
    const expected = axes.map((axis) => axis ?? "any").join(", ");
    fail(`expected ${name} of shape [${expected}], got ${show(shape)}`);
  }
  return { shape, data: finite(name, Float64Array.from(value.data), fail) };
}

function finite(name: string, data: Float64Array, fail: Fail): Float64Array {
  const bad = data.findIndex((x) => !Number.isFinite(x));
  return bad < 0 ? data : fail(`expected ${name} to be finite, got ${data[bad]} at element ${bad}`);
}

function firstShapes(data: Float64Array, count: number, fail: Fail): Float64Array {
  if (count < SHAPES) fail(`expected shapedirs with at least ${SHAPES} coefficients, got ${count}`);
  return data.filter((_, i) => i % count < SHAPES);
}

/** Parents from `kintree_table`: row 0 names each joint's parent, row 1 the joint; the root's parent means nothing. */
function parentsOf(table: Float64Array, jointCount: number, fail: Fail): Int32Array {
  const joints = table.subarray(jointCount);
  const column = new Map([...joints].map((joint, i) => [joint, i]));
  return Int32Array.from({ length: jointCount }, (_, i) => {
    if (i === 0) return -1;
    const parent = column.get(table[i]!);
    return parent !== undefined && parent < i
      ? parent
      : fail(`expected the parent of joint ${i} to come before it, got ${table[i]}`);
  });
}

function facesOf(data: Float64Array, vertexCount: number, fail: Fail): Int32Array {
  const bad = data.findIndex((vertex) => !Number.isInteger(vertex) || vertex < 0 || vertex >= vertexCount);
  if (bad >= 0) fail(`expected faces of vertices below ${vertexCount}, got ${data[bad]}`);
  return Int32Array.from(data);
}
