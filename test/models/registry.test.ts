import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { parse } from "yaml";
import { ArgumentError, ShapeError } from "../../src/core/index.ts";
import {
  createModel,
  kindOf,
  type ModelConfig,
  modelKinds,
  type ModelName,
  parseModelConfig,
  presetConfig,
  runModel,
  taskOf,
} from "../../src/models/index.ts";
import { tensor } from "../../src/tensor/index.ts";
import { useBackend, wasm } from "../golden/backends.ts";
import { Constant, modelNames as names, smallModel } from "./small-models.ts";

const configs = names.flatMap((name) =>
  Object.entries(kindOf(name).presets).map(([preset, config]) => ({ name, preset, config })),
);
const anyPreset = fc.constantFrom(...configs);

/** Changes to the smallest preset of a kind, within reason. */
const sizes = fc.integer({ min: 1, max: 6 });
const changes: Readonly<Record<ModelName, fc.Arbitrary<object>>> = {
  spikevideoformer: fc.record({
    preset: fc.constant("tiny"),
    embedDims: fc.tuple(sizes, sizes, sizes, sizes).map((dims) => dims.map((n) => 4 * n)),
    depths: fc.tuple(sizes, sizes, sizes, sizes, sizes).map((all) => all.map((n) => n % 3)),
    heads: fc.constantFrom(1, 2, 4),
    mlpRatio: sizes,
    head: fc.constantFrom(
      { kind: "classification", classes: 3 },
      { kind: "dense", classes: 40 },
      { kind: "pose", inputSize: 48 },
    ),
  }),
  "pose-tracker": fc.record({
    depth: fc.constantFrom(18, 34, 50),
    backboneWidth: sizes,
    layers: fc.integer({ min: 0, max: 3 }),
    width: sizes.map((n) => 8 * n),
    head: fc.constantFrom("smpl", "joints"),
  }),
  hybrid: fc.record({
    stateInit: fc.constantFrom("none", "conv-bn-lrelu"),
    width: sizes,
    annChannels: sizes,
    snnChannels: sizes,
    joints: sizes,
  }),
  "spiking-pose": fc.record({ width: sizes, inChannels: sizes, joints: sizes }),
  "dense-unet": fc.record({ width: sizes, inChannels: sizes, joints: sizes }),
  staa: fc.record({
    architecture: fc.constantFrom("vgg13", "resnet18", "resnet19", "resnet20", "resnet34"),
    width: sizes,
    classes: sizes,
    neuron: fc.constantFrom("staa", "lif", "adaptive-lif"),
    aggregator: fc.record({
      timeSteps: sizes,
      position: fc.constantFrom("none", "both", "aggregate"),
      stepAttention: fc.constantFrom("step", "channels", "none"),
      stepReduction: sizes,
      contextReduction: sizes,
    }),
  }),
  "resnet-gru": fc.record({
    preset: fc.constant("tiny"),
    depth: fc.constantFrom(18, 34, 50, 101, 152),
    width: sizes,
    gruWidth: fc.integer({ min: 1, max: 100 }),
    head: fc.constantFrom("smpl", "joints"),
    regressorWidth: fc.constantFrom(null, 1, 70),
  }),
  "resnet-transformer": fc.record({
    preset: fc.constantFrom("tiny", "tinySpiking"),
    encoderLayers: sizes,
    decoderLayers: sizes,
    modelWidth: sizes.map((n) => 8 * n),
    feedForwardWidth: sizes,
  }),
  "video-swin": fc.record({
    preset: fc.constant("tiny"),
    embedDim: sizes.map((n) => 2 * n),
    depths: fc.tuple(sizes, sizes),
    mlpRatio: fc.constantFrom(0.5, 1, 4),
    gruWidth: fc.constantFrom(null, 1, 30),
  }),
  "sew-resnet": fc.record({
    preset: fc.constant("tiny"),
    depth: fc.constantFrom(18, 34, 50),
    width: sizes,
    regressorWidth: fc.constantFrom(null, 1, 70),
  }),
  "ma-snn": fc.record({
    preset: fc.constant("tiny"),
    depth: fc.constantFrom(18, 50),
    width: sizes,
    timeSteps: fc.integer({ min: 1, max: 60 }),
    timeReduction: fc.constantFrom(0.5, 1, 4),
    channelReduction: fc.constantFrom(0.5, 1, 9),
  }),
  spikformer: fc.record({
    preset: fc.constant("tiny"),
    embedDim: sizes.map((n) => 8 * n),
    layers: sizes,
    attentionWidth: sizes.map((n) => 4 * n),
  }),
  spikingformer: fc.record({
    preset: fc.constant("tiny"),
    embedDim: sizes.map((n) => 8 * n),
    layers: sizes,
    attentionWidth: sizes.map((n) => 4 * n),
  }),
  "meta-spikeformer": fc.record({
    preset: fc.constant("tiny"),
    embedDims: fc.tuple(sizes, sizes, sizes, sizes).map((dims) => dims.map((n) => 4 * n)),
    heads: fc.constantFrom(1, 2, 4),
    regressorWidth: fc.constantFrom(null, 1, 70),
  }),
};

