import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { commands } from "../../apps/cli/commands.ts";
import { packageFile } from "../../apps/cli/package-root.ts";
import type { ProfileReport } from "../../apps/report/profile-data.ts";
import { ReferenceBackend, setBackend } from "../../src/backend/index.ts";
import { Random } from "../../src/core/index.ts";
import { encodeModel, encodeSafetensors, type StoredTensor } from "../../src/io/index.ts";
import { createModel, parseModelConfig } from "../../src/models/index.ts";
import { runCli } from "./harness.ts";

const CONFIG = {
  model: "spikevideoformer",
  embedDims: [4, 4, 8, 8],
  depths: [1, 1, 1, 1, 1],
  heads: 2,
  inChannels: 4,
  head: { kind: "pose", inputSize: 32 },
};
const RECORDING = packageFile("samples", "walk.aedat4");

let folder: string;
const at = (name: string): string => join(folder, name);

function clip(shape: readonly number[], value: (i: number) => number): Uint8Array {
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => value(i));
  return encodeSafetensors(new Map([["input", { dtype: "F32", shape, data }]]));
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "saccade-profile-"));
  setBackend(new ReferenceBackend());
  const model = createModel(parseModelConfig(CONFIG), new Random(3)).eval();
  const tensors = new Map<string, StoredTensor>();
  const save = (name: string): void => {
    for (const [path, { shape, data }] of model.namedTensors()) {
      tensors.set(path, { dtype: "F32", shape, data: Float32Array.from(data) });
    }
    writeFileSync(at(name), encodeModel({ config: CONFIG, tensors }));
  };
  save("fresh.safetensors");
  const random = new Random(5);
  for (const [name, { data }] of model.namedTensors()) {
    if (/norm\d?\.bias$/.test(name)) data.forEach((_, i) => (data[i] = random.normal(0.5, 0.8)));
    if (name.endsWith("runningMean")) data.forEach((_, i) => (data[i] = random.normal(0, 0.1)));
  }
  save("model.safetensors");
  setBackend(undefined);
  writeFileSync(at("model.json"), JSON.stringify(CONFIG));
  writeFileSync(
    at("clip.safetensors"),
    clip([2, 1, 4, 32, 32], (i) => Number(i % 7 === 0)),
  );
  writeFileSync(
    at("black.safetensors"),
    clip([2, 1, 4, 32, 32], () => 0),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

function profile(...args: readonly string[]) {
  return runCli(["profile", ...args, "--runs", "1", "--threads", "1", "--no-calibrate"], commands);
}

async function report(...args: readonly string[]): Promise<ProfileReport> {
  const { code, stdout, stderr } = await profile(...args, "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as ProfileReport;
}

suite("saccade profile", () => {
  test("prints layers, totals and energy", async () => {
    const { code, stdout, stderr } = await profile(
      at("model.safetensors"),
      "--input",
      at("clip.safetensors"),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.split("\n");
    expect(lines[0]).toMatch(
      /^model\.safetensors: .* parameters, .*; input clip\.safetensors, \[2, 1, 4, 32, 32\]$/,
    );
    for (const start of [
      "layer ",
      "0.down.conv ",
      "3.0.attention ",
      "head.pose ",
      "all ",
      "compiled, f32",
      "eager",
    ])
      expect(lines.filter((line) => line.startsWith(start)).length, start).toBeGreaterThan(0);
    expect(stdout).toMatch(/45 nm, with memory .*× less\n/);
    expect(stdout).not.toContain("warning");
  });

  test("tells the same in JSON, whose totals are sums", async () => {
    const { model, input, precision, steps, total, warnings } = await report(
      at("model.safetensors"),
      "--input",
      at("clip.safetensors"),
      "--precision",
      "int16",
    );
    expect(model).toMatchObject({ name: "model.safetensors", weights: "model.safetensors" });
    expect(input).toEqual({ name: "clip.safetensors", shape: [2, 1, 4, 32, 32] });
    expect({ precision, warnings }).toEqual({ precision: "int16", warnings: [] });
    expect(steps[0]).toMatchObject({
      layer: "stages.0.down.conv",
      kind: "conv 7×7",
      outputShape: [2, 1, 16, 16, 2],
    });
    expect(total.acs).toBe(steps.reduce((sum, { acs }) => sum + acs, 0));
    expect(total.acs).toBeGreaterThan(0);
    expect(total.energy.map(({ node }) => node)).toEqual(["45 nm", "7 nm"]);
  });

  test("looks at a window of a recording: the first whole one, or that of a time", async () => {
    const first = await report(at("model.safetensors"), "--input", RECORDING);
    expect(first.input).toEqual({ name: "walk.aedat4", shape: [8, 1, 4, 32, 32], fromSeconds: 0 });
    const later = await report(at("model.safetensors"), "--input", RECORDING, "--at", "1.5");
    expect(later.input.fromSeconds).toBe(1);
    expect(later.steps[0]!.firingRate).not.toBe(first.steps[0]!.firingRate);
    const { code, stderr } = await profile(at("model.safetensors"), "--input", RECORDING, "--at", "1e6");
    expect(code).toBe(1);
    expect(stderr).toMatch(/walk\.aedat4: expected --at within the recording, .* got 1000000\n$/);
    const classes = await profile("tiny", "--input", RECORDING);
    expect(classes.code).toBe(1);
    expect(classes.stderr).toMatch(
      /walk\.aedat4: expected a model of poses for a recording, got one of classification\n$/,
    );
  });

  test.each([
    ["a model file and noise", ["model.safetensors"], ["--noise"], [/input is noise/]],
    [
      "weights that never saw data",
      ["fresh.safetensors"],
      ["--input", "clip.safetensors"],
      [/look untrained/],
    ],
    ["a configuration alone", ["model.json"], ["--input", "clip.safetensors"], [/are untrained/]],
    ["a configuration and noise", ["model.json"], ["--noise", "--steps", "3"], [/are untrained/, /is noise/]],
    ["a black clip", ["model.safetensors"], ["--input", "black.safetensors"], [/input is constant/]],
    [
      "a configuration beside weights",
      ["model.json", "--weights", "model.safetensors"],
      ["--input", "clip.safetensors"],
      [],
    ],
    [
      "--model beside weights",
      ["--model", "model.json", "--weights", "model.safetensors"],
      ["--input", "clip.safetensors"],
      [],
    ],
    ["weights alone", ["--weights", "model.safetensors"], ["--input", "clip.safetensors"], []],
  ])("warns where rates mean nothing: %s", async (_, model, input, expected) => {
    const files = [...model, ...input].map((arg) => (/\.(?:json|safetensors)$/.test(arg) ? at(arg) : arg));
    const { warnings } = await report(...files);
    expect(warnings).toHaveLength(expected.length);
    expected.forEach((warning, i) => expect(warnings[i]).toMatch(warning));
  });

  test("writes a page", async () => {
    const { code, stdout } = await profile(
      at("model.safetensors"),
      "--input",
      at("clip.safetensors"),
      "--html",
      at("profile.html"),
    );
    expect(code).toBe(0);
    expect(stdout).toContain(`wrote ${at("profile.html")}\n`);
    expect(readFileSync(at("profile.html"), "utf8")).toContain("stages.0.down.conv");
  });

  test.each([
    ["no model", ["--noise"], /give MODEL, or --weights FILE/],
    ["two models", ["nano", "--model", "nano", "--noise"], /give MODEL or --model CONFIG, not both/],
    ["no input", ["nano"], /give --input FILE or --noise/],
    ["two inputs", ["nano", "--noise", "--input", "x"], /give --input FILE or --noise/],
    ["a time of noise", ["nano", "--noise", "--at", "1"], /--at needs --input/],
    ["a size of a file", ["nano", "--input", "x", "--size", "8x8"], /need --noise/],
    ["runs of none", ["nano", "--noise", "--runs", "0"], /expected a whole number from 1/],
    ["a negative time", ["nano", "--input", "x", "--at", "-1"], /expected a number of at least zero/],
    ["an unknown precision", ["nano", "--noise", "--precision", "int8"], /Allowed choices are f32, int16/],
  ])("asks for another usage: %s", async (_, args, message) => {
    const { code, stdout, stderr } = await runCli(["profile", ...args], commands);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });

  test.each([
    ["no file", ["gone.safetensors"], ["gone.aedat4"], /gone\.safetensors: no such file or folder\n$/],
    ["no input", ["model.safetensors"], ["gone.aedat4"], /gone\.aedat4: no such file or folder\n$/],
    [
      "a model that cannot be compiled",
      ["sew-resnet/tiny"],
      ["clip.safetensors"],
      /profile: expected a spikevideoformer, which can be compiled, got sew-resnet\n$/,
    ],
    ["no recording", ["model.safetensors"], ["model.json"], /model\.json: /],
    [
      "a time of tensors",
      ["model.safetensors"],
      ["clip.safetensors", "--at", "1"],
      /expected a recording for --at/,
    ],
    [
      "other channels",
      ["model.safetensors"],
      ["rgb.safetensors"],
      /rgb\.safetensors: SpikeVideoFormer: expected \[T B 4 H W\]/,
    ],
    ["another size", ["model.safetensors"], ["wide.safetensors"], /wide\.safetensors: .*expected/],
    [
      "a page over the model",
      ["model.safetensors"],
      ["clip.safetensors", "--html", "model.safetensors"],
      /expected different files/,
    ],
  ])("refuses with one line: %s", async (_, model, input, message) => {
    writeFileSync(
      at("rgb.safetensors"),
      clip([1, 1, 3, 32, 32], (i) => i),
    );
    writeFileSync(
      at("wide.safetensors"),
      clip([1, 1, 4, 32, 64], (i) => i),
    );
    const files = [...model, "--input", ...input].map((arg) => (/\.\w+$/.test(arg) ? at(arg) : arg));
    const { code, stdout, stderr } = await profile(...files);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^saccade: [^\n]*\n$/);
  });

  test("writes nothing when it is interrupted", async () => {
    const controller = new AbortController();
    controller.abort();
    const args = [
      "profile",
      at("model.safetensors"),
      "--input",
      at("clip.safetensors"),
      "--html",
      at("no.html"),
    ];
    const { code, stdout } = await runCli([...args, "--runs", "1", "--no-calibrate"], commands, {
      signal: controller.signal,
    });
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    expect(existsSync(at("no.html"))).toBe(false);
  });
});
