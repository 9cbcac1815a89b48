import { expect, suite, test } from "vitest";
import {
  abs,
  acos,
  add,
  affine,
  avgPool2d,
  batchNorm,
  clamp,
  concat,
  conv2d,
  cos,
  detach,
  div,
  exp,
  gradientError,
  gradients,
  linear,
  log,
  logSoftmax,
  matmul,
  max,
  maxPool2d,
  mean,
  mul,
  neg,
  normalize,
  pad,
  permute,
  reciprocal,
  relu,
  reshape,
  rows,
  scaleGradient,
  sigmoid,
  sin,
  slice,
  softmax,
  sqrt,
  square,
  stack,
  sub,
  sum,
} from "../../src/autograd/index.ts";
import { Random, type Shape, sizeOf } from "../../src/core/index.ts";
import { full, scope, type Tensor, tensor } from "../../src/tensor/index.ts";
import { float64, useBackend } from "../golden/backends.ts";

type Operation = {
  readonly name: string;
  readonly shapes: readonly Shape[];
  readonly run: (...inputs: Tensor[]) => Tensor;
  /** Range of the inputs; [−2, 2) if left out. */
  readonly range?: readonly [number, number];
};

function unary(name: string, run: (x: Tensor) => Tensor, range?: readonly [number, number]): Operation {
  return { name, shapes: [[3, 4]], run: (x) => run(x!), ...(range === undefined ? {} : { range }) };
}

const positive = [0.3, 2] as const;

/** Pairs of shapes that broadcast: equal, on either side, on both, by missing axes, by scalars. */
const pairs: readonly (readonly [Shape, Shape])[] = [
  [
    [2, 3],
    [2, 3],
  ],
  [
    [2, 3, 4],
    [3, 1],
  ],
  [
    [1, 4],
    [3, 2, 4],
  ],
  [
    [3, 1, 2],
    [1, 4, 2],
  ],
  [[], [2, 3]],
  [
    [4, 1],
    [1, 5],
  ],
];

const binary = pairs.flatMap(([a, b]): Operation[] => {
  const named = (name: string) => `${name} of [${a.join(", ")}] and [${b.join(", ")}]`;
  return [
    { name: named("add"), shapes: [a, b], run: (x, y) => add(x!, y!) },
    { name: named("sub"), shapes: [a, b], run: (x, y) => sub(x!, y!) },
    { name: named("mul"), shapes: [a, b], run: (x, y) => mul(x!, y!) },
    { name: named("div"), shapes: [a, b], run: (x, y) => div(x!, y!), range: positive },
  ];
});

const products = [false, true].flatMap((transA) =>
  [false, true].map((transB): Operation => ({
    name: `matmul, transposed ${transA} and ${transB}`,
    shapes: [
      [2, ...(transA ? [4, 3] : [3, 4])],
      [2, ...(transB ? [5, 4] : [4, 5])],
    ],
    run: (a, b) => matmul(a!, b!, { transA, transB }),
  })),
);

const convolutions = [
  { kernel: 1, stride: 1, padding: 0, groups: 1 },
  { kernel: 3, stride: 1, padding: 1, groups: 1 },
  { kernel: 3, stride: 2, padding: 1, groups: 2 },
  { kernel: 2, stride: 2, padding: 0, groups: 4 },
  { kernel: 5, stride: 1, padding: 2, groups: 4 },
].map(({ kernel, stride, padding, groups }): Operation => ({
  name: `conv2d, kernel ${kernel}, stride ${stride}, padding ${padding}, groups ${groups}`,
  shapes: [[2, 5, 4, 4], [4, 4 / groups, kernel, kernel], [4]],
  run: (x, w, b) => conv2d(x!, w!, b!, { stride, padding, groups }),
}));

const operations: readonly Operation[] = [
  unary("neg", neg),
  unary("abs", abs, positive),
  unary("square", square),
  unary("sqrt", sqrt, positive),
  unary("exp", exp),
  unary("log", log, positive),
  unary("sin", sin),
  unary("cos", cos),
  unary("acos", acos, [-0.9, 0.9]),
  unary("relu", relu),
  unary("sigmoid", sigmoid),
  unary("reciprocal", reciprocal, positive),
  unary("affine", (x) => affine(x, -1.5, 0.5)),
  unary("clamp", (x) => clamp(x, -0.5, 1)),
  unary("softmax", softmax),
  unary("max over the last axis", (x) => max(x, 1)),
  unary("max over the first axis", (x) => max(x, 0)),
  unary("rows with repetition", (x) => rows(x, [2, 0, 2, 1])),
  unary("logSoftmax", logSoftmax),
  unary("sum over all axes", (x) => sum(x)),
  unary("sum over one axis", (x) => sum(x, [0])),
  unary("mean over one axis", (x) => mean(x, [1])),
  unary("reshape", (x) => reshape(x, [2, -1])),
  unary("slice", (x) => slice(x, 1, 1, 3)),
  unary("a tensor used more than once", (x) => mul(add(x, x), sub(square(x), x))),
  unary("a tensor concatenated with itself", (x) => concat([x, affine(x, 2), x], 1)),
  ...binary,
  ...products,
  ...convolutions,
  { name: "mean over images", shapes: [[2, 3, 2, 4]], run: (x) => mean(x!, [1, 2]) },
  { name: "permute", shapes: [[2, 3, 4]], run: (x) => permute(x!, [2, 0, 1]) },
  {
    name: "concat",
    shapes: [
      [2, 1, 3],
      [2, 4, 3],
    ],
    run: (...parts) => concat(parts, 1),
  },
  {
    name: "stack",
    shapes: [
      [2, 3],
      [2, 3],
    ],
    run: (...parts) => stack(parts, 1),
  },
  { name: "pad", shapes: [[2, 3, 2, 2]], run: (x) => pad(x!, 2, tensor([3, -1])) },
  { name: "linear", shapes: [[2, 3, 4], [5, 4], [5]], run: (x, w, b) => linear(x!, w!, b!) },
  { name: "avgPool2d", shapes: [[2, 4, 4, 3]], run: (x) => avgPool2d(x!, 3, { stride: 2, padding: 1 }) },
  { name: "maxPool2d", shapes: [[2, 4, 4, 3]], run: (x) => maxPool2d(x!, 3, { stride: 2, padding: 1 }) },
  {
    name: "batchNorm",
    shapes: [[3, 2, 4], [4], [4]],
    run: (x, w, b) => batchNorm(x!, w!, b!, 1e-5).out,
  },
  {
    name: "normalize",
    shapes: [[3, 2, 4], [4], [4]],
    run: (x, w, b) => {
      const moments = { mean: full([4], 0.3), variance: tensor([0.5, 1, 2, 3]) };
      return normalize(x!, w!, b!, moments, 1e-5);
    },
  },
];

