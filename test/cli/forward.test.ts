import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { commands } from "../../apps/cli/commands.ts";
import { ReferenceBackend, setBackend } from "../../src/backend/index.ts";
import { Random } from "../../src/core/index.ts";
import { encodeModel, encodeSafetensors, parseSafetensors, type StoredTensor } from "../../src/io/index.ts";
import {
  createModel,
  encodeModelFile,
  type ModelConfig,
  type ModelName,
  officialName,
  parseModelConfig,
  taskOf,
} from "../../src/models/index.ts";
import { tensor, withoutGradients } from "../../src/tensor/index.ts";
import { modelNames, smallModel, smallNumbers } from "../models/small-models.ts";
import { runCli } from "./harness.ts";

const CONFIG = {
  model: "spikevideoformer",
  embedDims: [4, 4, 8, 8],
  depths: [1, 1, 2, 1, 1],
  heads: 2,
  inChannels: 2,
  head: { kind: "classification", classes: 3 },
};
const SHAPE = [2, 2, 2, 21, 34];

let folder: string;
let expected: Float32Array;
const at = (name: string): string => join(folder, name);
const f32 = (shape: readonly number[], data: ArrayLike<number>): StoredTensor => ({
  dtype: "F32",
  shape,
  data: Float32Array.from(data),
});

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "saccade-forward-"));
  setBackend(new ReferenceBackend());
  const model = createModel(parseModelConfig(CONFIG, "spikevideoformer"), new Random(3)).eval();
  // Biases that let neurons fire up to the last layer: as it is made, a model is silent.
  const biases = new Random(5);
  for (const [name, { data }] of model.namedTensors()) {
    if (/norm\d?\.bias$/.test(name)) data.forEach((_, i) => (data[i] = biases.normal(0.5, 0.8)));
  }
  const own = new Map([...model.namedTensors()].map(([name, t]) => [name, f32(t.shape, t.data)]));
  const official = new Map([...own].map(([name, t]) => [`module.${officialName(name)}`, t]));
  official.set("module.head_bn.num_batches_tracked", {
    dtype: "I64",
    shape: [],
    data: new Uint8Array(8),
  });
  const random = new Random(4);
  const video = Float32Array.from({ length: SHAPE.reduce((a, b) => a * b) }, () => random.normal(0, 2));
  const { logits } = withoutGradients(() => model.forward(tensor(video, SHAPE)));
  expected = Float32Array.from(logits!.data);
  expect(new Set(expected).size).toBeGreaterThan(2);
  setBackend(undefined);
  writeFileSync(at("model.json"), JSON.stringify(CONFIG));
  writeFileSync(
    at("model.yaml"),
    Object.entries(CONFIG)
      .map(([k, v]) => `${k}: ${JSON.stringify(v)}\n`)
      .join(""),
  );
  writeFileSync(at("own.safetensors"), encodeSafetensors(own));
  writeFileSync(at("official.safetensors"), encodeSafetensors(official));
  writeFileSync(at("whole.safetensors"), encodeModel({ config: CONFIG, tensors: own }));
  writeFileSync(at("x.safetensors"), encodeSafetensors(new Map([["input", f32(SHAPE, video)]])));
  const double: StoredTensor = { dtype: "F64", shape: SHAPE, data: Float64Array.from(video) };
  writeFileSync(at("x64.safetensors"), encodeSafetensors(new Map([["input", double]])));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Run the command with files of the folder; a name in place of an option's default, null to leave it out. */
function forward(options: Record<string, string | null> = {}) {
  const all = {
    model: "model.json",
    weights: "own.safetensors",
    input: "x.safetensors",
    out: "y.safetensors",
    ...options,
  };
  const files = new Set(["model", "weights", "input", "out"]);
  const args = Object.entries(all).flatMap(([name, value]) =>
    value === null
      ? []
      : [`--${name}`, files.has(name) && value !== "tiny" && value !== "nano" ? at(value) : value],
  );
  return runCli(["forward", ...args], commands);
}