suite("the registry", () => {
  useBackend(wasm);

  test("has a preset for configurations that name none, a paper and a count for each preset", () => {
    const papers = readFileSync("docs/papers.md", "utf8");
    for (const name of names) {
      const { presets, preset, parameters, paper } = kindOf(name);
      expect(presets).toHaveProperty(preset);
      expect(Object.keys(parameters)).toEqual(Object.keys(presets));
      for (const [key] of paper.matchAll(/\[\w+\]/g)) expect(papers).toContain(`**${key}**`);
    }
  });

  test.for(names)("%s has as many parameters as it says", { timeout: 120_000 }, (name) => {
    const { presets, parameters } = kindOf(name);
    for (const [preset, config] of Object.entries(presets)) {
      const model = createModel(config, new Constant(0));
      expect(model.config).toBe(config);
      expect(model.parameterCount(), preset).toBe(parameters[preset]);
      model.dispose();
    }
  });

  test("tells what a configuration is for", () => {
    for (const { name, config } of configs) expect(kindOf(name).tasks).toContain(taskOf(config));
    expect(taskOf(parseModelConfig({ model: "spikevideoformer", head: { kind: "dense", classes: 2 } }))).toBe(
      "segmentation",
    );
    expect(taskOf(parseModelConfig({ model: "hybrid" }))).toBe("heatmaps");
  });

  test("names an input that a model lacks, and refuses one that does not fit", () => {
    const model = smallModel("staa");
    expect(() => runModel(model, {})).toThrow(
      "staa: expected the input input [T B C H W, or B C H W], got none",
    );
    expect(() => runModel(model, { input: tensor([1, 2]) })).toThrow(ShapeError);
    model.dispose();
  });

  test("finds presets by name", () => {
    expect(presetConfig("staa")).toBe(modelKinds.staa.presets["cifar10"]);
    expect(presetConfig("staa/imagenet")).toBe(modelKinds.staa.presets["imagenet"]);
    for (const name of ["tiny", "staa/", "staa/tiny", "staa/cifar10/x", "", "toString", "staa/toString"]) {
      expect(presetConfig(name), name).toBeUndefined();
    }
  });
});

