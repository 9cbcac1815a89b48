import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { add, broadcastShape, concat, permute, reshape, slice, stack } from "../../src/autograd/index.ts";
import { ArgumentError, ShapeError, sizeOf } from "../../src/core/index.ts";
import { scope, type Tensor, tensor, zeros } from "../../src/tensor/index.ts";
import { subjects, useBackend } from "../golden/backends.ts";

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 });

function counting(shape: readonly number[]): Tensor {
  return tensor(
    Array.from({ length: sizeOf(shape) }, (_, i) => i),
    shape,
  );
}

suite.for(subjects)("moving numbers on $name", (subject) => {
  useBackend(subject);

  test("a permutation and its inverse give the tensor back", () => {
    const ordered = shapes.chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        fc.shuffledSubarray([...shape.keys()], { minLength: shape.length, maxLength: shape.length }),
      ),
    );
    fc.assert(
      fc.property(ordered, ([shape, axes]) => {
        scope(() => {
          const x = counting(shape);
          const there = permute(x, axes);
          expect(there.shape).toEqual(axes.map((axis) => shape[axis]));
          const back = permute(
            there,
            axes.map((_, i) => axes.indexOf(i)),
          );
          expect(back.shape).toEqual(shape);
          expect(back.data).toEqual(x.data);
        });
      }),
    );
  });

  test("slices of a tensor concatenate to the tensor", () => {
    const cut = shapes.chain((shape) =>
      fc.nat(shape.length - 1).chain((axis) =>
        fc.tuple(
          fc.constant(shape),
          fc.constant(axis),
          fc.array(fc.nat(shape[axis]!), { maxLength: 3 }).map((at) => [...at].sort((a, b) => a - b)),
        ),
      ),
    );
    fc.assert(
      fc.property(cut, ([shape, axis, at]) => {
        scope(() => {
          const x = counting(shape);
          const ends = [...at, shape[axis]!];
          const parts = ends.map((end, i) => slice(x, axis, i === 0 ? 0 : ends[i - 1]!, end));
          expect(concat(parts, axis).data).toEqual(x.data);
        });
      }),
    );
  });

  test("spikes stay spikes when they are moved", () => {
    scope(() => {
      const spikes = tensor([1, 0, 0, 1], [2, 2], { spikeLevels: 1 });
      const counts = tensor([3, 0, 0, 2], [2, 2], { spikeLevels: 4 });
      expect(permute(spikes, [1, 0]).spikeLevels).toBe(1);
      expect(slice(spikes, 0, 0, 1).spikeLevels).toBe(1);
      expect(reshape(spikes, [4]).spikeLevels).toBe(1);
      expect(concat([spikes, counts], 0).spikeLevels).toBe(4);
      expect(stack([spikes, spikes]).spikeLevels).toBe(1);
      expect(concat([spikes, zeros([2, 2])], 0).spikeLevels).toBe(0);
      expect(add(spikes, spikes).spikeLevels).toBe(0);
    });
  });

  test("sizes that cannot be are refused", () => {
    scope(() => {
      const x = zeros([2, 5]);
      expect(() => reshape(x, [3, -1])).toThrow(ShapeError);
      expect(() => reshape(x, [3, 3])).toThrow("reshape: expected 10 elements, got [3, 3]");
      expect(() => permute(x, [0, 0])).toThrow(ArgumentError);
      expect(() => slice(x, 1, 2, 6)).toThrow(ArgumentError);
      expect(() => slice(x, 2, 0, 1)).toThrow(ArgumentError);
      expect(() => concat([], 0)).toThrow(ArgumentError);
      expect(() => concat([x, x], 2)).toThrow(ArgumentError);
      expect(() => concat([x, zeros([2, 4])], 0)).toThrow(ShapeError);
      expect(() => add(x, zeros([2]))).toThrow(ShapeError);
    });
  });
});

test("shapes broadcast as NumPy's do", () => {
  expect(broadcastShape([8, 1, 6, 1], [7, 1, 5])).toEqual([8, 7, 6, 5]);
  expect(broadcastShape([], [3])).toEqual([3]);
  expect(() => broadcastShape([2, 1], [8, 4, 3, 1, 3])).not.toThrow();
  expect(() => broadcastShape([2], [3])).toThrow(ShapeError);
});
