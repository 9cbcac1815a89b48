import { expect, suite, test } from "vitest";
import { ArgumentError } from "../../src/core/index.ts";
import { createModel, parseModelConfig, presets } from "../../src/models/index.ts";
import { useBackend, wasm } from "../golden/backends.ts";

const model = "spikevideoformer";

suite("configurations of models", () => {
  useBackend(wasm);

  test("take what they leave out from their preset", () => {
    expect(parseModelConfig({ model })).toEqual(presets["15M"]);
    expect(parseModelConfig({ model, preset: "nano", attention: "spatial" })).toEqual({
      ...presets.nano,
      attention: "spatial",
    });
    const surrogate = { kind: "atan" };
    expect(parseModelConfig({ model, neuron: { surrogate } }, model).neuron).toEqual({
      surrogate: { kind: "atan", alpha: 2 },
    });
  });

  test("make models", () => {
    const made = createModel(parseModelConfig({ model, preset: "tiny", score: "dot" }));
    expect(made.parameterCount()).toBe(1_003_610);
    made.dispose();
  });

  test.for([
    [{}, "model: "],
    [null, "top level"],
    [{ model, preset: "huge" }, "preset: "],
    [{ model, embedDims: [15, 32, 64, 96] }, "embedDims.0: "],
    [{ model, heads: 7 }, "heads: expected a divisor of embedDims[2] and [3], got 7 for 256"],
    [{ model, neuron: { tau: 0.5 } }, "neuron.tau: "],
    [{ model, head: { kind: "pose", inputSize: 100 } }, "head.inputSize: "],
    [{ model, colour: "red" }, "colour"],
    [{ model, embedDims: [64, 128, 256, 1e6], heads: 1 }, "expected a model of at most 300000000 parameters"],
    [{ model, depths: [1, 1, 1, 1000, 1000] }, "expected a model of at most"],
    [{ model, head: { kind: "pose", inputSize: 1_600_000 } }, "expected a model of at most"],
  ] as const)("that are wrong are named: %j", ([value, message]) => {
    expect(() => parseModelConfig(value)).toThrow(ArgumentError);
    expect(() => parseModelConfig(value)).toThrow(message);
  });
});
