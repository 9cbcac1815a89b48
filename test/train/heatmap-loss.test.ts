import { expect, suite, test } from "vitest";
import { gradients } from "../../src/autograd/index.ts";
import { jointHeatmaps } from "../../src/body/index.ts";
import { ArgumentError, Random, ShapeError } from "../../src/core/index.ts";
import type { HeatmapBatch } from "../../src/data/index.ts";
import {
  DenseUNet,
  type HeatmapModel,
  Hybrid,
  hybridPresets,
  SpikingPose,
  StateInitialiser,
  STATE_INITIALISERS,
} from "../../src/models/index.ts";
import { BatchNorm, uniformFanIn } from "../../src/nn/index.ts";
import { scope, tensor, withoutGradients } from "../../src/tensor/index.ts";
import { chooseStage, HeatmapErrors, heatmapLoss, predictHeatmaps } from "../../src/train/index.ts";
import { useBackend, wasm } from "../golden/backends.ts";
import { expectClose } from "../golden/close.ts";

const size = { width: 32, height: 32 };

/** A batch of random counts; joint j of sample b at step t is at (t + b + j, 12). */
function batchOf({ batch = 2, annChannels = 20 } = {}): HeatmapBatch {
  const random = new Random(5);
  const counts = (planes: number) =>
    Float32Array.from({ length: planes * 1024 }, () => Number(random.uniform() < 0.1));
  const joints = (at: number) => Array.from({ length: 26 }, (_, i) => (i % 2 === 1 ? 12 : at + (i >> 1)));
  const samples = Array.from({ length: batch }, (_, b) => b);
  return {
    names: samples.map(String),
    timeSteps: 2,
    batch,
    size,
    events: counts(2 * batch * 2),
    input: counts(batch * annChannels),
    nextInput: counts(batch * annChannels),
    joints2d: Float32Array.from([1, 2].flatMap((t) => samples.flatMap((b) => joints(t + b)))),
    startJoints2d: Float32Array.from(samples.flatMap((b) => joints(b))),
  };
}

/** Of which parts the gradients are not all 0. */
function learning(
  model: HeatmapModel,
  batch: HeatmapBatch,
  stage: "ann" | "snn",
  membraneWeight = 0,
): string[] {
  return scope(() => {
    const learned = chooseStage(model, stage);
    const { total } = heatmapLoss(model, batch, { stage, membraneWeight });
    const slopes = gradients(total, learned);
    const names = [...model.namedTensors()].filter(([, one]) => one.requiresGrad).map(([name]) => name);
    const moved = names.filter((_, i) => slopes[i]!.data.some((slope) => slope !== 0));
    return [...new Set(moved.map((name) => name.split(".")[0]!))].sort();
  });
}

suite("the loss of heatmaps", () => {
  useBackend(wasm);

  test("is the squared difference to the heatmaps of the joints", () => {
    const model = new SpikingPose(undefined, new Random(1));
    const batch = batchOf();
    scope(() => {
      const { heatmaps } = predictHeatmaps(model.eval(), batch);
      expect(heatmaps.shape).toEqual([2, 2, 13, 32, 32]);
      const targets = jointHeatmaps(batch.joints2d, size);
      const sum = targets.reduce((total, want, i) => total + (want - heatmaps.data[i]!) ** 2, 0);
      expect(heatmapLoss(model, batch).total.item()).toBeCloseTo(sum / targets.length, 6);
    });
    expect(learning(model.train(), batch, "snn")).toEqual(["norm", "output", "snn"]);
    scope(() => {
      expect(() => heatmapLoss(model, batch, { membraneWeight: 0.05 })).toThrow(ArgumentError);
    });
    model.dispose();
  });

  test("of the first stage is for the ANN, at the start of the window", { timeout: 60_000 }, () => {
    const batch = batchOf();
    const hybrid = new Hybrid({ ...hybridPresets.released, width: 4 }, new Random(1));
    const alone = new DenseUNet({ model: "dense-unet", inChannels: 20, width: 4, joints: 13 }, new Random(1));
    for (const [i, own] of alone.parameters().entries()) own.data.set(hybrid.ann.parameters()[i]!.data);
    scope(() => {
      const { heatmaps, joints2d } = predictHeatmaps(hybrid, batch, { stage: "ann" });
      expect(heatmaps.shape).toEqual([1, 2, 13, 32, 32]);
      expect(joints2d).toBe(batch.startJoints2d);
      const loss = heatmapLoss(hybrid, batch, { stage: "ann" }).total.item();
      expect(heatmapLoss(alone, batch).total.item()).toBe(loss);
    });
    expect(learning(hybrid, batch, "ann")).toEqual(["ann"]);
    hybrid.dispose();
    alone.dispose();
  });

  test("of the second stage leaves the ANN as it is", { timeout: 60_000 }, () => {
    const model = new Hybrid({ ...hybridPresets.released, width: 4 }, new Random(1));
    expect(learning(model, batchOf({ batch: 1 }), "snn", 0.05)).toEqual(["initialisers", "output", "snn"]);
    const { nextInput: _, ...without } = batchOf({ batch: 1 });
    scope(() => {
      expect(() => heatmapLoss(model, without, { membraneWeight: 0.05 })).toThrow(ArgumentError);
    });
    model.dispose();
  });
});

