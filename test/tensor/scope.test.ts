import { afterEach, expect, suite, test } from "vitest";
import { add, affine, gradients, sum } from "../../src/autograd/index.ts";
import { type Backend, backend, ReferenceBackend, setBackend } from "../../src/backend/index.ts";
import { DisposedError, ShapeError } from "../../src/core/index.ts";
import {
  isRecording,
  persist,
  scope,
  Tensor,
  tensor,
  withoutGradients,
  zeros,
} from "../../src/tensor/index.ts";
import { float32, useBackend } from "../golden/backends.ts";

suite("scopes", () => {
  useBackend(float32);

  test("free what was made inside and keep what is returned, however it is wrapped", () => {
    const made: Tensor[] = [];
    const result = scope(() => {
      made.push(zeros([2]), zeros([2]), zeros([2]), zeros([2]), zeros([2]));
      const [, a, b, c, d] = made as [Tensor, Tensor, Tensor, Tensor, Tensor];
      return { alone: a, list: [b], map: new Map([["c", c]]), deep: { list: [{ d }] } };
    });
    expect(made.map((x) => x.disposed)).toEqual([true, false, false, false, false]);
    for (const x of [result.alone, ...result.list, ...result.map.values()]) x.dispose();
    made[4]!.dispose();
  });

  test("hand what is returned to the scope around them", () => {
    let inner: Tensor | undefined;
    scope(() => {
      inner = withoutGradients(() => zeros([1]));
      expect(inner.disposed).toBe(false);
    });
    expect(inner!.disposed).toBe(true);
  });

  test("free nothing inside another while gradients are recorded", () => {
    const weight = persist(tensor([2]));
    weight.requiresGrad = true;
    let hidden: Tensor | undefined;
    const [gradient] = scope(() => {
      const loss = scope(() => {
        hidden = affine(weight, 3);
        return sum(affine(hidden, 5));
      });
      expect(hidden!.disposed).toBe(false);
      return gradients(loss, [weight]);
    });
    expect(hidden!.disposed).toBe(true);
    expect(gradient!.item()).toBe(15);
    gradient!.dispose();
    weight.dispose();
  });

  test("record no gradients where none are wanted", () => {
    scope(() => {
      const x = tensor([1]);
      x.requiresGrad = true;
      expect(isRecording()).toBe(true);
      const y = withoutGradients(() => {
        expect(isRecording()).toBe(false);
        expect(scope(isRecording)).toBe(false);
        return affine(x, 2);
      });
      expect(y.requiresGrad).toBe(false);
      expect(y.origin).toBe(null);
      expect(affine(x, 2).requiresGrad).toBe(true);
    });
  });

  test("let persistent tensors live until they are disposed", () => {
    const kept = scope(() => {
      const x = scope(() => persist(zeros([1])));
      return {
        hidden: new (class {
          readonly x = x;
        })(),
      };
    }).hidden.x;
    expect(kept.disposed).toBe(false);
    kept.dispose();
    kept.dispose();
    expect(kept.disposed).toBe(true);
  });

  test("free everything when what they run throws", () => {
    const made: Tensor[] = [];
    expect(() =>
      scope(() => {
        made.push(zeros([1]));
        scope(() => {
          made.push(zeros([1]));
          throw new Error("stop");
        });
      }),
    ).toThrow("stop");
    expect(made.map((x) => x.disposed)).toEqual([true, true]);
    expect(isRecording()).toBe(true);
  });
});

suite("tensors", () => {
  useBackend(float32);

  test("throw when they are used after they were disposed", () => {
    const x = zeros([2, 3]);
    x.dispose();
    expect(() => x.data).toThrow(DisposedError);
    expect(() => x.data).toThrow("tensor [2, 3]: used after it was freed");
    expect(() => x.view([6])).toThrow(DisposedError);
    expect(() => add(x, x)).toThrow(DisposedError);
    expect(x.shape).toEqual([2, 3]);
  });

  test("share their numbers with their views, which outlive them", () => {
    const x = tensor([1, 2, 3, 4], [2, 2]);
    const view = x.view([4]);
    expect(x.shared).toBe(true);
    x.dispose();
    expect(view.shared).toBe(false);
    expect([...view.data]).toEqual([1, 2, 3, 4]);
    view.dispose();
  });

  test("check the numbers and shapes that they are made of", () => {
    expect(() => tensor([1, 2, 3], [2, 2])).toThrow("tensor: expected 4 numbers for [2, 2], got 3");
    expect(() => zeros([-1])).toThrow(ShapeError);
    expect(() => zeros([1.5])).toThrow(ShapeError);
    expect(() => Tensor.empty([NaN])).toThrow(ShapeError);
    expect(() => zeros([2]).item()).toThrow("item: expected one element, got [2]");
    expect(() => zeros([2]).spikeLists()).toThrow(ShapeError);
  });

  test("list their spikes by the rows of the last axis, once", () => {
    scope(() => {
      const x = tensor([0, 1, 1, 0, 0, 0, 1, 0, 1], [3, 3], { spikeLevels: 1 });
      const lists = x.spikeLists();
      expect([...lists.offsets].slice(0, 4)).toEqual([0, 2, 2, 4]);
      expect([...lists.indices].slice(0, 4)).toEqual([1, 2, 0, 2]);
      expect(x.spikeLists()).toBe(lists);
      expect(x.view([1, 9]).spikeLists().columns).toBe(9);
    });
  });
});

suite("memory", () => {
  /** Counts the blocks that are out. */
  class Counting extends ReferenceBackend {
    out = 0;
    override alloc(length: number) {
      this.out++;
      return super.alloc(length);
    }
    override free(): void {
      this.out--;
    }
  }

  let previous: Backend | undefined;
  afterEach(() => setBackend(previous));

  test("is all given back after a step of training, but for what was returned", () => {
    const counting = new Counting();
    previous = setBackend(counting);
    const weight = persist(tensor([1, 2, 3]));
    weight.requiresGrad = true;
    for (let step = 0; step < 3; step++) {
      scope(() => {
        const hidden = affine(weight, 2);
        const loss = sum(add(add(hidden, weight), add(hidden, hidden)));
        const before = counting.out;
        const [gradient] = gradients(loss, [weight]);
        expect([...gradient!.data]).toEqual([7, 7, 7]);
        expect(counting.out).toBe(before + 1);
      });
      expect(counting.out).toBe(1);
    }
    weight.dispose();
    expect(counting.out).toBe(0);
    expect(backend()).toBe(counting);
  });
});