suite("saccade forward", () => {
  test.each([
    ["our names", {}],
    ["a YAML configuration", { model: "model.yaml" }],
    ["official names", { weights: "official.safetensors" }],
    ["a model file alone", { model: null, weights: "whole.safetensors" }],
    ["doubles", { input: "x64.safetensors" }],
    ["the reference backend", { backend: "reference" }],
    ["one thread", { threads: "1" }],
    ["a compiled plan", { engine: "compiled" }],
    ["a compiled plan on the reference backend", { engine: "compiled", backend: "reference" }],
  ])("computes the model's outputs from %s", async (_, options) => {
    const result = await forward(options);
    expect(result).toEqual({ code: 0, stderr: "", stdout: `${at("y.safetensors")}: logits [2, 3]\n` });
    const { tensors } = parseSafetensors(new Uint8Array(readFileSync(at("y.safetensors"))));
    const logits = tensors.get("logits")!;
    expect({ dtype: logits.dtype, shape: logits.shape }).toEqual({ dtype: "F32", shape: [2, 3] });
    const worst = Math.max(
      ...expected.map((value, i) => Math.abs(value - (logits.data as Float32Array)[i]!)),
    );
    expect(worst).toBeLessThan(1e-5);
    rmSync(at("y.safetensors"));
  });

  test("int16 is a compiled plan's, and close", async () => {
    const result = await forward({ engine: "compiled", precision: "int16" });
    expect(result.code).toBe(0);
    const { tensors } = parseSafetensors(new Uint8Array(readFileSync(at("y.safetensors"))));
    const logits = tensors.get("logits")!.data as Float32Array;
    const size = Math.max(...expected.map(Math.abs));
    expect(Math.max(...expected.map((value, i) => Math.abs(value - logits[i]!)))).toBeLessThan(0.2 * size);
    rmSync(at("y.safetensors"));
    const eager = await forward({ precision: "int16" });
    expect(eager).toMatchObject({ code: 2, stderr: expect.stringContaining("needs --engine compiled") });
  });

  test("a compiled plan refuses a clip of other channels as the model does", async () => {
    write("rgb.safetensors", "input", [1, 1, 3, 32, 32], () => 0);
    const { code, stderr } = await forward({ engine: "compiled", input: "rgb.safetensors" });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/rgb\.safetensors: SpikeVideoFormer: expected \[T B 2 H W\].*\n$/),
    });
  });

  test("writes the outputs of a pose model by name", async () => {
    setBackend(new ReferenceBackend());
    const config = { model: "spikevideoformer", embedDims: [4, 4, 8, 8], heads: 2, inChannels: 2 };
    const pose = { ...config, depths: [0, 0, 1, 1, 0], head: { kind: "pose", inputSize: 16 } };
    const model = createModel(parseModelConfig(pose));
    const tensors = new Map([...model.namedTensors()].map(([name, t]) => [name, f32(t.shape, t.data)]));
    setBackend(undefined);
    writeFileSync(at("pose.safetensors"), encodeModel({ config: pose, tensors }));
    const clip = f32([1, 2, 2, 16, 16], new Float32Array(1024));
    writeFileSync(at("clip.safetensors"), encodeSafetensors(new Map([["input", clip]])));
    const result = await forward({ model: null, weights: "pose.safetensors", input: "clip.safetensors" });
    expect(result.code).toBe(0);
    for (const text of ["pose6d [1, 2, 144]", "shape [1, 2, 10]", "translation [1, 2, 3]"]) {
      expect(result.stdout).toContain(text);
    }
    rmSync(at("y.safetensors"));
  });

  const outputs = {
    classification: ["logits"],
    pose: ["pose6d", "shape", "translation"],
    heatmaps: ["heatmaps"],
    segmentation: ["logits"],
  };
  const ofModel = { model: null, weights: "model.safetensors", input: "inputs.safetensors" };
  const prepared = (name: ModelName): ModelConfig => {
    setBackend(new ReferenceBackend());
    const model = smallModel(name);
    setBackend(undefined);
    writeFileSync(at("model.safetensors"), encodeModelFile(model));
    const inputs = [...smallNumbers(name)].map(
      ([input, { shape, data }]) => [input, f32(shape, data)] as const,
    );
    writeFileSync(at("inputs.safetensors"), encodeSafetensors(new Map(inputs)));
    return model.config;
  };

  test.each(modelNames)("runs a %s on the inputs that it has", { timeout: 60_000 }, async (name) => {
    const config = prepared(name);
    const { code, stdout, stderr } = await forward(ofModel);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { tensors } = parseSafetensors(new Uint8Array(readFileSync(at("y.safetensors"))));
    expect([...tensors.keys()].toSorted()).toEqual(outputs[taskOf(config)]);
    expect(stdout.split("\n")).toHaveLength(tensors.size + 1);
    rmSync(at("y.safetensors"));
  });

  test("names an input that is not there, and the models that can be compiled", async () => {
    prepared("spiking-pose");
    expect(await forward({ ...ofModel, input: "x.safetensors" })).toEqual({
      code: 1,
      stdout: "",
      stderr: `saccade: ${at("x.safetensors")}: expected a tensor events, got input\n`,
    });
    expect(await forward({ ...ofModel, engine: "compiled" })).toEqual({
      code: 1,
      stdout: "",
      stderr: "saccade: forward: expected a spikevideoformer, which can be compiled, got spiking-pose\n",
    });
  });

  const bad: readonly [string, Record<string, string | null>, (() => void) | null, RegExp][] = [
    [
      "a NaN",
      { input: "nan.safetensors" },
      () => write("nan.safetensors", "input", [1, 1, 2, 4, 4], (i) => (i === 21 ? NaN : 0)),
      /nan\.safetensors: input: expected finite numbers, got NaN at index 21, \[0, 0, 1, 1, 1\]\n$/,
    ],
    [
      "an infinity",
      { input: "inf.safetensors" },
      () => write("inf.safetensors", "input", [1, 1, 2, 4, 4], (i) => (i === 3 ? Infinity : 0)),
      /input: expected finite numbers, got Infinity at index 3/,
    ],
    [
      "a clip with the wrong number of axes",
      { input: "flat.safetensors" },
      () => write("flat.safetensors", "input", [2, 4, 4], () => 0),
      /flat\.safetensors: SpikeVideoFormer: expected \[T B C H W\], got \[2, 4, 4\]\n$/,
    ],
    [
      "a clip with the wrong channels",
      { input: "rgb.safetensors" },
      () => write("rgb.safetensors", "input", [1, 1, 3, 32, 32], () => 0),
      /rgb\.safetensors: SpikeVideoFormer: expected \[T B 2 H W\].*got \[1, 1, 3, 32, 32\]\n$/,
    ],
    [
      "a preset that there is none of",
      { model: "staa/cifar" },
      null,
      /staa\/cifar: no such file or folder\n$/,
    ],
    [
      "an empty clip",
      { input: "empty.safetensors" },
      () => write("empty.safetensors", "input", [0, 1, 2, 32, 32], () => 0),
      /empty\.safetensors: input: expected .*got \[0, 1, 2, 32, 32\]\n$/,
    ],
    [
      "another tensor's name",
      { input: "named.safetensors" },
      () => write("named.safetensors", "video", [1], () => 0),
      /named\.safetensors: expected a tensor input, got video\n$/,
    ],
    ["no input file", { input: "gone" }, null, /gone: no such file or folder\n$/],
    ["a folder as input", { input: "." }, null, /: .*expected a regular file/],
    ["weights that do not fit", { model: "tiny" }, null, /own\.safetensors: .*missing/],
    ["weights that are no file of tensors", { weights: "model.json" }, null, /model\.json: safetensors at/],
    ["no configuration", { model: null }, null, /own\.safetensors: .*expected the metadata saccade\.config/],
    [
      "a configuration that is no YAML",
      { model: "broken.yaml" },
      () => writeFileSync(at("broken.yaml"), "a: [1, 2\nb: }"),
      /broken\.yaml: /,
    ],
    [
      "a configuration with an unknown field",
      { model: "odd.json" },
      () => writeFileSync(at("odd.json"), '{"model": "spikevideoformer", "layers": 3}'),
      /odd\.json: model configuration: .*layers/,
    ],
    [
      "a configuration with an alias of nothing",
      { model: "alias.yaml" },
      () => writeFileSync(at("alias.yaml"), "model: *other"),
      /alias\.yaml: expected YAML or JSON: Unresolved alias/,
    ],
    [
      "an output in place of the weights",
      { out: "own.safetensors" },
      null,
      /own\.safetensors: expected different files to read and to write\n$/,
    ],
    ["a folder as output", { out: "." }, null, /is a folder, expected a file\n$/],
    [
      "an output folder that is not there",
      { out: "no/such/y" },
      null,
      /no\/such\/y: no such file or folder\n$/,
    ],
  ];
  test.each(bad)("refuses %s with one line", async (_, options, prepare, message) => {
    prepare?.();
    const { code, stdout, stderr } = await forward(options);
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: "", stderr: expect.stringMatching(message) });
    expect(stderr).toMatch(/^saccade: [^\n]*\n$/);
    expect(readdirSync(folder).filter((name) => name.startsWith("y.") || name.endsWith(".tmp"))).toEqual([]);
  });

  test("writes nothing when it is interrupted", async () => {
    const controller = new AbortController();
    controller.abort();
    const args = ["model.json", "own.safetensors", "x.safetensors", "y.safetensors"].map(at);
    const result = await runCli(
      ["forward", "--model", args[0]!, "--weights", args[1]!, "--input", args[2]!, "--out", args[3]!],
      commands,
      { signal: controller.signal },
    );
    expect(result.code).toBe(130);
    expect(readdirSync(folder)).not.toContain("y.safetensors");
  });
});

function write(file: string, name: string, shape: number[], value: (i: number) => number): void {
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => value(i));
  writeFileSync(at(file), encodeSafetensors(new Map([[name, f32(shape, data)]])));
}
