import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, suite, test } from "vitest";
import { mean } from "../../src/autograd/index.ts";
import { CheckpointError, Random, show, sizeOf } from "../../src/core/index.ts";
import { parseSafetensors, readTorchCheckpoint, toFloat32 } from "../../src/io/index.ts";
import {
  CheckpointMismatch,
  kindOf,
  loadCheckpoint,
  modelTensors,
  officialName,
  officialPoseTrackerName,
  PoseTracker,
  poseTrackerPresets,
  presets,
  SpikeVideoFormer,
} from "../../src/models/index.ts";
import type { Module } from "../../src/nn/index.ts";
import { type Tensor, tensor, withoutGradients } from "../../src/tensor/index.ts";
import { useBackend, wasm } from "../golden/backends.ts";
import { expectClose } from "../golden/close.ts";
import { uniform } from "../golden/fill.ts";
import { modelNames, smallModel } from "./small-models.ts";

type Stored = { readonly shape: readonly number[]; readonly data: Float32Array };

const config = { ...presets.tiny, embedDims: [8, 8, 8, 8], depths: [1, 1, 2, 1, 1] } as const;

function storedTensors(model: Module, nameOf: (own: string) => string): Map<string, Stored> {
  return new Map(
    [...model.namedTensors()].map(([name, { shape, data }]) => [
      nameOf(name),
      { shape, data: Float32Array.from(data) },
    ]),
  );
}

/** What a call throws. */
function faultOf(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected a fault, got none");
}

/** Bit for bit; comparing millions of numbers as values takes minutes. */
function expectSameTensors(one: Module, other: Module): void {
  const bytes = ({ data }: Tensor) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  for (const [name, tensor] of one.namedTensors()) {
    expect(bytes(tensor).equals(bytes(other.namedTensors().get(name)!)), name).toBe(true);
  }
}