suite("configurations of every kind", () => {
  useBackend(wasm);

  test("stand in the files of configs/", () => {
    const files = readdirSync("configs").filter((file) => file.endsWith(".yaml"));
    const models = files.map((file): unknown => parse(readFileSync(`configs/${file}`, "utf8")).model);
    for (const model of models.filter((one) => one !== undefined)) {
      expect(() => parseModelConfig(model)).not.toThrow();
    }
    expect(models.filter((one) => one !== undefined).length).toBeGreaterThan(5);
  });

  test("of presets go through JSON and come back", () => {
    for (const { name, preset, config } of configs) {
      expect(parseModelConfig(JSON.parse(JSON.stringify(config))), `${name}/${preset}`).toEqual(config);
      expect(parseModelConfig({ model: name, preset })).toEqual(config);
    }
  });

  test("refuse any field that they do not have", () => {
    fc.assert(
      fc.property(anyPreset, fc.string({ minLength: 1 }), fc.jsonValue(), (one, field, value) => {
        fc.pre(!(field in one.config) && field !== "preset" && field !== "__proto__");
        const given = { model: one.name, preset: one.preset, [field]: value };
        expect(() => parseModelConfig(given)).toThrow(ArgumentError);
        expect(() => parseModelConfig(given)).toThrow(`"${field}"`);
      }),
    );
  });

  test("name the field whose value is of another type", () => {
    fc.assert(
      fc.property(
        anyPreset,
        fc.nat(),
        fc.constantFrom({}, [], "?", -1, 0.37, Symbol("s")),
        (one, at, value) => {
          const fields = Object.keys(one.config).filter((field) => field !== "model");
          const field = fields[at % fields.length]!;
          // What else a field may be.
          fc.pre(!(field === "neuron" && typeof value === "object" && !Array.isArray(value)));
          fc.pre(!(typeof value === "number" && value > 0));
          expect(() => parseModelConfig({ ...one.config, [field]: value })).toThrow(
            new RegExp(`^model configuration: ${field}(\\.\\w+)?: `),
          );
        },
      ),
    );
  });

  test.for(names)(
    "of %s make models that have no fewer parameters than was reckoned",
    { timeout: 60_000 },
    (name) => {
      fc.assert(
        fc.property(changes[name], (change) => {
          const config = parseModelConfig({ model: name, ...change });
          const model = createModel(config, new Constant(0));
          const least = kindOf(name).leastParameters(config);
          const count = model.parameterCount();
          model.dispose();
          expect(least, JSON.stringify(config)).toBeLessThanOrEqual(count);
          expect(least, JSON.stringify(config)).toBeGreaterThan(count / 12);
        }),
        { numRuns: 40 },
      );
    },
  );

  test("of models without end are refused before anything is made", () => {
    const big = 2 ** 40;
    const endless: object[] = names.flatMap((name) => {
      const { presets, preset } = kindOf(name);
      return (
        Object.entries(presets[preset]!)
          // More reduction leaves fewer parameters.
          .filter(([field, value]) => Number.isInteger(value) && !field.endsWith("Reduction"))
          .map(([field]) => ({ model: name, [field]: big }))
      );
    });
    expect(endless.length).toBeGreaterThan(30);
    for (const config of endless)
      expect(() => parseModelConfig(config), JSON.stringify(config)).toThrow(ArgumentError);
    for (const config of [
      { model: "video-swin", embedDim: 96, depths: [1000, 1000, 1000, 1000] },
      { model: "video-swin", window: [1000, 1000, 1000] },
      { model: "video-swin", patch: [1e4, 1e4, 1e4] },
      { model: "video-swin", gruWidth: 1e5 },
      { model: "staa", aggregator: { timeSteps: 4, stepReduction: 1e9 } },
      { model: "ma-snn", channelReduction: 1e-9 },
      { model: "resnet-transformer", encoderLayers: 1000, decoderLayers: 1000 },
    ]) {
      expect(() => parseModelConfig(config), JSON.stringify(config)).toThrow(
        "expected a model of at most 300000000 parameters",
      );
    }
  });

  test.for<[object, string]>([
    [{ model: "vgg" }, "model: expected one of spikevideoformer, pose-tracker, "],
    [{ model: "toString" }, "model: expected one of "],
    [{ model: ["staa"] }, "model: expected one of spikevideoformer, pose-tracker, hybrid"],
    [{ model: "staa", preset: "cifar11" }, "preset: "],
    [{ model: "staa", aggregator: {} }, "aggregator.timeSteps: "],
    [{ model: "staa", aggregator: { timeSteps: 4, firing: {} } }, "aggregator: "],
    [{ model: "pose-tracker", heads: 3 }, "heads: expected a divisor of width, got 3 for 1024"],
    [{ model: "pose-tracker", depth: 19 }, "depth: "],
    [{ model: "pose-tracker", neuron: { kind: "plif", tau: 1 } }, "neuron.tau: "],
    [{ model: "spikformer", embedDim: 12 }, "embedDim: "],
    [{ model: "spikformer", heads: 5 }, "heads: expected a divisor of attentionWidth, got 5 for 1024"],
    [{ model: "spikingformer", heads: 5 }, "heads: expected a divisor of attentionWidth, got 5 for 1024"],
    [
      { model: "meta-spikeformer", heads: 7 },
      "heads: expected a divisor of embedDims[2] and [3], got 7 for 512",
    ],
    [{ model: "resnet-transformer", heads: 5 }, "heads: expected a divisor of modelWidth, got 5 for 384"],
    [{ model: "resnet-transformer", modelWidth: 18, heads: 2 }, "modelWidth: "],
    [{ model: "resnet-transformer", backbone: { connection: "add" } }, "backbone: "],
    [{ model: "video-swin", heads: [3, 6, 12] }, "heads: expected 4 numbers, one a stage, got 3"],
    [
      { model: "video-swin", heads: [3, 6, 11, 24] },
      "heads.2: expected a divisor of the channels of its stage",
    ],
    [{ model: "hybrid", neuron: { kind: "integer-lif" } }, "neuron.kind: "],
    [{ model: "hybrid", outputDecay: 1.5 }, "outputDecay: "],
    [{ model: "dense-unet", joints: 0 }, "joints: "],
  ])("that are wrong are named: %j", ([value, message]) => {
    expect(() => parseModelConfig(value)).toThrow(ArgumentError);
    expect(() => parseModelConfig(value)).toThrow(`model configuration: ${message}`);
  });

  test("of another kind than is wanted are refused", () => {
    expect(() => parseModelConfig({ model: "staa" }, "spikevideoformer")).toThrow(
      'model configuration: model: expected spikevideoformer, got "staa"',
    );
    const config: ModelConfig = parseModelConfig({ model: "staa" }, "staa");
    expect(config.model).toBe("staa");
  });
});
