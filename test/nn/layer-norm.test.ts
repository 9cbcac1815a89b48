import { expect, suite, test } from "vitest";
import { gradientError, mul, sum } from "../../src/autograd/index.ts";
import { Random, ShapeError } from "../../src/core/index.ts";
import { LayerNorm } from "../../src/nn/index.ts";
import { tensor, zeros } from "../../src/tensor/index.ts";
import { float64, useBackend } from "../golden/backends.ts";

suite("layer normalisation", () => {
  useBackend(float64);

  test("gives rows of mean 0 and variance 1, then scales and shifts them", () => {
    const layer = new LayerNorm(4, { epsilon: 0 });
    const y = layer.forward(tensor([1, 2, 3, 4, -2, 0, 0, 2], [2, 4]));
    const d = Math.sqrt(1.25);
    const expected = [-1.5 / d, -0.5 / d, 0.5 / d, 1.5 / d, -Math.SQRT2, 0, 0, Math.SQRT2];
    expected.forEach((value, i) => expect(y.data[i]).toBeCloseTo(value, 12));
    layer.weight.data.set([1, 2, 3, 4]);
    layer.bias.data.fill(0.5);
    expect(layer.forward(tensor([-2, 0, 0, 2])).data[3]).toBeCloseTo(0.5 + 4 * Math.SQRT2, 12);
    expect([...new LayerNorm(3).forward(tensor([7, 7, 7])).data]).toEqual([0, 0, 0]);
  });

  test("has the gradients of central differences", () => {
    const random = new Random(2);
    const draw = () =>
      tensor(
        Array.from({ length: 15 }, () => random.normal()),
        [3, 5],
      );
    const [x, weights, layer] = [draw(), draw(), new LayerNorm(5)];
    layer.weight.data.set([0.5, 1, 2, -1, 0.25]);
    expect(
      gradientError(() => sum(mul(layer.forward(x), weights)), [x, layer.weight, layer.bias]),
    ).toBeLessThan(1e-7);
  });

  test("needs rows of its length", () => {
    expect(() => new LayerNorm(4).forward(zeros([4, 3]))).toThrow(ShapeError);
  });
});