suite("the ablations", () => {
  useBackend(wasm);

  test.each(Object.keys(hybridPresets) as (keyof typeof hybridPresets)[])("%s learns what it has", (name) => {
    const config = { ...hybridPresets[name], width: 4 };
    const model = new Hybrid(config, new Random(2));
    const batch = batchOf({ annChannels: config.annChannels });
    const parts = learning(model, batch, "snn");
    expect(parts).toEqual([...(config.stateInit === "none" ? [] : ["initialisers"]), "output", "snn"]);
    // What the ANN says matters but to A.
    const others = { ...batch, input: batch.input.map((value) => 1 - value) };
    const [before, after] = [batch, others].map((one) =>
      scope(() => withoutGradients(() => heatmapLoss(model, one).total.item())),
    );
    if (name === "A") expect(after).toBe(before);
    else expect(after).not.toBe(before);
    model.dispose();
  });

  test.each(STATE_INITIALISERS)("of the states: %s runs and learns", (stateInit) => {
    const model = new Hybrid({ ...hybridPresets.released, width: 4, stateInit }, new Random(2));
    const parts = learning(model, batchOf(), "snn", stateInit === "none" ? 0 : 0.05);
    expect(parts).toEqual([...(stateInit === "none" ? [] : ["initialisers"]), "output", "snn"]);
    model.dispose();
  });

  test("of the state initialisers are each the one before and something behind", () => {
    const random = new Random(4);
    const x = uniformFanIn(random, [2, 4, 4, 8], 1);
    const [bare, ...rest] = STATE_INITIALISERS.slice(1).map((kind) => {
      const module = new StateInitialiser(new Random(3), 8, 6, kind as Exclude<typeof kind, "none">);
      const names = [...module.namedTensors().keys()].filter((name) => name.endsWith("weight"));
      const y = withoutGradients(() => module.forward(x));
      return { names, data: [...y.data], conv2: module.conv2, norm2: module.norm2 };
    });
    const [conv, norm, squashed, rectified] = rest;
    expect(bare!.names).toEqual(["conv1.weight", "norm1.weight"]);
    expect(conv!.names).toEqual(["conv1.weight", "norm1.weight", "conv2.weight"]);
    for (const { names } of [norm!, squashed!, rectified!]) {
      expect(names).toEqual(["conv1.weight", "norm1.weight", "conv2.weight", "norm2.weight"]);
    }
    withoutGradients(() => {
      const mapped = conv!.conv2!.forward(tensor(bare!.data, [2, 4, 4, 6]));
      expectClose("conv", conv!.data, mapped.data, 1e-5);
      const normed = new BatchNorm(6).forward(tensor(conv!.data, [2, 4, 4, 6]));
      expectClose("norm", norm!.data, normed.data, 1e-4);
    });
    const sigmoids = norm!.data.map((value) => 1 / (1 + Math.exp(-value)));
    expectClose("sigmoid", squashed!.data, sigmoids, 1e-5);
    const leaky = norm!.data.map((value) => (value > 0 ? value : 0.1 * value));
    expectClose("rectifier", rectified!.data, leaky, 1e-5);
  });
});

suite("2D errors", () => {
  useBackend(wasm);

  /** Heatmaps that are right but for joint 0 of the given steps, which is 5 pixels off. */
  function prediction(off: readonly number[], steps = 3) {
    const joints2d = Float32Array.from({ length: steps * 26 }, (_, i) =>
      i % 2 === 1 ? 12.7 : 6 + ((i >> 1) % 13),
    );
    joints2d.fill(Number.NaN, 24, 26);
    const shown = joints2d.slice();
    for (const t of off) shown.set([9, 16.2], 26 * t);
    const heatmaps = tensor(jointHeatmaps(shown, size), [steps, 1, 13, 32, 32]);
    return { heatmaps, joints2d, membranePotentials: [] };
  }

  test("are means over the joints that are known, the samples and the steps", () => {
    scope(() => {
      const errors = new HeatmapErrors();
      expect(errors.metrics().mpjpe).toBeNaN();
      errors.add(prediction([]));
      expect(errors.metrics()).toEqual({ mpjpe: 0, lastBin: 0, perStep: [0, 0, 0], samples: 1 });
      errors.add(prediction([0, 2]));
      const { perStep, lastBin, mpjpe, samples } = errors.metrics();
      // 12 joints are known at the first step, 13 later; two samples.
      [5 / 12 / 2, 0, 5 / 13 / 2].forEach((want, t) => expect(perStep[t]).toBeCloseTo(want, 10));
      expect(lastBin).toBe(perStep[2]);
      expect(mpjpe).toBeCloseTo((5 / 12 + 5 / 13) / 6, 10);
      expect(samples).toBe(2);
      expect(() => errors.add(prediction([], 2))).toThrow(ShapeError);
    });
  });

  test("leave out samples of which no joint is known", () => {
    scope(() => {
      const errors = new HeatmapErrors();
      const { heatmaps, joints2d } = prediction([]);
      errors.add({ heatmaps, joints2d: joints2d.fill(Number.NaN), membranePotentials: [] });
      errors.add(prediction([1]));
      expect(errors.metrics().samples).toBe(1);
      expect(errors.metrics().perStep[1]).toBeCloseTo(5 / 13, 10);
    });
  });
});
