import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, suite, test } from "vitest";
import { ArgumentError } from "../../src/core/index.ts";
import { encodeOnnx, type OnnxModel } from "../../src/io/index.ts";
import { decodeOnnx } from "./onnx-proto.ts";

const base64 = (data: Float32Array | BigInt64Array) => Buffer.from(data.buffer).toString("base64");

/** y = mean of x + (1, −2) over pairs, with attributes of all kinds. */
const model: OnnxModel = {
  name: "pairs",
  operatorSet: 17,
  nodes: [
    { operator: "Reshape", inputs: ["x", "pairs"], outputs: ["split"], attributes: {} },
    { operator: "Add", inputs: ["split", "offset"], outputs: ["moved"], attributes: {} },
    { operator: "ReduceMean", inputs: ["moved"], outputs: ["mean"], attributes: { axes: [-1], keepdims: 0 } },
    { operator: "Resize", inputs: ["mean", "", "", "size"], outputs: ["y"], attributes: { mode: "nearest" } },
  ],
  constants: new Map([
    ["pairs", { dtype: "I64", shape: [2], data: new Uint8Array(BigInt64Array.of(-1n, 2n).buffer) }],
    ["offset", { dtype: "F32", shape: [2], data: Float32Array.of(1, -2) }],
    ["size", { dtype: "I64", shape: [1], data: new Uint8Array(BigInt64Array.of(3n).buffer) }],
  ]),
  inputs: new Map([["x", [6]]]),
  outputs: new Map([["y", [3]]]),
  metadata: { größe: "6 → 3" },
};

suite("ONNX files", () => {
  test("run in ONNX Runtime", async () => {
    const session = await InferenceSession.create(encodeOnnx(model));
    const { y } = await session.run({ x: new Tensor("float32", [1, 2, 3, 4, 5, 6], [6]) });
    expect([...(y!.data as Float32Array)]).toEqual([1, 3, 5]);
    await session.release();
  });

  test("hold the messages of onnx.proto", () => {
    const value = (name: string, size: string) => ({
      name,
      type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: size }] } } },
    });
    expect(decodeOnnx(encodeOnnx(model))).toEqual({
      irVersion: "8",
      producerName: "saccade",
      opsetImport: [{ domain: "", version: "17" }],
      graph: {
        name: "pairs",
        node: [
          { opType: "Reshape", name: "split", input: ["x", "pairs"], output: ["split"] },
          { opType: "Add", name: "moved", input: ["split", "offset"], output: ["moved"] },
          {
            opType: "ReduceMean",
            name: "mean",
            input: ["moved"],
            output: ["mean"],
            attribute: [
              { name: "axes", type: "INTS", ints: ["-1"] },
              { name: "keepdims", type: "INT", i: "0" },
            ],
          },
          {
            opType: "Resize",
            name: "y",
            input: ["mean", "", "", "size"],
            output: ["y"],
            attribute: [{ name: "mode", type: "STRING", s: "nearest" }],
          },
        ],
        initializer: [
          { name: "pairs", dims: ["2"], dataType: 7, rawData: base64(BigInt64Array.of(-1n, 2n)) },
          { name: "offset", dims: ["2"], dataType: 1, rawData: base64(Float32Array.of(1, -2)) },
          { name: "size", dims: ["1"], dataType: 7, rawData: base64(BigInt64Array.of(3n)) },
        ],
        input: [value("x", "6")],
        output: [value("y", "3")],
      },
      metadataProps: [{ key: "größe", value: "6 → 3" }],
    });
  });

  test("have the same bytes for the same model", () => {
    expect(encodeOnnx(model)).toEqual(encodeOnnx({ ...model }));
  });

  test("of 2 GiB are refused before they are written", () => {
    const huge = { dtype: "F32", shape: [2 ** 29], data: new Float32Array(2 ** 29) } as const;
    const constants = new Map([["huge", huge]]);
    expect(() => encodeOnnx({ ...model, constants })).toThrow(ArgumentError);
    expect(() => encodeOnnx({ ...model, constants })).toThrow(
      /expected a model below 2 GiB, got 2147483648 bytes/,
    );
  });
});
