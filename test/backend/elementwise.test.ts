import fc from "fast-check";
import { expect, suite, test } from "vitest";
import type { BinaryOp, UnaryOp } from "../../src/backend/backend.ts";
import { expectBits, expectClose, numbers, subjects } from "./conformance.ts";

const seed = fc.integer({ min: 1, max: 1e6 });
const lengths = fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(16384, 20001));
const runs = { numRuns: 20 };

suite("element-wise functions", () => {
  test("functions of one argument give the bits of the reference", () => {
    const ops: UnaryOp[] = ["neg", "abs", "square", "sqrt", "exp", "sin", "relu", "sigmoid", "reciprocal"];
    fc.assert(
      fc.property(fc.constantFrom(...ops), lengths, seed, (op, length, start) => {
        const inputs = [numbers(length, start).map((x) => (op === "sqrt" ? Math.abs(x) : x))];
        expectBits({ inputs, outputs: [length], run: (b, [a], [out]) => b.unary(op, out!, a!) });
      }),
      { numRuns: 40 },
    );
  });

  test("clamp, affine and addScaled give the bits of the reference", () => {
    fc.assert(
      fc.property(lengths, seed, fc.double({ min: -3, max: 3, noNaN: true }), (length, start, scale) => {
        const inputs = [numbers(length, start), numbers(length, start + 1)];
        const outputs = [length];
        expectBits({ inputs, outputs, run: (b, [a], [out]) => b.clamp(out!, a!, -0.3, 0.7) });
        expectBits({ inputs, outputs, run: (b, [a], [out]) => b.affine(out!, a!, scale, 0.1) });
        expectBits({ inputs, outputs: [], run: (b, [a, out]) => b.addScaled(out!, a!, scale) });
      }),
      runs,
    );
  });

  test("functions of two arguments give the bits of the reference, with any broadcast", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<BinaryOp>("add", "sub", "mul", "div"),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 0, maxLength: 5 }),
        fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
        fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
        seed,
        (op, shape, keepA, keepB, start) => {
          const length = shape.reduce((x, y) => x * y, 1);
          const strides = (keep: boolean[]) => {
            let step = 1;
            const steps = shape.map(() => 0);
            for (let i = shape.length - 1; i >= 0; i--) {
              if (!keep[i]) continue;
              steps[i] = shape[i] === 1 ? 0 : step;
              step *= shape[i]!;
            }
            return { steps, size: step };
          };
          const a = strides(keepA);
          const b = strides(keepB);
          const broadcast = { shape, a: a.steps, b: b.steps };
          expectBits({
            inputs: [numbers(a.size, start), numbers(b.size, start + 1)],
            outputs: [length],
            run: (backend, [x, y], [out]) => backend.binary(op, out!, x!, y!, broadcast),
          });
          expectBits({
            inputs: [numbers(length, start), numbers(length, start + 1)],
            outputs: [length],
            run: (backend, [x, y], [out]) => backend.binary(op, out!, x!, y!, null),
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  test("sums over an axis equal those in float64", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 20 }),
        seed,
        (outer, axis, inner, start) => {
          expectClose(
            {
              inputs: [numbers(outer * axis * inner, start)],
              outputs: [outer * inner],
              run: (b, [a], [out]) => b.sum(out!, a!, outer, axis, inner),
            },
            1e-6,
          );
        },
      ),
      runs,
    );
    for (const [outer, axis, inner] of [
      [1, 300_000, 1],
      [1, 30_000, 7],
      [2, 3, 9000],
    ] as const) {
      expectClose(
        {
          inputs: [numbers(outer * axis * inner, 3)],
          outputs: [outer * inner],
          run: (b, [a], [out]) => b.sum(out!, a!, outer, axis, inner),
        },
        1e-6,
      );
    }
  });

  test("entries that are not zero are counted", () => {
    for (const backend of subjects) {
      const a = backend.alloc(40_003);
      const values = numbers(40_003, 4, true);
      a.set(values);
      expect(backend.countNonZero(a)).toBe(values.reduce((x, y) => x + y, 0));
      backend.free(a);
    }
  });

  test("permuted axes land where the reference puts them", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 }).chain((shape) =>
          fc.tuple(
            fc.constant(shape),
            fc.shuffledSubarray(
              shape.map((_, i) => i),
              { minLength: shape.length },
            ),
          ),
        ),
        seed,
        ([shape, axes], start) => {
          const length = shape.reduce((x, y) => x * y, 1);
          expectBits({
            inputs: [numbers(length, start)],
            outputs: [length],
            run: (b, [a], [out]) => b.permute(out!, a!, shape, axes),
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  test("blocks are copied and added between strided places; borders are laid", () => {
    for (const accumulate of [false, true]) {
      for (const length of [1, 5, 40]) {
        expectBits({
          inputs: [numbers(500, 1), numbers(500, 2)],
          outputs: [],
          run: (b, [out, a]) => b.copyBlocks(out!, 3, 50, a!, 7, 45, 9, length, accumulate),
        });
      }
    }
    for (const bordered of [false, true]) {
      expectBits({
        inputs: [numbers(2 * 3 * 4 * 5, 1), numbers(5, 2)],
        outputs: [2 * 7 * 8 * 5],
        run: (b, [x, values], [out]) => b.pad(out!, x!, bordered ? values! : null, 2, 3, 4, 5, 2),
      });
    }
  });

  test("optimiser steps give the bits of the reference", () => {
    fc.assert(
      fc.property(lengths, fc.boolean(), fc.boolean(), seed, (length, first, second, start) => {
        const inputs = [0, 1, 2, 3].map((i) =>
          numbers(length, start + i).map((x) => (i === 3 ? Math.abs(x) : x)),
        );
        const sgd = { rate: 0.1, momentum: 0.9, weightDecay: 1e-3, nesterov: first };
        expectBits({
          inputs,
          outputs: [],
          run: (b, [w, g, v]) => b.sgdStep(w!, g!, second ? v! : null, sgd),
        });
        const adam = { rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 };
        const p = { ...adam, decoupled: first, correction1: 0.19, correction2: 0.002 };
        expectBits({ inputs, outputs: [], run: (b, [w, g, m, v]) => b.adamStep(w!, g!, m!, v!, p) });
      }),
      runs,
    );
  });
});
