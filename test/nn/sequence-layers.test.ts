import { expect, suite, test } from "vitest";
import { add, gradientError, mul, square, sum } from "../../src/autograd/index.ts";
import { ArgumentError, Random, type Shape, ShapeError, sizeOf } from "../../src/core/index.ts";
import {
  gelu,
  GRU,
  GRUCell,
  LayerNorm,
  type Module,
  MultiheadAttention,
  observe,
  tanh,
} from "../../src/nn/index.ts";
import { scope, tensor, type Tensor, zeros } from "../../src/tensor/index.ts";
import { float64, useBackend } from "../golden/backends.ts";
import { expectClose } from "../golden/close.ts";

function random(seed: number, shape: Shape): Tensor {
  const draw = new Random(seed);
  return tensor(
    Array.from({ length: sizeOf(shape) }, () => draw.uniform(-1, 1)),
    shape,
  );
}

/** A loss that weighs every output differently. */
function weighed(out: Tensor): Tensor {
  return sum(mul(out, random(99, out.shape)));
}

function expectGradients(module: Module, inputs: readonly Tensor[], run: () => Tensor): void {
  expect(gradientError(() => weighed(run()), [...inputs, ...module.parameters()])).toBeLessThan(1e-7);
}

suite("activations", () => {
  useBackend(float64);

  test("tanh and GELU have the values that they should", () => {
    scope(() => {
      const x = tensor([-1, 0, 0.5, 3]);
      expectClose("tanh", tanh(x).data, [Math.tanh(-1), 0, Math.tanh(0.5), Math.tanh(3)], 1e-12);
      expectClose("gelu", gelu(x).data, [-0.15880800939172324, 0, 0.34571400982514394, 2.9963627], 1e-7);
      expect(gradientError(() => weighed(gelu(x)), [x])).toBeLessThan(1e-8);
    });
  });
});

suite("LayerNorm", () => {
  useBackend(float64);

  test("normalises each row by its own mean and biased variance", () => {
    scope(() => {
      const norm = new LayerNorm(2, { epsilon: 0 });
      norm.weight.data.set([2, 3]);
      norm.bias.data.set([0.5, -1]);
      const out = norm.forward(tensor([1, 3, 10, -4], [2, 2]));
      expectClose("rows", out.data, [-2 + 0.5, 3 - 1, 2 + 0.5, -3 - 1], 1e-12);
    });
  });

  test("has the gradients of its differences", () => {
    scope(() => {
      const norm = new LayerNorm(4);
      const x = random(1, [3, 4]);
      expectGradients(norm, [x], () => norm.forward(x));
    });
  });
});

suite("GRU", () => {
  useBackend(float64);

  test("a cell of one channel gives what the equations do", () => {
    scope(() => {
      const cell = new GRUCell(new Random(1), 1, 1);
      cell.input.weight.data.set([0.5, -1, 2]);
      cell.input.bias!.data.set([0.1, 0.2, 0.3]);
      cell.recurrent.weight.data.set([1, 0.5, -0.7]);
      cell.recurrent.bias!.data.set([-0.1, 0, 0.4]);
      const [x, h] = [0.8, -0.6];
      const sigma = (u: number) => 1 / (1 + Math.exp(-u));
      const r = sigma(0.5 * x + 0.1 + h - 0.1);
      const z = sigma(-x + 0.2 + 0.5 * h);
      const n = Math.tanh(2 * x + 0.3 + r * (-0.7 * h + 0.4));
      const out = cell.forward(tensor([x], [1, 1]), tensor([h], [1, 1]));
      expectClose("state", out.data, [(1 - z) * n + z * h], 1e-12);
    });
  });

  test("is its cell, step by step", () => {
    scope(() => {
      const gru = new GRU(new Random(2), 3, 2);
      const x = random(3, [3, 2, 3]);
      let state = zeros([2, 2]);
      const states: number[] = [];
      for (let t = 0; t < 3; t++) {
        state = gru.ahead.forward(tensor(x.data.slice(t * 6, (t + 1) * 6), [2, 3]), state);
        states.push(...state.data);
      }
      expectClose("states", gru.forward(x).data, states, 1e-12);
    });
  });

  test("in both directions, a clip backwards gives the halves swapped and backwards", () => {
    scope(() => {
      const gru = new GRU(new Random(4), 2, 3, { bidirectional: true });
      const ahead = gru.ahead.namedTensors();
      gru.back!.load(ahead);
      const x = random(5, [2, 1, 2]);
      const turned = tensor([...x.data.slice(2), ...x.data.slice(0, 2)], [2, 1, 2]);
      const [a, b] = [gru.forward(x).data, gru.forward(turned).data];
      expectClose(
        "turned",
        b,
        [...a.slice(9, 12), ...a.slice(6, 9), ...a.slice(3, 6), ...a.slice(0, 3)],
        1e-12,
      );
    });
  });

  test("has as many parameters as PyTorch's, and the gradients of its differences", () => {
    scope(() => {
      const gru = new GRU(new Random(6), 3, 2, { bidirectional: true });
      expect(gru.parameterCount()).toBe(2 * (6 * 3 + 6 * 2 + 6 + 6));
      const x = random(7, [3, 2, 3]);
      expectGradients(gru, [x], () => gru.forward(x));
      expect(() => gru.forward(zeros([3, 2]))).toThrow(ShapeError);
    });
  });
});

suite("MultiheadAttention", () => {
  useBackend(float64);

  test("is the softmax of scaled products, head by head", () => {
    scope(() => {
      const attention = new MultiheadAttention(new Random(8), 4, 2);
      const [q, k, bias] = [random(9, [3, 4]), random(10, [2, 4]), random(11, [2, 3, 2])];
      const [qs, ks, vs] = [attention.query.forward(q), attention.key.forward(k), attention.value.forward(k)];
      const gathered = new Float64Array(12);
      for (let head = 0; head < 2; head++) {
        for (let i = 0; i < 3; i++) {
          const raw = [0, 1].map((j) => {
            const product = [0, 1].reduce(
              (total, d) => total + qs.data[i * 4 + head * 2 + d]! * ks.data[j * 4 + head * 2 + d]!,
              0,
            );
            return Math.exp(product / Math.sqrt(2) + bias.data[(head * 3 + i) * 2 + j]!);
          });
          for (let d = 0; d < 2; d++) {
            const [a, b] = [0, 1].map((j) => vs.data[j * 4 + head * 2 + d]!) as [number, number];
            gathered[i * 4 + head * 2 + d] = (raw[0]! * a + raw[1]! * b) / (raw[0]! + raw[1]!);
          }
        }
      }
      const expected = attention.output.forward(tensor(gathered, [3, 4]));
      expectClose("attended", attention.forward(q, k, k, bias).data, expected.data, 1e-10);
    });
  });

  test("has the gradients of its differences, and tells of its products", () => {
    scope(() => {
      const attention = new MultiheadAttention(new Random(12), 4, 2);
      const [q, k, bias] = [random(13, [2, 3, 4]), random(14, [2, 2, 4]), random(15, [2, 3, 2])];
      expectGradients(attention, [q, k, bias], () => attention.forward(q, k, square(k), bias));
      let macs = 0;
      const stop = observe(attention, (layer, observation) => {
        if (layer === "" && observation.kind === "synapse") macs += observation.macs;
      });
      attention.forward(q, k, add(k, k));
      stop();
      expect(macs).toBe(2 * (2 * 3 * 2 * 4));
    });
  });

  test("refuses channels that do not divide into its heads", () => {
    expect(() => new MultiheadAttention(new Random(1), 5, 2)).toThrow(ArgumentError);
  });
});
