import { expect, suite, test } from "vitest";
import { add } from "../../src/autograd/index.ts";
import { CheckpointError, Random } from "../../src/core/index.ts";
import { BatchNorm, Conv2d, Linear, Module, observe } from "../../src/nn/index.ts";
import { scope, type Tensor, tensor, zeros } from "../../src/tensor/index.ts";
import { subjects, useBackend } from "../golden/backends.ts";
import { expectClose } from "../golden/close.ts";

class Pair extends Module {
  readonly layers: Linear[];
  readonly norm: BatchNorm;

  constructor(random: Random) {
    super();
    this.layers = [new Linear(random, 2, 3), new Linear(random, 2, 3, { bias: false })];
    this.norm = new BatchNorm(3);
  }

  forward(x: Tensor): Tensor {
    return this.norm.forward(this.layers.map((layer) => layer.forward(x)).reduce(add));
  }
}

suite.for(subjects)("modules on $name", (subject) => {
  useBackend(subject);

  test("name their tensors by the paths of properties", () => {
    scope(() => {
      const pair = new Pair(new Random(1));
      expect([...pair.namedTensors().keys()]).toEqual([
        "layers.0.weight",
        "layers.0.bias",
        "layers.1.weight",
        "norm.weight",
        "norm.bias",
        "norm.runningMean",
        "norm.runningVariance",
      ]);
      expect(pair.parameterCount()).toBe(6 + 3 + 6 + 3 + 3);
      expect(pair.namedModules().map(([name]) => name)).toEqual(["", "layers.0", "layers.1", "norm"]);
      pair.dispose();
    });
  });

  test("outlive the scope that they were made in, until they are disposed", () => {
    const pair = scope(() => ({ made: new Pair(new Random(1)) })).made;
    const weight = pair.layers[0]!.weight;
    expect(weight.data.length).toBe(6);
    pair.dispose();
    expect(weight.disposed).toBe(true);
  });

  test("start with the same numbers from the same seed, within PyTorch's bounds", () => {
    const [a, b] = [new Conv2d(new Random(5), 4, 8, 3, { bias: true }), new Conv2d(new Random(5), 4, 8, 3)];
    expect(a.weight.data).toEqual(b.weight.data);
    const bound = 1 / Math.sqrt(36);
    expect(Math.max(...a.weight.data)).toBeLessThanOrEqual(bound);
    expect(Math.min(...a.weight.data)).toBeLessThan(-0.9 * bound);
    const narrow = new Linear(new Random(5), 50, 40, { deviation: 0.02 });
    const deviation = Math.sqrt([...narrow.weight.data].reduce((sum, w) => sum + w * w, 0) / 2000);
    expect(deviation).toBeCloseTo(0.02, 2);
    expect([...narrow.bias!.data]).toEqual(Array.from({ length: 40 }, () => 0));
    for (const module of [a, b, narrow]) module.dispose();
  });

  test("normalise by the batch in training and by running statistics after", () => {
    scope(() => {
      const norm = new BatchNorm(1);
      const x = tensor([1, 2, 3, 6], [4, 1]);
      const out = norm.forward(x);
      const deviation = Math.sqrt(3.5 + 1e-5);
      expectClose("out", out.data, [-2 / deviation, -1 / deviation, 0, 3 / deviation], subject.epsilon);
      expectClose("mean", norm.runningMean.data, [0.3], subject.epsilon);
      // Running variance takes the unbiased one: 14/3.
      expectClose("variance", norm.runningVariance.data, [0.9 + 1.4 / 3], subject.epsilon);
      norm.eval();
      const scale = 1 / Math.sqrt(0.9 + 1.4 / 3 + 1e-5);
      expectClose("out", norm.forward(x).data, [0.7 * scale, 1.7 * scale, 2.7 * scale, 5.7 * scale], 1e-6);
      expectClose("zero", norm.responseToZero().data, [-0.3 * scale], 1e-6);
      norm.dispose();
    });
  });

  test("load what fits and change nothing when something does not", () => {
    scope(() => {
      const pair = new Pair(new Random(1));
      const before = [...pair.layers[0]!.weight.data];
      const stored = new Map(
        [...pair.namedTensors()].map(([name, { shape, size }]) => [
          name,
          { shape: [...shape, 1], data: new Float32Array(size).fill(0.25) },
        ]),
      );
      stored.delete("norm.bias");
      stored.set("extra", { shape: [1], data: Float32Array.of(1) });
      stored.set("layers.0.bias", { shape: [4], data: new Float32Array(4) });
      stored.set("layers.1.weight", { shape: [3, 2], data: Float32Array.of(1, 2, NaN, 4, 5, 6) });
      expect(() => pair.load(stored)).toThrow(CheckpointError);
      expect(() => pair.load(stored)).toThrow(
        "load: tensors do not fit the model: 1 missing (norm.bias); 1 unexpected (extra); " +
          "1 of another shape (layers.0.bias: expected [3], got [4]); " +
          "1 not finite (layers.1.weight: expected finite numbers, got NaN at element 2)",
      );
      expect([...pair.layers[0]!.weight.data]).toEqual(before);

      stored.delete("extra");
      stored.set("norm.bias", { shape: [3], data: new Float32Array(3) });
      stored.set("layers.0.bias", { shape: [3], data: new Float32Array(3) });
      stored.set("layers.1.weight", { shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) });
      pair.load(stored);
      expect([...pair.layers[0]!.weight.data]).toEqual([0.25, 0.25, 0.25, 0.25, 0.25, 0.25]);
      expect([...pair.layers[1]!.weight.data]).toEqual([1, 2, 3, 4, 5, 6]);
      pair.dispose();
    });
  });

  test("switch between training and evaluation all the way down", () => {
    const pair = new Pair(new Random(1));
    expect(pair.eval().norm.training).toBe(false);
    expect(pair.train().norm.training).toBe(true);
    pair.dispose();
  });

  test("tell an observer what drives their synapses, until it stops", () => {
    scope(() => {
      const pair = new Pair(new Random(1));
      const seen: [string, number][] = [];
      const stop = observe(pair, (layer, told) => {
        if (told.kind === "synapse") seen.push([layer, told.macs]);
      });
      pair.forward(zeros([5, 2]));
      stop();
      pair.forward(zeros([5, 2]));
      expect(seen).toEqual([
        ["layers.0", 30],
        ["layers.1", 30],
      ]);
      pair.dispose();
    });
  });
});
