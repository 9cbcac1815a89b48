import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { commands } from "../../apps/cli/commands.ts";
import { Random } from "../../src/core/index.ts";
import { encodeModel, encodeSafetensors, type StoredTensor } from "../../src/io/index.ts";
import { createModel, parseModelConfig } from "../../src/models/index.ts";
import { float32, useBackend } from "../golden/backends.ts";
import { decodeOnnx } from "../io/onnx-proto.ts";
import { runCli } from "./harness.ts";

const SMALL = {
  model: "spikevideoformer",
  embedDims: [4, 4, 8, 8],
  depths: [0, 0, 1, 1, 0],
  heads: 2,
  inChannels: 2,
};
const CONFIG = { ...SMALL, head: { kind: "classification", classes: 3 } };
const POSE = { ...SMALL, head: { kind: "pose", inputSize: 16 } };
const OTHER = { model: "sew-resnet", preset: "tiny" };

let folder: string;
const at = (name: string): string => join(folder, name);

suite("saccade export", () => {
  useBackend(float32);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "saccade-export-"));
    writeFileSync(at("model.json"), JSON.stringify(CONFIG));
    writeFileSync(at("own.safetensors"), encodeSafetensors(weightsOf(CONFIG)));
    writeFileSync(at("pose.safetensors"), encodeModel({ config: POSE, tensors: weightsOf(POSE) }));
    writeFileSync(at("other.safetensors"), encodeModel({ config: OTHER, tensors: weightsOf(OTHER) }));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("writes a pose model for the frames that it reads", async () => {
    const result = await exportWith({ weights: at("pose.safetensors"), "time-steps": "2" });
    expect(result).toEqual({
      code: 0,
      stderr: "",
      stdout: expect.stringContaining(
        `${at("y.onnx")}: input [2, 1, 2, 16, 16], outputs pose6d, shape, translation, 0.`,
      ),
    });
    const session = await InferenceSession.create(at("y.onnx"));
    const input = new Tensor("float32", new Float32Array(2 * 2 * 16 * 16), [2, 1, 2, 16, 16]);
    const { pose6d } = await session.run({ input });
    expect(pose6d!.dims).toEqual([2, 1, 144]);
    await session.release();
    const [metadata] = decodeOnnx(new Uint8Array(readFileSync(at("y.onnx")))).metadataProps!;
    expect(metadata!.key).toBe("saccade.config");
    expect(JSON.parse(metadata!.value)).toMatchObject(POSE);
    rmSync(at("y.onnx"));
  });

  test.each([
    [{}, "[8, 1, 2, 224, 224]"],
    [{ size: "48x32", batch: "3", "time-steps": "1" }, "[1, 3, 2, 32, 48]"],
  ])("takes the sizes of the input: %o", async (options, shape) => {
    const weights = at("own.safetensors");
    const { code, stdout } = await exportWith({ weights, model: at("model.json"), ...options });
    expect(code).toBe(0);
    expect(stdout).toContain(`${at("y.onnx")}: input ${shape}, outputs logits, 0.`);
    rmSync(at("y.onnx"));
  });

  test.each([
    [
      "a size that the model does not read",
      { weights: "pose.safetensors", size: "32x16" },
      /pose\.safetensors: .*expected input of 16², got 16×32\n$/,
    ],
    [
      "a model that cannot be compiled",
      { weights: "other.safetensors" },
      /export: expected a spikevideoformer, which can be compiled, got sew-resnet\n$/,
    ],
    ["weights that are not there", { weights: "gone" }, /gone: no such file or folder\n$/],
    ["no configuration", { weights: "own.safetensors" }, /own\.safetensors: .*expected the metadata/],
    [
      "an output in place of the weights",
      { weights: "pose.safetensors", onnx: "pose.safetensors" },
      /pose\.safetensors: expected different files to read and to write\n$/,
    ],
    ["a folder as output", { weights: "pose.safetensors", onnx: "." }, /is a folder, expected a file\n$/],
  ])(
    "refuses %s with one line",
    async (_, { weights, onnx, ...options }: Record<string, string>, message) => {
      const file = onnx === undefined ? {} : { onnx: at(onnx) };
      const result = await exportWith({ weights: at(weights!), ...file, ...options });
      expect(result).toEqual({ code: 1, stdout: "", stderr: expect.stringMatching(message) });
      expect(result.stderr).toMatch(/^saccade: [^\n]*\n$/);
      expect(readdirSync(folder).filter((name) => /^y\.|\.tmp$/.test(name))).toEqual([]);
    },
  );

  test("writes nothing when it is interrupted", async () => {
    const signal = AbortSignal.abort();
    const args = ["export", "--onnx", at("y.onnx"), "--weights", at("pose.safetensors")];
    expect((await runCli(args, commands, { signal })).code).toBe(130);
    expect(readdirSync(folder)).not.toContain("y.onnx");
  });
});

function weightsOf(config: object): Map<string, StoredTensor> {
  const model = createModel(parseModelConfig(config), new Random(3));
  return new Map(
    [...model.namedTensors()].map(([name, { shape, data }]) => [
      name,
      { dtype: "F32", shape, data: Float32Array.from(data) },
    ]),
  );
}

function exportWith(options: Record<string, string>) {
  const all = { onnx: at("y.onnx"), ...options };
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
  return runCli(["export", ...args], commands);
}
