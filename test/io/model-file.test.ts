import { expect, suite, test } from "vitest";
import { ArgumentError, CheckpointError, FormatError } from "../../src/core/index.ts";
import {
  encodeModel,
  encodeSafetensors,
  jsonLine,
  parseModel,
  storedTensor,
  type StoredTensor,
} from "../../src/io/index.ts";
import { expectMutationsHarmless, expectTruncationsRefused } from "./corpus.ts";

const weight: StoredTensor = { dtype: "F32", shape: [2], data: new Float32Array([1, -2]) };
const model = {
  config: { kind: "spike-video-former", timeSteps: 8, dims: [64, 128] },
  tensors: new Map<string, StoredTensor>([["head.weight", weight]]),
};

suite("model files", () => {
  test("configuration, evaluation, weights and free text are read back", () => {
    const full = { ...model, evaluation: { accuracy: 0.9 }, metadata: { licence: "Apache-2.0" } };
    expect(parseModel(encodeModel(full))).toEqual(full);
    expect(parseModel(encodeModel(model))).toEqual({ ...model, metadata: {} });
    expect(encodeModel(parseModel(encodeModel(full)))).toEqual(encodeModel(full));
  });

  test.each<[string, StoredTensor, string]>([
    ["F32", { dtype: "F32", shape: [3], data: new Float32Array([0, NaN, 0]) }, "NaN at index 1"],
    ["F64", { dtype: "F64", shape: [1], data: new Float64Array([-Infinity]) }, "-Infinity at index 0"],
    ["F16", storedTensor("F16", [2], new Uint8Array([0, 0, 0, 0x7c])), "Infinity at index 1"],
    ["BF16", storedTensor("BF16", [1], new Uint8Array([0xc0, 0x7f])), "NaN at index 0"],
  ])("a weight of type %s that is not finite is neither written nor read", (_, tensor, where) => {
    const tensors = new Map([["block.bias", tensor]]);
    expect(() => encodeModel({ config: null, tensors })).toThrow(CheckpointError);
    const bytes = encodeSafetensors(tensors, { "saccade.config": "{}" });
    expect(() => parseModel(bytes, "m.safetensors")).toThrow(CheckpointError);
    expect(() => parseModel(bytes, "m.safetensors")).toThrow(
      `m.safetensors: expected block.bias to be finite, got ${where}`,
    );
  });

  test("a file without a configuration, or with a broken one, is refused", () => {
    expect(() => parseModel(encodeSafetensors(new Map()))).toThrow(FormatError);
    expect(() => parseModel(encodeSafetensors(new Map(), { "saccade.config": "{" }))).toThrow(FormatError);
    expect(() => encodeModel({ ...model, metadata: { "saccade.config": "{}" } })).toThrow(ArgumentError);
  });

  test("every truncation is a FormatError, and mutations do no harm", () => {
    const bytes = encodeModel(model);
    expectTruncationsRefused(bytes, parseModel);
    expectMutationsHarmless(bytes, (copy) => {
      try {
        parseModel(copy);
      } catch (error) {
        if (!(error instanceof CheckpointError)) throw error;
      }
    });
  });
});

suite("JSON lines", () => {
  test("a value is one line", () => {
    expect(jsonLine({ step: 1, note: "a\nb" })).toBe('{"step":1,"note":"a\\nb"}\n');
  });

  test("numbers that JSON would turn to null are refused by name", () => {
    expect(() => jsonLine({ loss: NaN })).toThrow("jsonLine: expected finite numbers, got NaN in loss");
    expect(() => jsonLine(undefined)).toThrow(ArgumentError);
  });
});