suite("stored tensors of a model", () => {
  useBackend(wasm);

  test.for([
    ["our names", (name: string) => name],
    ["the official names", officialName],
    ["our names of a wrapped model", (name: string) => `module.${name}`],
    ["the official names of a wrapped model", (name: string) => `module.${officialName(name)}`],
  ] as const)("are found under %s", ([, nameOf]) => {
    const source = new SpikeVideoFormer(config, new Random(1));
    const copy = new SpikeVideoFormer(config, new Random(2));
    const stored = storedTensors(source, nameOf);
    stored.set(`${nameOf("stages.0.down.norm.weight").replace("weight", "")}num_batches_tracked`, {
      shape: [],
      data: Float32Array.of(60),
    });
    copy.load(modelTensors(copy, stored));
    expectSameTensors(copy, source);
    source.dispose();
    copy.dispose();
  });

  test("of the pose tracker are found under the names of its authors, without the body model", () => {
    const small = { ...poseTrackerPresets.small, width: 16 };
    const source = new PoseTracker(small, new Random(1));
    const copy = new PoseTracker(small, new Random(2));
    const stored = storedTensors(source, (name) => `module.${officialPoseTrackerName(name)}`);
    for (const name of ["smpl.weight", "smpl.v_template", "backbone.body.bn1.num_batches_tracked"]) {
      stored.set(`module.${name}`, { shape: [1], data: Float32Array.of(1) });
    }
    copy.load(modelTensors(copy, stored));
    expectSameTensors(copy, source);
    source.dispose();
    copy.dispose();
  });

  test("that are missing or unexpected are listed", () => {
    const model = new SpikeVideoFormer(config);
    const stored = storedTensors(model, officialName);
    stored.delete("head.weight");
    stored.set("head_kd.weight", stored.get("head.bias")!);
    expect(() => modelTensors(model, stored)).toThrow(CheckpointError);
    expect(() => modelTensors(model, stored)).toThrow(
      "under the official names, got 1 missing (head.weight) and 1 unexpected (head_kd.weight)",
    );
    expect(() => modelTensors(model, new Map())).toThrow("missing (stages.0.down.conv.weight");
    model.dispose();
  });

  test.for(modelNames)("of a %s that do not fit are told in full, by the names of the file", (name) => {
    const model = smallModel(name);
    const nameOf = kindOf(name).officialName ?? ((own: string) => own);
    const names = [...model.namedTensors().keys()].map(nameOf);
    expect(new Set(names).size).toBe(names.length);
    const stored = storedTensors(model, nameOf);
    const [gone, odd, ...others] = names as [string, string, ...string[]];
    stored.delete(gone);
    const { shape } = stored.get(odd)!;
    stored.set(odd, { shape: [7, ...shape], data: new Float32Array(7 * sizeOf(shape)) });
    for (let i = 0; i < 8; i++) stored.set(`extra.${i}`, { shape: [1], data: Float32Array.of(1) });
    const wrapped = new Map([...stored].map(([key, value]) => [`_orig_mod.module.${key}`, value]));
    const mismatch = faultOf(() => modelTensors(model, wrapped));
    expect(mismatch).toBeInstanceOf(CheckpointMismatch);
    expect(mismatch).toBeInstanceOf(CheckpointError);
    expect(mismatch.message).toContain(
      `got 1 missing (${gone}) and 8 unexpected (extra.0, extra.1, extra.2, extra.3, extra.4, …) and ` +
        `1 of another shape (${odd}: expected ${show(shape)}, got ${show([7, ...shape])})`,
    );
    expect((mismatch as CheckpointMismatch).report).toEqual({
      names: kindOf(name).officialName === undefined ? "own" : "official",
      missing: [gone],
      unexpected: Array.from({ length: 8 }, (_, i) => `extra.${i}`),
      misShaped: [{ name: odd, expected: shape, got: [7, ...shape] }],
    });
    expect(others.length).toBeGreaterThan(8);
    model.dispose();
  });

  test("that do not all fit can be loaded as far as they go", () => {
    const source = smallModel("staa", 1);
    const model = smallModel("staa", 2);
    const before = storedTensors(model, (name) => name);
    const stored = new Map(
      [...storedTensors(source, (name) => name)].map(([name, tensor]) => [
        name,
        { dtype: "F32" as const, ...tensor },
      ]),
    );
    stored.delete("classifier.bias");
    stored.set("classifier.weight", { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) });
    stored.set("other", { dtype: "F32", shape: [1], data: Float32Array.of(1) });
    expect(() => loadCheckpoint(model, stored)).toThrow(CheckpointMismatch);
    expect(storedTensors(model, (name) => name)).toEqual(before);
    expect(loadCheckpoint(model, stored, { strict: false })).toEqual({
      names: "own",
      missing: ["classifier.bias"],
      unexpected: ["other"],
      misShaped: [{ name: "classifier.weight", expected: [10, 32], got: [2] }],
    });
    for (const [name, { data }] of storedTensors(model, (own) => own)) {
      const from = name.startsWith("classifier.") ? before : stored;
      expect(data, name).toEqual(from.get(name)!.data);
    }
    stored.get("stages.0.blocks.0.conv.weight")!.data[3] = NaN;
    expect(() => loadCheckpoint(model, stored, { strict: false })).toThrow("1 not finite");
    source.dispose();
    model.dispose();
  });

  const golden = process.env["SACCADE_GOLDEN"];
  test.skipIf(golden === undefined).for(["svf_tiny_zip.pth", "svf_tiny_legacy.pth", "svf_tiny_dp.pth"])(
    "PyTorch's %s gives the features that PyTorch computed with it",
    (file) => {
      const { tensors } = readTorchCheckpoint(readFileSync(join(golden!, file)), { file });
      const floats = new Map([...tensors].map(([name, t]) => [name, { shape: t.shape, data: toFloat32(t) }]));
      const model = new SpikeVideoFormer(presets.tiny).eval();
      model.load(modelTensors(model, floats));
      const expected = parseSafetensors(
        readFileSync(join(golden!, "svf_tiny_pth_expect.safetensors")),
      ).tensors;
      withoutGradients(() => {
        const shape = [4, 2, 3, 64, 64];
        const root = Math.sqrt(3);
        const features = model.features(tensor(uniform("svf_tiny.x#1", shape, -root, root), shape));
        const pooled = mean(features.at(-1)!, [2, 3]);
        expectClose("head input", pooled.data, toFloat32(expected.get("head_lif_input")!), 2e-6);
      });
      model.dispose();
    },
  );
});
