import { expect, suite, test } from "vitest";
import { ArgumentError } from "../../src/core/index.ts";
import { Adam, clipGradientNorm, type Optimizer, parameter, Sgd } from "../../src/nn/index.ts";
import { scope, type Tensor, tensor } from "../../src/tensor/index.ts";
import { float64, subjects, useBackend } from "../golden/backends.ts";
import { expectClose } from "../golden/close.ts";

const start = [1, -2, 0.5];
const rate = 0.1;
const steps = [
  [0.5, -1, 2],
  [-0.25, 0.75, 1.5],
  [1, 0, -3],
  [0.1, 0.2, 0.3],
];

/** Parameters after each step, from torch 1.13 in float64. */
const expected: readonly {
  readonly name: string;
  readonly make: (parameters: Tensor[]) => Optimizer;
  readonly after: readonly (readonly number[])[];
}[] = [
  {
    name: "Sgd",
    make: (p) => new Sgd(p),
    after: [
      [0.95, -1.9, 0.3],
      [0.975, -1.975, 0.15],
      [0.875, -1.975, 0.45],
      [0.865, -1.995, 0.42],
    ],
  },
  {
    name: "Sgd with momentum",
    make: (p) => new Sgd(p, { momentum: 0.9 }),
    after: [
      [0.95, -1.9, 0.3],
      [0.93, -1.885, -0.03],
      [0.812, -1.8715, -0.027],
      [0.6958, -1.87935, -0.0543],
    ],
  },
  {
    name: "Sgd with momentum and weight decay",
    make: (p) => new Sgd(p, { momentum: 0.9, weightDecay: 0.05 }),
    after: [
      [0.945, -1.89, 0.2975],
      [0.915775, -1.85655, -0.0362375],
      [0.784893625, -1.81716225, -0.0364200625],
      [0.653175919375, -1.79262746375, -0.0664022684375],
    ],
  },
  {
    name: "Sgd after Nesterov",
    make: (p) => new Sgd(p, { momentum: 0.9, weightDecay: 0.05, nesterov: true }),
    after: [
      [0.8955, -1.791, 0.11525],
      [0.88994275, -1.8273855, -0.334869875],
      [0.668016518875, -1.78333178775, -0.0312778736875],
      [0.536941496308, -1.77296502949, -0.0862548471437],
    ],
  },
  {
    name: "Adam",
    make: (p) => new Adam(p),
    after: [
      [0.900000002, -1.900000001, 0.4000000005],
      [0.873366298708, -1.89106750036, 0.30174249291],
      [0.807555139677, -1.88416265149, 0.302233408052],
      [0.74879425826, -1.88777094535, 0.298179414033],
    ],
  },
  {
    name: "Adam with weight decay and other constants",
    make: (p) => new Adam(p, { beta1: 0.8, beta2: 0.95, epsilon: 1e-6, weightDecay: 0.05 }),
    after: [
      [0.900000181818, -1.90000009091, 0.400000049383],
      [0.868235110991, -1.88610692848, 0.302215882858],
      [0.796239216275, -1.87064779523, 0.310722839592],
      [0.733092883504, -1.86451431217, 0.311811142535],
    ],
  },
  {
    name: "AdamW",
    make: (p) => new Adam(p, { weightDecay: 0.05, decoupled: true }),
    after: [
      [0.895000002, -1.890000001, 0.3975000005],
      [0.863891298698, -1.87161750036, 0.297254992908],
      [0.793760683174, -1.85535456399, 0.296259633085],
      [0.731030998341, -1.84968608502, 0.2907243409],
    ],
  },
];

suite.for(subjects)("optimisers on $name", (subject) => {
  useBackend(subject);

  test.for(expected)("$name steps as PyTorch's", ({ make, after }) => {
    const weight = parameter(tensor(start));
    const optimizer = make([weight]);
    scope(() => {
      steps.forEach((gradient, i) => {
        optimizer.step([tensor(gradient)], rate);
        const tolerance = subject === float64 ? 1e-11 : 1e-6;
        expectClose(`step ${i + 1}`, weight.data, after[i]!, tolerance);
      });
    });
    expect(optimizer.steps).toBe(4);
    optimizer.dispose();
    weight.dispose();
  });

  test.for(expected)("$name resumes from its stored state with the same bits", ({ make }) => {
    scope(() => {
      const [whole, halves] = [parameter(tensor(start)), parameter(tensor(start))];
      const through = make([whole]);
      const before = make([halves]);
      for (const gradient of steps) through.step([tensor(gradient)], rate);
      for (const gradient of steps.slice(0, 2)) before.step([tensor(gradient)], rate);
      const after = make([halves]);
      after.steps = before.steps;
      for (const [name, stored] of before.state()) after.state().get(name)!.data.set(stored.data);
      for (const gradient of steps.slice(2)) after.step([tensor(gradient)], rate);
      expect(halves.data).toEqual(whole.data);
      for (const owner of [through, before, after, whole, halves]) owner.dispose();
    });
  });

  test("gradients are clipped by their common norm", () => {
    scope(() => {
      const [a, b] = [tensor([3, 4]), tensor([12])];
      expect(clipGradientNorm([a, b], 20)).toBeCloseTo(13, 10);
      expect([...a.data]).toEqual([3, 4]);
      expect(clipGradientNorm([a, b], 5)).toBeCloseTo(13, 10);
      expectClose("a", a.data, [1.1538461, 1.5384615], 1e-6);
      expectClose("b", b.data, [4.6153842], 1e-6);
      expect(clipGradientNorm([tensor([Infinity]), a], 1)).toBe(Infinity);
    });
  });

  test("every parameter needs a gradient", () => {
    scope(() => {
      expect(() => new Sgd([tensor([1])]).step([], rate)).toThrow(ArgumentError);
      expect(() => new Adam([tensor([1])]).step([], rate)).toThrow("Adam: expected 1 gradients, got 0");
    });
  });
});
