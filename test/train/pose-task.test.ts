import { expect, suite, test } from "vitest";
import { gradientError, gradients } from "../../src/autograd/index.ts";
import { Random } from "../../src/core/index.ts";
import { meanPose, type PoseBatch, type PoseClip } from "../../src/data/index.ts";
import { emptyEvents } from "../../src/events/index.ts";
import { createModel, parseModelConfig, type PoseEstimator } from "../../src/models/index.ts";
import { Adam } from "../../src/nn/index.ts";
import { scope, tensor, type Tensor, withoutGradients } from "../../src/tensor/index.ts";
import {
  type AdaptationBatch,
  encodeCheckpoint,
  evaluate,
  parseCheckpoint,
  parseRun,
  poseData,
  poseLoss,
  type PoseRunConfig,
  PoseTask,
  type PoseTrainingBatch,
  Trainer,
} from "../../src/train/index.ts";
import { sampleClip } from "../data/sample.ts";
import { float64, useBackend, wasm } from "../golden/backends.ts";

const TRACKER = { model: "pose-tracker", preset: "nano", depth: 18, backboneWidth: 4, width: 16, layers: 1 };

function run(change: object = {}): PoseRunConfig {
  const config = {
    task: "pose",
    steps: 4,
    batch: 2,
    timeSteps: 4,
    windowSeconds: [0.5],
    rate: 0.01,
    data: {},
  };
  return parseRun({ ...config, model: TRACKER, ...change }) as PoseRunConfig;
}

/** A task and its data; clips are seen at 32 pixels a side. */
function prepared(config: PoseRunConfig, clips: readonly PoseClip[]) {
  const task = new PoseTask(config, meanPose(clips, 0.125), 32);
  task.prepare();
  const recordings = config.domain && [walkOfDots()];
  const { poseTimes } = task.modules.model;
  const parts = { training: clips, validation: clips, ...(recordings && { recordings }) };
  return { task, data: poseData(config, poseTimes, parts) };
}

const sized = { size: 32, sensorSize: 32, renderHz: 64 };

/** A dot that goes from left to right and back, for a second. */
function walkOfDots() {
  const events = emptyEvents(4000);
  for (let i = 0; i < 4000; i++) {
    events.t[i] = 250 * i;
    events.x[i] = Math.abs(((i / 20) % 64) - 32);
    events.y[i] = (i * 7) % 32;
    events.on[i] = i % 2;
  }
  return { name: "dots", sensor: { width: 34, height: 34 }, events };
}

