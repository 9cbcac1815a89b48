import { readFileSync } from "node:fs";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { expect, suite, test } from "vitest";
import { ArgumentError } from "../../src/core/index.ts";
import { ActivityMonitor, lower, toOnnx } from "../../src/engine/index.ts";
import { openRecording } from "../../src/events/node.ts";
import { isKind, officialName, type SpikeVideoFormer } from "../../src/models/index.ts";
import { tensor, withoutGradients } from "../../src/tensor/index.ts";
import { parsePoseModel, type PoseModel, trackPoses } from "../../src/track/index.ts";
import { useBackend, wasm } from "../golden/backends.ts";
import { expectClose } from "../golden/close.ts";
import { filledInput, fillModule } from "../golden/fill.ts";
import { goldenFile, manifest } from "../golden/fixtures.ts";
import { modelOf } from "../golden/spikevideoformer.ts";
import { decodeOnnx } from "../io/onnx-proto.ts";
import { exactInput, exactModel } from "./exact.ts";

type Results = Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

/** Exports a model for an input `[T, B, C, H, W]` and runs that in ONNX Runtime. */
async function runOnnx(
  model: SpikeVideoFormer,
  input: Float32Array,
  shape: readonly number[],
): Promise<Results> {
  const session = await InferenceSession.create(exported(model, shape), { intraOpNumThreads: 1 });
  const outputs = Object.entries(await session.run({ input: new OrtTensor("float32", input, shape) }));
  await session.release();
  return Object.fromEntries(
    outputs.map(([name, { dims, data }]) => [name, { shape: dims, data: data as Float32Array }]),
  );
}

function exported(model: SpikeVideoFormer, [timeSteps, batch, ...frame]: readonly number[]): Uint8Array {
  return toOnnx(lower(model, frame), { timeSteps: timeSteps!, batch: batch! });
}

/** Runs a model as it is. */
function runEager(model: SpikeVideoFormer, input: Float32Array, shape: readonly number[]): Results {
  return withoutGradients(() => {
    const outputs = Object.entries(model.forward(tensor(input, shape)));
    return Object.fromEntries(
      outputs.map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data) }]),
    );
  });
}

/** Expects the same outputs, to the bit where no tolerance is given. */
async function expectAlike(model: SpikeVideoFormer, shape: readonly number[], tolerance = 0): Promise<void> {
  const input = exactInput(shape);
  const eager = runEager(model, input, shape);
  const onnx = await runOnnx(model, input, shape);
  expect(Object.keys(onnx).sort()).toEqual(Object.keys(eager).sort());
  for (const [name, { shape, data }] of Object.entries(eager)) {
    expect(onnx[name]!.shape).toEqual(shape);
    expectClose(name, onnx[name]!.data, data, tolerance);
  }
}

const pose = { head: { kind: "pose", inputSize: 32 } };
const designs = ["joint", "hierarchical", "factorised", "spatial"];
const scores = ["hamming", "dot", "euclidean", "manhattan"];

suite("a model in ONNX Runtime", () => {
  useBackend(wasm);

  test("every layer of the model that is compared fires, and none always", () => {
    const shape = [3, 2, 2, 32, 32];
    const model = exactModel(pose);
    const monitor = new ActivityMonitor(model);
    runEager(model, exactInput(shape), shape);
    const rates = monitor.firing().flatMap(({ ratePerStep }) => ratePerStep);
    monitor.close();
    expect(Math.min(...rates)).toBeGreaterThan(0.05);
    expect(Math.max(...rates)).toBeLessThan(0.95);
  });

  test.each(designs.flatMap((attention) => scores.map((score) => ({ attention, score }))))(
    "gives the same bits with $attention attention and $score scores, T = 3 and T = 1",
    async (config) => {
      const model = exactModel({ ...pose, ...config });
      await expectAlike(model, [3, 2, 2, 32, 32]);
      await expectAlike(model, [1, 1, 2, 32, 32]);
    },
  );

  test.each([
    { kind: "plif" },
    { kind: "integer-lif" },
    { kind: "integer-lif", levels: 2 },
    { decayInput: false },
    { reset: "soft" },
    { reset: "soft", decayInput: false, tau: 4 },
    // A soft reset has no potential to reset to.
    { reset: "soft", resetPotential: 0.5 },
    { resetPotential: -0.5 },
    { resetPotential: 0.25, tau: 4, firingThreshold: 0.5 },
    { resetPotential: 0.25, decayInput: false, firingThreshold: 1.5 },
    { tau: 1 },
  ])("gives the same bits with neurons %o", async (neuron) => {
    for (const score of ["hamming", "euclidean"]) {
      await expectAlike(exactModel({ ...pose, score, neuron }), [4, 2, 2, 32, 32]);
    }
  });

  test.each([1, 3])("gives the outputs of every head, T = %i", async (timeSteps) => {
    const shape = [timeSteps, 2, 2, 32, 64];
    // The mean over three steps and bilinear weights are rounded.
    await expectAlike(exactModel({ head: { kind: "classification", classes: 5 } }), shape, 1e-6);
    await expectAlike(exactModel({ head: { kind: "dense", classes: 3 } }), shape, 1e-5);
    await expectAlike(exactModel({ ...pose, head: { kind: "pose", inputSize: 64 } }), [
      ...shape.slice(0, 3),
      64,
      64,
    ]);
  });

  test.each(manifest.tiny.filter(({ bn }) => bn === "eval"))(
    "gives the logits of the authors' code: $key",
    async ({ att_mode, affine_rules, input }) => {
      const model = modelOf("tiny", att_mode).eval();
      fillModule(model, officialName, manifest.gainRules, affine_rules);
      const { logits } = await runOnnx(model, filledInput(input), input.shape);
      const golden = goldenFile(`svf_tiny_${att_mode}_eval`).get("logits");
      expect(logits!.shape).toEqual(golden.shape);
      // No neuron of these cases is near its threshold.
      expectClose("logits", logits!.data, golden.data, 1e-5);
      model.dispose();
    },
  );

  test("tracks the sample recording as the model does", async () => {
    const tracked = parsePoseModel(new Uint8Array(readFileSync("weights/nano-pose.safetensors")));
    const { model } = tracked;
    if (!isKind(model, "spikevideoformer")) throw new Error("another model");
    const { shape, data } = await sampleWindows(tracked, 4);
    const eager = runEager(model, data, shape);
    const onnx = await runOnnx(model, data, shape);
    const errors = Object.keys(eager).map((name) => errorsByClip(onnx[name]!, eager[name]!));
    const worst = errors[0]!
      .map((_, b) => Math.max(...errors.map((clips) => clips[b]!)))
      .sort((x, y) => x - y);
    // Rounding may bring one neuron of a clip over its threshold.
    expect(worst[2]).toBeLessThan(1e-4);
  });
});

