import { expect, suite, test } from "vitest";
import { FormatError } from "../../src/core/index.ts";
import { encodeNpz, type NumpyArray, parseNpz, readSmplModel } from "../../src/io/index.ts";
import { expectMutationsHarmless, expectTruncationsRefused, fixture } from "./corpus.ts";

const FILES = ["body.npz", "body_p4.pkl", "body_python2_p0.pkl", "body_python2_p2.pkl"];
const FIELDS = ["v_template", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table", "f"];

suite("body model files", () => {
  test.for(FILES)("%s gives the body of the fixture", (name) => {
    const body = readSmplModel(fixture(name), name);
    expect([body.vertexCount, body.jointCount]).toEqual([6, 3]);
    expect(body.vTemplate).toEqual(Float64Array.from({ length: 18 }, (_, i) => i / 8));
    const shapes = Float64Array.from({ length: 180 }, (_, i) => (12 * Math.floor(i / 10) + (i % 10)) / 16);
    expect(body.shapedirs).toEqual(shapes);
    expect(body.posedirs).toEqual(Float64Array.from({ length: 324 }, (_, i) => i / 32));
    expect([...body.jRegressor]).toEqual([0.5, 0.5, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0.25, 0, 0.25, 0.5]);
    expect(body.weights).toEqual(Float64Array.from({ length: 18 }, (_, i) => (i % 3 === 0 ? 0.5 : 0.25)));
    expect([...body.parents]).toEqual([-1, 0, 1]);
    expect([...body.faces]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test.for(FILES)("every truncation of %s is a FormatError, and mutations do no harm", (name) => {
    expectTruncationsRefused(fixture(name), (bytes) => readSmplModel(bytes));
    expectMutationsHarmless(fixture(name), (bytes) => readSmplModel(bytes), 100);
  });

  test.each<[string, string, NumpyArray | undefined, RegExp]>([
    ["a missing field", "weights", undefined, /field weights, got none/],
    [
      "posedirs of another skeleton",
      "posedirs",
      { shape: [6, 3, 9], data: new Float32Array(162) },
      /\[6, 3, 18\]/,
    ],
    [
      "too few shape directions",
      "shapedirs",
      { shape: [6, 3, 4], data: new Float32Array(72) },
      /at least 10/,
    ],
    [
      "a regressor that is not finite",
      "J_regressor",
      { shape: [3, 6], data: new Float32Array(18).fill(NaN) },
      /NaN/,
    ],
    [
      "a face beyond the vertices",
      "f",
      { shape: [1, 3], data: new Uint32Array([0, 1, 6]) },
      /below 6, got 6/,
    ],
    [
      "a parent after its child",
      "kintree_table",
      { shape: [2, 3], data: new Int32Array([-1, 2, 0, 0, 1, 2]) },
      /parent of joint 1/,
    ],
  ])("%s is refused by name", (_, field, value, message) => {
    const arrays = parseNpz(fixture("body.npz"), { names: FIELDS });
    if (value === undefined) arrays.delete(field);
    else arrays.set(field, value);
    const bytes = encodeNpz(arrays);
    expect(() => readSmplModel(bytes, "body.npz")).toThrow(FormatError);
    expect(() => readSmplModel(bytes, "body.npz")).toThrow(message);
  });
});
