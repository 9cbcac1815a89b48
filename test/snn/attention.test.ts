import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { add, affine, gradients, mul, reshape, sum } from "../../src/autograd/index.ts";
import { Random, type Shape, ShapeError, sizeOf } from "../../src/core/index.ts";
import { attention, linearAttention, type Score, scores } from "../../src/snn/index.ts";
import { scope, type Tensor, tensor, zeros } from "../../src/tensor/index.ts";
import { subjects, useBackend } from "../golden/backends.ts";
import { expectClose } from "../golden/close.ts";

function input(shape: Shape, next: () => number): Tensor {
  const made = tensor(Array.from({ length: sizeOf(shape) }, next), shape);
  made.requiresGrad = true;
  return made;
}

const sizes = fc.record({
  seed: fc.integer(),
  N: fc.integer({ min: 1, max: 6 }),
  M: fc.integer({ min: 1, max: 6 }),
  D: fc.integer({ min: 1, max: 9 }),
  E: fc.integer({ min: 1, max: 4 }),
});

suite.for(subjects)("attention on $name", (subject) => {
  useBackend(subject);

  test.for(["hamming", "dot", "euclidean", "manhattan"] as const)(
    "linear in tokens is the sum over all %s scores, in value and gradient",
    (score: Score) => {
      fc.assert(
        fc.property(sizes, ({ seed, N, M, D, E }) => {
          scope(() => {
            const random = new Random(seed);
            const bit = () => random.integer(0, 2);
            const [q, k] = [input([2, N, D], bit), input([2, M, D], bit)];
            const v = input([2, M, E], () => random.uniform(-1, 1));
            const weights = input([2, N, E], () => random.uniform(-1, 1));
            const scale = score === "dot" ? 1 / Math.sqrt(D) : 1 / D;
            const linear = linearAttention(q, k, v, score, scale);
            // The constant ½ of Hamming scores is left out of the linear form.
            const constant = affine(reshape(sum(v, [1]), [2, 1, E]), score === "hamming" ? 0.5 : 0);
            const results = [attention(q, k, v, score), add(linear, constant)].map((out) => [
              out,
              ...gradients(sum(mul(out, weights)), [q, k, v]),
            ]);
            results[0]!.forEach((want, i) =>
              expectClose(`part ${i}`, results[1]![i]!.data, want.data, 10 * subject.epsilon),
            );
          });
        }),
        { numRuns: 30 },
      );
    },
  );

  test("scores of binary vectors are the share of equal channels", () => {
    fc.assert(
      fc.property(sizes, ({ seed, N, M, D }) => {
        scope(() => {
          const random = new Random(seed);
          const bit = () => random.integer(0, 2);
          const [q, k] = [input([N, D], bit), input([M, D], bit)];
          const shares = Array.from({ length: N * M }, (_, at) => {
            const [n, m] = [Math.floor(at / M), at % M];
            const same = [...Array(D).keys()].filter((d) => q.data[n * D + d] === k.data[m * D + d]);
            return same.length / D;
          });
          for (const score of ["hamming", "euclidean", "manhattan"] as const) {
            expectClose(score, scores(q, k, score).data, shares, subject.epsilon);
          }
        });
      }),
      { numRuns: 30 },
    );
  });

  test("tokens of different widths do not compare", () => {
    scope(() => {
      expect(() => scores(zeros([2, 3]), zeros([2, 4]), "hamming")).toThrow(ShapeError);
      expect(() => linearAttention(zeros([2, 3]), zeros([2, 4]), zeros([2, 3]), "dot", 1)).toThrow(
        ShapeError,
      );
    });
  });
});
