import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { conv2d, gradients, linear, sum } from "../../src/autograd/index.ts";
import { Random, type Shape, sizeOf } from "../../src/core/index.ts";
import { scope, type Tensor, tensor } from "../../src/tensor/index.ts";
import { subjects, useBackend } from "../golden/backends.ts";
import { expectClose } from "../golden/close.ts";

function spikes(random: Random, shape: Shape, rate: number, spikeLevels: number): Tensor {
  const copy = new Random(0);
  copy.restore(random.save());
  const values = Array.from({ length: sizeOf(shape) }, () => (copy.uniform() < rate ? 1 : 0));
  return tensor(values, shape, { spikeLevels });
}

function weights(random: Random, shape: Shape): Tensor {
  const made = tensor(
    Array.from({ length: sizeOf(shape) }, () => random.uniform(-1, 1)),
    shape,
  );
  made.requiresGrad = true;
  return made;
}

suite.for(subjects)("event-driven products on $name", (subject) => {
  useBackend(subject);

  // The same numbers as spikes and as real numbers: adding what fired is multiplying everything.
  test("give the results and the weight gradients of dense ones at every rate", () => {
    const layers = fc.record({
      seed: fc.integer(),
      rate: fc.constantFrom(0, 0.02, 0.2, 0.5, 1),
      kernel: fc.constantFrom(1, 3),
      stride: fc.constantFrom(1, 2),
      inChannels: fc.constantFrom(1, 8, 9, 75),
      outChannels: fc.constantFrom(1, 15, 16, 19),
    });
    fc.assert(
      fc.property(layers, ({ seed, rate, kernel, stride, inChannels, outChannels }) => {
        scope(() => {
          const random = new Random(seed);
          const weight = weights(random, [outChannels, inChannels, kernel, kernel]);
          const bias = weights(random, [outChannels]);
          const [dense, sparse] = [0, 1].map((levels) => {
            const x = spikes(random, [2, 4, 5, inChannels], rate, levels);
            const out = conv2d(x, weight, bias, { stride, padding: kernel >> 1 });
            return [out, ...gradients(sum(out), [weight, bias])];
          });
          sparse!.forEach((got, i) =>
            expectClose(`output ${i}`, got.data, dense![i]!.data, 4 * subject.epsilon),
          );
        });
      }),
      { numRuns: 60 },
    );
  });

  test("serve rows longer than lists of spikes can name", () => {
    scope(() => {
      const random = new Random(3);
      const weight = weights(random, [16, 70_000]);
      const [dense, sparse] = [0, 1].map((levels) => {
        return linear(spikes(random, [1, 70_000], 0.001, levels), weight, null);
      });
      expect(sparse!.data).toEqual(dense!.data);
    });
  });
});