suite("direct 3D joints", () => {
  useBackend(float64);

  /** Two poses of one sample before a camera of 64 pixels. */
  function batchOf(random: Random): PoseBatch {
    const numbers = (n: number) => Float64Array.from({ length: n }, () => random.uniform(-0.5, 0.5));
    const translation = Float64Array.of(0.1, -0.2, 3, 0.2, 0.1, 2.5);
    const joints = numbers(144).map((value, i) => value + translation[3 * Math.floor(i / 72) + (i % 3)]!);
    const joints2d = numbers(96).map((value) => value + 0.5);
    const camera = { width: 64, height: 64, fx: 80, fy: 70, cx: 30, cy: 34 };
    const empty = { video: new Float32Array(), pose: new Float64Array(), shape: new Float64Array() };
    const sizes = { timeSteps: 1, poses: 2, batch: 1, channels: 4, size: 64 };
    return { ...sizes, ...empty, translation, joints, joints2d, cameras: [camera] };
  }

  const weights = { pose: 3, shape: 5, translation: 50, joints3d: 2, distance3d: 7, joints2d: 10, bins: 0 };
  const random = new Random(1);
  const batch = batchOf(random);
  const numbers = Float64Array.from({ length: 144 }, () => random.uniform(-0.5, 0.5));
  const outputs = () => ({
    joints3d: tensor(numbers, [2, 1, 24, 3]),
    translation: tensor([0, 0.1, 2.8, -0.1, 0, 3.1], [2, 1, 3]),
  });

  test("have the terms of their coordinates, and none of a body", () => {
    const { joints3d, translation } = outputs();
    const { total, terms } = withoutGradients(() => poseLoss({ joints3d, translation }, batch, weights));
    const expected = { translation: 0, joints3d: 0, distance3d: 0, joints2d: 0, bins: 0 };
    const [camera] = batch.cameras;
    for (let p = 0; p < 2; p++) {
      const place = translation.data.subarray(3 * p, 3 * p + 3);
      const truth = batch.translation.subarray(3 * p, 3 * p + 3);
      expected.translation += squares(place, truth) / 2;
      for (let j = 0; j < 24; j++) {
        const at = 3 * (24 * p + j);
        const told = joints3d.data.subarray(at, at + 3);
        const wanted = batch.joints.subarray(at, at + 3).map((value, i) => value - truth[i]!);
        expected.joints3d += squares(told, wanted) / 48;
        expected.distance3d += Math.sqrt(squares(told, wanted)) / 48;
        const [x, y, z] = [0, 1, 2].map((i) => told[i]! + place[i]!) as [number, number, number];
        const pixel = [camera!.fx * (x / z) + camera!.cx, camera!.fy * (y / z) + camera!.cy];
        const seen = batch.joints2d.subarray((2 * at) / 3, (2 * at) / 3 + 2);
        expected.joints2d += squares([pixel[0]! / 64, pixel[1]! / 64], seen) / 48;
      }
    }
    expect(Object.keys(terms).sort()).toEqual(Object.keys(expected).sort());
    let sum = 0;
    for (const [name, value] of Object.entries(expected) as [keyof typeof expected, number][]) {
      expect(terms[name]!.item()).toBeCloseTo(value, 12);
      sum += weights[name] * value;
    }
    expect(total.item()).toBeCloseTo(sum, 10);
  });

  test("have the gradients of their differences; the place learns from its own term alone", () => {
    const { joints3d, translation } = outputs();
    const loss = (of: typeof weights) => () => poseLoss({ joints3d, translation }, batch, of).total;
    expect(gradientError(loss(weights), [joints3d])).toBeLessThan(1e-7);
    expect(gradientError(loss({ ...weights, joints2d: 0 }), [translation])).toBeLessThan(1e-7);
    scope(() => {
      const slopes = [weights, { ...weights, joints2d: 0 }].map(
        (of) => gradients(loss(of)(), [translation])[0]!,
      );
      expect([...slopes[0]!.data]).toEqual([...slopes[1]!.data]);
    });
  });
});

function squares(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);
}

suite("pose training", () => {
  useBackend(wasm);
  const clip = sampleClip(3, 0.6, sized);

  test.each([["pose-tracker"], ["resnet-gru"]])("of joints reduces the loss of a %s", (model) => {
    const small = model === "pose-tracker" ? TRACKER : { model, preset: "tiny" };
    const config = run({ model: { ...small, head: "joints" } });
    const { task, data } = prepared(config, [clip]);
    const batch = data.training.next() as PoseTrainingBatch;
    const optimizer = new Adam(task.parameters);
    task.train();
    const losses = Array.from({ length: 30 }, () =>
      scope(() => {
        const { total } = task.loss(batch, 0);
        optimizer.step(gradients(total, task.parameters), 0.01);
        return total.item();
      }),
    );
    expect(losses.at(-1)).toBeLessThan(0.5 * losses[0]!);
  });

  test("of joints starts at the mean pose, and measures joints", async () => {
    const { task, data } = prepared(run({ model: { ...TRACKER, head: "joints" } }), [clip]);
    for (const { weight } of [
      task.modules.model.poseRegressor.joints!,
      task.modules.model.poseRegressor.translation,
    ]) {
      weight.data.fill(0);
    }
    const { model, meanPose: baseline } = await evaluate(task.measure, task.modules.model, data.validation());
    expect(model["mpjpe"]).toBeCloseTo(baseline!["mpjpe"] as number, 2);
  });
});

