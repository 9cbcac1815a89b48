import { expect, suite, test } from "vitest";
import { CheckpointError } from "../../src/core/index.ts";
import { encodeModelFile, modelKinds, type ModelName, type PoseEstimator } from "../../src/models/index.ts";
import { tensor, withoutGradients } from "../../src/tensor/index.ts";
import {
  encodePoseModel,
  parsePoseModel,
  type PoseModel,
  poseMetadata,
  posesBody,
  type PoseOutputs,
  predictPoses,
  type TrackedStep,
  trackPoses,
} from "../../src/track/index.ts";
import { useBackend, wasm } from "../golden/backends.ts";
import { modelNames, smallModel } from "../models/small-models.ts";
import { eventsFor, streamOf } from "./support.ts";

const SENSOR = { width: 64, height: 64 };
const MEAN = new Float64Array(72);
const T = 2;
const OPTIONS = { windowUs: 400_000, timeSteps: T };

/** Kinds whose models have regressors behind any size of picture. */
const networks = modelNames.filter(
  (name) => modelKinds[name].tasks.every((task) => task === "pose") && name !== "spikevideoformer",
);

useBackend(wasm);

/** What makes models small that need not run as they are published. */
const NARROW: Partial<Record<ModelName, object>> = {
  "pose-tracker": { backboneWidth: 4 },
  hybrid: { width: 4 },
};

/** A small model of a kind whose neurons fire up to the last layer, through its file. */
function loaded(name: ModelName, head: "smpl" | "joints" = "smpl", inputSize = 32): PoseModel {
  const model = smallModel(name, 5, { ...NARROW[name], head });
  const bytes = encodePoseModel(model as unknown as PoseModel["model"], MEAN, undefined, { inputSize });
  model.dispose();
  return parsePoseModel(bytes);
}

async function track(model: PoseModel, seconds = 1): Promise<TrackedStep[]> {
  const steps: TrackedStep[] = [];
  for await (const step of trackPoses(streamOf(eventsFor(seconds, SENSOR), SENSOR), model, OPTIONS)) {
    steps.push(step);
  }
  return steps;
}

/** What a model says of the step's windows, run by itself: `[P][…]` for each window. */
function alone({ model, inputSize }: PoseModel, steps: readonly TrackedStep[]) {
  return Array.from({ length: Math.floor(steps.length / T) }, (_, window) => {
    const seen = steps.slice(T * window, T * (window + 1)).flatMap(({ voxels }) => Array.from(voxels));
    const clip = tensor(seen, [T, 1, 4, inputSize, inputSize], { spikeLevels: 1 });
    return withoutGradients(() => predictPoses(model, clip));
  });
}

suite("trackPoses of models with poses at the edges of steps", () => {
  test.each(networks)("%s tells one pose a step, at its end", async (name) => {
    const model = loaded(name);
    expect(model.model.poseTimes).toBe("edges");
    const steps = await track(model);
    expect(steps.map(({ index, tUs }) => [index, tUs])).toEqual(
      [1, 2, 3, 4, 5].map((i) => [i - 1, i * 200_000]),
    );
    const windows = alone(model, steps);
    expect(windows.map((poses) => poses.length)).toEqual([T + 1, T + 1]);
    const expected = windows.flatMap((poses) => poses.slice(1));
    expect(
      steps.slice(0, 4).map(({ joints, pose, shape, translation }) => ({ joints, pose, shape, translation })),
    ).toEqual(expected.map(({ joints, pose, shape, translation }) => ({ joints, pose, shape, translation })));
    expect(steps[0]!.joints).not.toEqual(windows[0]![0]!.joints);
    model.model.dispose();
  });

  test.each(["pose-tracker", "sew-resnet"] as const)("%s without a body tells joints alone", async (name) => {
    const model = loaded(name, "joints");
    expect(posesBody(model.model)).toBe(false);
    const steps = await track(model);
    expect(steps).toHaveLength(5);
    for (const { joints, translation, ...rest } of steps) {
      expect([joints.length, translation.length]).toEqual([72, 3]);
      expect([...joints, ...translation].every(Number.isFinite)).toBe(true);
      expect(Object.keys(rest)).not.toContain("pose");
    }
    expect(steps.slice(2, 4).map(({ joints }) => joints)).toEqual(
      alone(model, steps)[1]!
        .slice(1)
        .map(({ joints }) => joints),
    );
    model.model.dispose();
  });

  test("joints are those of the model, moved by its translation", () => {
    const { model } = loaded("sew-resnet", "joints");
    withoutGradients(() => {
      const clip = tensor(new Float32Array(T * 4 * 32 * 32).fill(1), [T, 1, 4, 32, 32], { spikeLevels: 1 });
      const { joints3d, translation } = model.forward(clip) as unknown as PoseOutputs & {
        readonly joints3d: { readonly data: Float32Array };
      };
      const [, second] = predictPoses(model, clip);
      expect(Array.from(second!.translation)).toEqual(Array.from(translation.data.subarray(3, 6)));
      second!.joints.forEach((value, k) => {
        expect(value).toBe(joints3d.data[72 + k]! + translation.data[3 + (k % 3)]!);
      });
    });
    model.dispose();
  });

  test("the picture is as large as in training", async () => {
    const model = loaded("sew-resnet", "smpl", 64);
    expect(model.inputSize).toBe(64);
    expect((await track(model))[0]!.voxels.length).toBe(4 * 64 * 64);
    model.model.dispose();
  });
});

suite("files of pose models", () => {
  const refused = (name: ModelName, metadata: Readonly<Record<string, string>>, changes: object = {}) => {
    const model = smallModel(name, 1, { ...NARROW[name], ...changes });
    const bytes = encodeModelFile(model, { metadata });
    model.dispose();
    return () => parsePoseModel(bytes, "m.safetensors");
  };

  test.each([undefined, "", "64.5", "0", "-32", "1e9", "many"])(
    "with the input size %j are refused",
    (size) => {
      const metadata = {
        ...poseMetadata(MEAN),
        ...(size !== undefined && { "saccade.input_size": size }),
      };
      const parse = refused("sew-resnet", metadata);
      expect(parse).toThrow(CheckpointError);
      const got = size === undefined ? "nothing" : JSON.stringify(size);
      expect(parse).toThrow(
        `m.safetensors: expected a side of 1 to 16384 pixels as saccade.input_size, got ${got}`,
      );
    },
  );

  test("of several views are refused", () => {
    const parse = refused("pose-tracker", poseMetadata(MEAN, 32), { views: 2 });
    expect(parse).toThrow(CheckpointError);
    expect(parse).toThrow("m.safetensors: expected a model of one view, got one of 2");
  });

  test("of other tasks are refused", () => {
    const parse = refused("hybrid", {});
    expect(parse).toThrow(CheckpointError);
    expect(parse).toThrow("expected a model of poses in 3D, got a hybrid of heatmaps");
    expect(refused("spikevideoformer", {})).toThrow("got a spikevideoformer of classification");
  });

  test("of a SpikeVideoFormer have its input size in their configuration", () => {
    const head = { kind: "pose", inputSize: 64 };
    const { model, inputSize } = refused("spikevideoformer", poseMetadata(MEAN, 32), { head })();
    expect(inputSize).toBe(64);
    expect((model as PoseEstimator).poseTimes).toBe("ends");
    model.dispose();
  });
});
