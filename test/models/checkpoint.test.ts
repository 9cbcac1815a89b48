import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, suite, test } from "vitest";
import { mean } from "../../src/autograd/index.ts";
import { CheckpointError, Random } from "../../src/core/index.ts";
import { parseSafetensors, readTorchCheckpoint, toFloat32 } from "../../src/io/index.ts";
import {
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

  test("official names are distinct", () => {
    const model = new SpikeVideoFormer(presets.tiny);
    const names = [...model.namedTensors().keys()].map(officialName);
    expect(new Set(names).size).toBe(names.length);
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
