import { expect, suite, test } from "vitest";
import { gradientError, mul, sum } from "../../src/autograd/index.ts";
import { ArgumentError, Random, type Shape, sizeOf } from "../../src/core/index.ts";
import { MultiDimensionalAttention } from "../../src/snn/index.ts";
import { scope, tensor, type Tensor } from "../../src/tensor/index.ts";
import { float64, useBackend } from "../golden/backends.ts";
import { expectClose } from "../golden/close.ts";

const options = { timeSteps: 2, timeReduction: 2, channelReduction: 1 };

function random(seed: number, shape: Shape): Tensor {
  const draw = new Random(seed);
  return tensor(
    Array.from({ length: sizeOf(shape) }, () => draw.uniform(0, 1)),
    shape,
  );
}

/** Attention none of whose hidden numbers is cut off by its ReLU. */
function attentionOf(channels: number): MultiDimensionalAttention {
  const attention = new MultiDimensionalAttention(new Random(1), channels, options);
  for (const { squeeze } of [attention.time, attention.channel]) {
    squeeze.weight.data.forEach((value, i) => (squeeze.weight.data[i] = Math.abs(value)));
  }
  return attention;
}

suite("MultiDimensionalAttention", () => {
  useBackend(float64);

  test("multiplies one pixel of one channel by the three gates", () => {
    scope(() => {
      const attention = attentionOf(1);
      attention.time.squeeze.weight.data.set([1, 2]);
      attention.time.excite.weight.data.set([0.1, -0.2]);
      attention.channel.squeeze.weight.data.set([0.5]);
      attention.channel.excite.weight.data.set([2]);
      attention.place.weight.data.fill(0);
      attention.place.weight.data[24] = 0.3;
      attention.place.weight.data[49 + 24] = -0.7;
      const sigma = (u: number) => 1 / (1 + Math.exp(-u));
      const x = [0.4, 0.9];
      const hidden = x[0]! + 2 * x[1]!;
      // Of one number the mean and the largest are the same, so that both ways add up.
      const timed = [x[0]! * sigma(2 * 0.1 * hidden), x[1]! * sigma(2 * -0.2 * hidden)];
      const chosen = timed.map((value) => value * sigma(2 * 2 * 0.5 * value));
      const expected = chosen.map((value) => value * sigma((0.3 - 0.7) * value));
      expectClose("gated", attention.forward(tensor(x, [2, 1, 1, 1, 1])).data, expected, 1e-12);
    });
  });

  test("has the gradients of its differences", () => {
    scope(() => {
      const attention = attentionOf(3);
      const x = random(2, [2, 2, 2, 3, 3]);
      const weights = random(3, x.shape);
      const loss = () => sum(mul(attention.forward(x), weights));
      expect(gradientError(loss, [x, ...attention.parameters()])).toBeLessThan(1e-7);
    });
  });

  test("lets early steps depend on late ones", () => {
    scope(() => {
      const attention = attentionOf(2);
      const x = random(4, [2, 1, 2, 2, 2]);
      const before = attention.forward(x).data.slice(0, 8);
      x.data.fill(2, 8);
      expect(attention.forward(x).data.slice(0, 8)).not.toEqual(before);
    });
  });

  test("is for as many steps as it was made for", () => {
    scope(() => expect(() => attentionOf(1).forward(random(5, [3, 1, 1, 1, 1]))).toThrow(ArgumentError));
  });
});