/** Windows of the sample recording as a batch of clips, `[8, B, 4, 64, 64]`. */
async function sampleWindows(
  model: PoseModel,
  batch: number,
): Promise<{ shape: number[]; data: Float32Array }> {
  const shape = [8, batch, 4, 64, 64];
  const frame = 4 * 64 * 64;
  const data = new Float32Array(8 * batch * frame);
  for await (const { index, voxels } of trackPoses(await openRecording("samples/walk.aedat4"), model)) {
    if (index >= 8 * batch) break;
    data.set(voxels, ((index % 8) * batch + Math.floor(index / 8)) * frame);
  }
  return { shape, data };
}

/** Largest difference of each clip of `[T, B, C]`, relative to 1 + the largest magnitude. */
function errorsByClip(actual: Results[string], { shape, data }: Results[string]): number[] {
  const [, batch, channels] = shape as [number, number, number];
  const errors = new Array<number>(batch).fill(0);
  const scale = 1 + Math.max(...data.map(Math.abs));
  data.forEach((value, i) => {
    const b = Math.floor(i / channels) % batch;
    errors[b] = Math.max(errors[b]!, Math.abs(value - actual.data[i]!) / scale);
  });
  return errors;
}

suite("an exported graph", () => {
  useBackend(wasm);

  /** How many nodes of each operator the file has. */
  function counts(config: object, shape: readonly number[]): Record<string, number> {
    const { graph } = decodeOnnx(exported(exactModel({ ...pose, ...config }), shape));
    const operators = graph.node.map(({ opType }) => opType);
    return Object.fromEntries(
      [...new Set(operators)].map((name) => [name, operators.filter((o) => o === name).length]),
    );
  }

  test("has one convolution for all steps, and one comparison for each", () => {
    const one = counts({}, [1, 2, 2, 32, 32]);
    const eight = counts({}, [8, 2, 2, 32, 32]);
    expect(eight["Conv"]).toBe(one["Conv"]);
    expect(eight["GreaterOrEqual"]).toBe(8 * one["GreaterOrEqual"]!);
    expect(one).not.toHaveProperty("Split");
  });

  test("takes neurons without memory in all steps at once", () => {
    expect(counts({ neuron: { tau: 1 } }, [8, 1, 2, 32, 32])).not.toHaveProperty("Split");
  });

  test("says its input, its outputs and what it was told to", () => {
    const graph = lower(exactModel(pose), [2, 32, 32]);
    const file = decodeOnnx(toOnnx(graph, { timeSteps: 3, metadata: { note: "walk" } }));
    const shapes = (values: typeof file.graph.input) =>
      values.map(({ name, type }) => [
        name,
        type.tensorType.shape.dim.map(({ dimValue }) => Number(dimValue)),
      ]);
    expect(shapes(file.graph.input)).toEqual([["input", [3, 1, 2, 32, 32]]]);
    expect(shapes(file.graph.output)).toEqual([
      ["pose6d", [3, 1, 144]],
      ["shape", [3, 1, 10]],
      ["translation", [3, 1, 3]],
    ]);
    expect(file.metadataProps).toEqual([{ key: "note", value: "walk" }]);
  });

  test.each([0, -1, 1.5, NaN, Infinity])("is refused for %d steps or clips", (size) => {
    const graph = lower(exactModel(pose), [2, 32, 32]);
    expect(() => toOnnx(graph, { timeSteps: size })).toThrow(ArgumentError);
    expect(() => toOnnx(graph, { timeSteps: 1, batch: size })).toThrow(
      /expected batch as a positive integer/,
    );
  });
});