function randomTensor(random: Random, shape: Shape, [low, high]: readonly [number, number]): Tensor {
  return tensor(
    Float64Array.from({ length: sizeOf(shape) }, () => random.uniform(low, high)),
    shape,
  );
}

suite("gradients", () => {
  useBackend(float64);

  test.for(operations)("$name agrees with central differences", ({ name, shapes, run, range = [-2, 2] }) => {
    scope(() => {
      const random = new Random(name);
      const inputs = shapes.map((shape) => randomTensor(random, shape, range));
      const weights = randomTensor(random, run(...inputs).shape, [-1, 1]);
      const error = gradientError(() => sum(mul(run(...inputs), weights)), inputs);
      expect(error).toBeLessThan(1e-7);
    });
  });

  test.for(operations)("$name gives no gradient to inputs that want none", ({ name, shapes, run, range }) => {
    scope(() => {
      const random = new Random(name);
      const inputs = shapes.map((shape) => randomTensor(random, shape, range ?? [-2, 2]));
      const first = inputs[0]!;
      first.requiresGrad = true;
      const [alone] = gradients(sum(run(...inputs)), [first]) as [Tensor];
      for (const input of inputs) input.requiresGrad = true;
      const [together] = gradients(sum(run(...inputs)), inputs) as [Tensor];
      expect(alone.data).toEqual(together.data);
    });
  });

  test("do not flow through detach, and are multiplied by scaleGradient", () => {
    scope(() => {
      const x = tensor([1, 2, 3]);
      x.requiresGrad = true;
      const [dx] = gradients(sum(add(mul(x, detach(x)), scaleGradient(x, 10))), [x]) as [Tensor];
      expect([...dx.data]).toEqual([11, 12, 13]);
    });
  });

  test("are zeros where the loss does not depend on a tensor", () => {
    scope(() => {
      const x = tensor([1, 2]);
      const y = tensor([3, 4, 5]);
      x.requiresGrad = true;
      y.requiresGrad = true;
      const [, dy] = gradients(sum(square(x)), [x, y]) as [Tensor, Tensor];
      expect([...dy.data]).toEqual([0, 0, 0]);
    });
  });

  test("of two tensors never share numbers", () => {
    scope(() => {
      const a = tensor([1, 2]);
      const b = tensor([3, 4]);
      const c = tensor([5, 6], [2, 1]);
      for (const x of [a, b, c]) x.requiresGrad = true;
      const found = gradients(sum(add(add(a, b), reshape(c, [2]))), [a, b, c]);
      found[0]!.data.fill(7);
      found[1]!.data.fill(8);
      expect(found.map((g) => [...g.data])).toEqual([
        [7, 7],
        [8, 8],
        [1, 1],
      ]);
    });
  });

  test("of a tensor that is asked for as well as what is computed from it", () => {
    scope(() => {
      const x = tensor([1, 2]);
      x.requiresGrad = true;
      const y = affine(x, 3);
      const [dx, dy] = gradients(sum(add(square(y), y)), [x, y]) as [Tensor, Tensor];
      expect([...dy.data]).toEqual([7, 13]);
      expect([...dx.data]).toEqual([21, 39]);
    });
  });

  test("need a loss of one element", () => {
    scope(() => {
      const x = tensor([1, 2]);
      x.requiresGrad = true;
      expect(() => gradients(square(x), [x])).toThrow("gradients: expected a loss of one element, got [2]");
    });
  });

  test("walk graphs deeper than the call stack", () => {
    scope(() => {
      const x = tensor([1]);
      x.requiresGrad = true;
      let y = x;
      for (let i = 0; i < 20000; i++) y = affine(y, 1, 1);
      expect(gradients(y, [x])[0]!.item()).toBe(1);
    });
  });
});