suite("domain adaptation", () => {
  useBackend(wasm);
  const clip = sampleClip(3, 0.6, sized);
  const penultimate = { kind: "penultimate", recordings: "real", weight: 0.25 };
  const discriminator = { kind: "discriminator", recordings: "real", weight: 0.25, width: 8 };

  test.each([penultimate, discriminator])(
    "by $kind adds its term to the loss of the labelled half",
    async (domain) => {
      const { task, data } = prepared(run({ domain }), [clip]);
      const batch = (await data.training.next()) as AdaptationBatch;
      // Statistics held, the labelled samples do not see the others.
      task.modules.model.eval();
      scope(() => {
        const { total, terms } = task.loss(batch, 0.5);
        const plain = new PoseTask(run(), meanPose([clip], 0.125), 32);
        plain.prepare();
        plain.modules.model.eval();
        const alone = plain.loss(batch, 0.5);
        expect(total.item()).toBeCloseTo(alone.total.item() + 0.25 * terms["domain"]!.item(), 4);
        expect(Object.keys(alone.terms)).not.toContain("domain");
        for (const [name, term] of Object.entries(alone.terms)) {
          expect(terms[name]!.item()).toBeCloseTo(term.item(), 5);
        }
        if (domain.kind === "discriminator") expect(terms["domainAccuracy"]!.item()).toBeLessThanOrEqual(1);
        else expect(terms).not.toHaveProperty("domainAccuracy");
        plain.modules.model.dispose();
      });
    },
  );

  test("trains the discriminator, whatever the run's progress, and the backbone against it only later", async () => {
    const config = run({ domain: discriminator, loss: noLoss });
    const { task, data } = prepared(config, [clip]);
    const batch = await data.training.next();
    task.train();
    const slopesAt = (progress: number, of: readonly Tensor[]) =>
      scope(() =>
        gradients(task.loss(batch, progress).total, of).map(({ data }) => Math.max(...data.map(Math.abs))),
      );
    const { model, discriminator: adversary } = task.modules;
    const stem = [model.parameters()[0]!];
    expect(slopesAt(0, stem)).toEqual([0]);
    expect(slopesAt(0.5, stem)[0]).toBeGreaterThan(0);
    expect(slopesAt(0, [adversary!.output.weight])[0]).toBeGreaterThan(0);
  });

  const noLoss = { pose: 0, shape: 0, translation: 0, joints3d: 0, joints2d: 0 };

  test("both domains share the batch statistics", async () => {
    const config = run({ domain: { ...discriminator, weight: 0 } });
    const { task, data } = prepared(config, [clip]);
    const batch = (await data.training.next()) as AdaptationBatch;
    task.train();
    const lossOf = (of: AdaptationBatch) => scope(() => task.loss(of, 0).total.item());
    const silent = { ...batch.real, video: new Float32Array(batch.real.video.length) };
    expect(lossOf({ ...batch, real: silent })).not.toBe(lossOf(batch));
  });

  test.each([
    TRACKER,
    {
      model: "spikevideoformer",
      preset: "nano",
      embedDims: [8, 8, 16, 16],
      depths: [1, 1, 1, 1, 1],
      heads: 2,
    },
    { model: "resnet-gru", preset: "tiny" },
    { model: "meta-spikeformer", preset: "tiny" },
  ])("reads the features of a $model as its run does", (value) => {
    const model = createModel(parseModelConfig(value)) as PoseEstimator;
    model.eval();
    withoutGradients(() => {
      const { outputs, features } = model.run(tensor(new Float32Array(2 * 4 * 64 * 64), [2, 1, 4, 64, 64]));
      for (const [name, output] of Object.entries(model.read(features))) {
        expect(output.data).toEqual(outputs[name]!.data);
      }
    });
  });

  test.each([penultimate, discriminator])("by $kind resumes with the same bits", async (domain) => {
    const config = run({ domain });
    const start = () => {
      const { task, data } = prepared(config, [clip]);
      return new Trainer(config, task, data.training, 4);
    };
    const whole = start();
    const reports = [];
    for (let i = 0; i < 4; i++) reports.push(await whole.step());
    const stopped = start();
    for (let i = 0; i < 2; i++) await stopped.step();
    const checkpoint = parseCheckpoint(encodeCheckpoint(stopped.save()));
    const resumed = start();
    resumed.restore(checkpoint);
    expect(await resumed.step()).toEqual(reports[2]);
    expect(await resumed.step()).toEqual(reports[3]);
    expect(encodeCheckpoint(resumed.save())).toEqual(encodeCheckpoint(whole.save()));
    const names = [...checkpoint.tensors.keys()];
    expect(names.includes("discriminator.output.weight")).toBe(domain.kind === "discriminator");
  });

  test("is refused without real events, with several views, and where it makes no sense", async () => {
    const { task } = prepared(run({ domain: penultimate }), [clip]);
    const labelled = await prepared(run(), [clip]).data.training.next();
    expect(() => task.loss(labelled, 0)).toThrow(
      "PoseTask: expected real events beside the labelled, got none",
    );
    const views = { model: { ...TRACKER, views: 2 }, domain: penultimate };
    expect(() => run(views)).toThrow("domain: expected a model of one view, got 2");
    for (const bad of [{ weight: -1 }, { radius: 0 }, { kind: "wish" }, { width: 3 }, { recordings: "" }]) {
      expect(() => run({ domain: { ...penultimate, ...bad } })).toThrow(/training configuration: domain/);
    }
  });
});
