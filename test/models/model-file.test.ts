import { readFileSync } from "node:fs";
import { expect, suite, test } from "vitest";
import { ArgumentError, CheckpointError } from "../../src/core/index.ts";
import { encodeSafetensors, parseModel } from "../../src/io/index.ts";
import { type ConfiguredModel, encodeModelFile, parseModelFile, runModel } from "../../src/models/index.ts";
import { tensor, withoutGradients } from "../../src/tensor/index.ts";
import { useBackend, wasm } from "../golden/backends.ts";
import { modelNames, smallModel, smallNumbers } from "./small-models.ts";

/** Outputs by name, on the same inputs at every call. */
function outputsOf(model: ConfiguredModel): Map<string, number[]> {
  return withoutGradients(() => {
    const inputs = [...smallNumbers(model.config.model)].map(([input, { shape, data }]) => {
      return [input, tensor(data, shape)] as const;
    });
    const outputs = Object.entries(runModel(model, Object.fromEntries(inputs)));
    return new Map(outputs.map(([output, { data }]) => [output, [...data]]));
  });
}

suite("model files", () => {
  useBackend(wasm);

  test.for(modelNames)("give back a %s with the same bits", { timeout: 60_000 }, (name) => {
    const model = smallModel(name);
    const bytes = encodeModelFile(model, { evaluation: { error: 2.5 }, metadata: { made: "here" } });
    const loaded = parseModelFile(bytes);
    expect(loaded.config).toEqual(model.config);
    expect(loaded.evaluation).toEqual({ error: 2.5 });
    expect(loaded.metadata).toEqual({ made: "here" });
    const outputs = outputsOf(model);
    for (const [output, numbers] of outputs) {
      expect(numbers.every(Number.isFinite), output).toBe(true);
      expect(new Set(numbers).size, `${output} is not constant`).toBeGreaterThan(1);
    }
    expect(outputsOf(loaded.model)).toEqual(outputs);
    const again = encodeModelFile(loaded.model, { evaluation: { error: 2.5 }, metadata: { made: "here" } });
    expect(Buffer.from(again).equals(bytes)).toBe(true);
    model.dispose();
    loaded.model.dispose();
  });

  test.for(modelNames)("of a %s in half precision are half as large, and what they hold stays", (name) => {
    const model = smallModel(name);
    const half = encodeModelFile(model, { half: true });
    expect(half.byteLength).toBeLessThan(0.65 * encodeModelFile(model).byteLength);
    const rounded = parseModelFile(half).model;
    expect(Buffer.from(encodeModelFile(rounded, { half: true })).equals(half)).toBe(true);
    model.dispose();
    rounded.dispose();
  });

  test("of released weights load as they did", () => {
    const { model, evaluation, metadata } = parseModelFile(
      new Uint8Array(readFileSync("weights/nano-pose.safetensors")),
    );
    expect(model.parameterCount()).toBe(1_152_549);
    expect(evaluation).toBeDefined();
    expect(Object.keys(metadata)).toEqual(["saccade.mean_joints"]);
    model.dispose();
  });

  test("with other tensors or an impossible configuration are refused", () => {
    const model = smallModel("staa");
    const { tensors } = parseModel(encodeModelFile(model));
    const file = (config: object, held = tensors) =>
      encodeSafetensors(held, { "saccade.config": JSON.stringify(config) });
    expect(() => parseModelFile(file({ ...model.config, classes: 11 }))).toThrow(CheckpointError);
    expect(() => parseModelFile(file({ ...model.config, classes: 11 }))).toThrow(
      "2 of another shape (classifier.weight: expected [11, 32], got [10, 32], classifier.bias: ",
    );
    expect(() => parseModelFile(file({ ...model.config, width: 1e6 }))).toThrow(ArgumentError);
    expect(() => parseModelFile(file(model.config, new Map()))).toThrow(/got \d+ missing/);
    expect(() => encodeModelFile(model, { metadata: { "saccade.config": "{}" } })).toThrow(ArgumentError);
    model.dispose();
  });
});
