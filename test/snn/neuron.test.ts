import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { concat, gradientError, mul, slice, sum } from "../../src/autograd/index.ts";
import { ArgumentError, Random, ShapeError } from "../../src/core/index.ts";
import {
  integerLif,
  lif,
  type LifOptions,
  neuronLayer,
  ParametricLif,
  parametricLif,
  surrogate,
} from "../../src/snn/index.ts";
import { scalar, scope, type Tensor, tensor, zeros } from "../../src/tensor/index.ts";
import { float64, subjects, useBackend } from "../golden/backends.ts";
import { expectClose } from "../golden/close.ts";

const options: fc.Arbitrary<LifOptions> = fc.record({
  tau: fc.constantFrom(1, 1.5, 2, 3, Infinity),
  decayInput: fc.boolean(),
  firingThreshold: fc.constantFrom(0.5, 1),
  reset: fc.constantFrom("hard", "soft"),
  resetPotential: fc.constantFrom(0, -0.25),
});

function currents(seed: number, shape: readonly number[]): Tensor {
  const random = new Random(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Array.from({ length: size }, () => random.uniform(-1.5, 3)),
    shape,
  );
}

suite.for(subjects)("neurons on $name", (subject) => {
  useBackend(subject);

  test("run in two halves that carry the membrane potential as in one", () => {
    fc.assert(
      fc.property(options, fc.integer(), fc.integer({ min: 1, max: 5 }), (given, seed, cut) => {
        scope(() => {
          const x = currents(seed, [6, 7]);
          const whole = lif(x, given);
          const first = lif(slice(x, 0, 0, cut), given);
          const initial = first.membranePotential;
          const second = lif(slice(x, 0, cut, 6), { ...given, initial });
          expect(concat([first.spikes, second.spikes], 0).data).toEqual(whole.spikes.data);
          expect(second.membranePotential.data).toEqual(whole.membranePotential.data);
        });
      }),
    );
  });

  test("stay silent without input, at rest", () => {
    fc.assert(
      fc.property(options, (given) => {
        scope(() => {
          const { spikes, membranePotential } = lif(zeros([5, 4]), given);
          expect(spikes.data.every((s) => s === 0)).toBe(true);
          const rest = given.reset === "hard" ? given.resetPotential! : 0;
          expect(membranePotential.data.every((v) => v === rest)).toBe(true);
        });
      }),
    );
  });

  test("that do not leak keep their charge when a spike only takes the threshold", () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(0.5, 1), (seed, firingThreshold) => {
        scope(() => {
          const x = currents(seed, [20, 5]);
          const initial = currents(seed + 1, [5]);
          const given = {
            tau: Infinity,
            decayInput: false,
            reset: "soft",
            firingThreshold,
            initial,
          } as const;
          const { spikes, membranePotential } = lif(x, given);
          const [taken, received] = [sum(spikes, [0]).data, sum(x, [0]).data];
          const kept = membranePotential.data.map((v, i) => v + firingThreshold * taken[i]!);
          const want = received.map((charge, i) => charge + initial.data[i]!);
          expectClose("charge", kept, want, 10 * subject.epsilon);
        });
      }),
    );
  });

  test("fire at exactly the threshold", () => {
    scope(() => {
      expect([...lif(tensor([2, 1.999], [1, 2])).spikes.data]).toEqual([1, 0]);
      expect([...lif(tensor([0.5], [1, 1]), { tau: 1, firingThreshold: 0.5 }).spikes.data]).toEqual([1]);
    });
  });

  test("with a learned leak are those with the fixed one", () => {
    scope(() => {
      const x = currents(4, [6, 9]);
      const fixed = lif(x, { tau: 4 });
      const learned = parametricLif(x, scalar(-Math.log(3)));
      expect(learned.spikes.data).toEqual(fixed.spikes.data);
      expectClose("v", learned.membranePotential.data, fixed.membranePotential.data, subject.epsilon);
      const layer = new ParametricLif({ tau: 4 });
      expect(layer.forward(x).data).toEqual(fixed.spikes.data);
      layer.dispose();
    });
  });

  test("count whole spikes, halves to even, up to their levels", () => {
    scope(() => {
      const counts = integerLif(tensor([-1, 0.5, 1.5, 2.5, 3.4, 9], [1, 6]));
      expect([...counts.data]).toEqual([0, 0, 2, 2, 3, 4]);
      expect(counts.spikeLevels).toBe(4);
      // u[1] = (9 − 4)/4 + 1 = 2.25
      expect([...integerLif(tensor([9, 1], [2, 1])).data]).toEqual([4, 2]);
      expect([...neuronLayer({ kind: "integer-lif", levels: 2 }).forward(tensor([9], [1, 1])).data]).toEqual([
        2,
      ]);
    });
  });

  test("refuse what they cannot run on", () => {
    scope(() => {
      expect(() => lif(zeros([2, 3]), { tau: 0.5 })).toThrow("lif: expected tau ≥ 1, got 0.5");
      expect(() => lif(zeros([2, 3]), { tau: NaN })).toThrow(ArgumentError);
      expect(() => lif(zeros([]))).toThrow(ShapeError);
      expect(() => lif(zeros([0, 3]))).toThrow(ShapeError);
      expect(() => lif(zeros([2, 3]), { initial: zeros([2]) })).toThrow(ShapeError);
      expect(() => integerLif(zeros([]))).toThrow(ShapeError);
      expect(() => surrogate.atan({ alpha: 0 })).toThrow(ArgumentError);
      expect(() => surrogate.rectangular({ width: NaN })).toThrow(ArgumentError);
    });
  });
});

suite("gradients of neurons", () => {
  useBackend(float64);

  // Below the threshold and with the reset detached, the membrane is a smooth function of everything.
  test.for([
    { tau: 2 },
    { tau: 3, decayInput: false },
    { tau: Infinity, decayInput: false, reset: "soft" },
    { tau: 2, resetPotential: -0.5 },
  ] as const)("agree with central differences where nothing fires: %o", (given) => {
    scope(() => {
      const x = tensor(
        Array.from({ length: 12 }, (_, i) => Math.sin(i) / 10),
        [4, 3],
      );
      const initial = tensor([-0.2, 0.1, 0.3]);
      const weights = tensor([1, -2, 0.5]);
      const error = gradientError(
        () => sum(mul(lif(x, { ...given, initial }).membranePotential, weights)),
        [x, initial],
      );
      expect(error).toBeLessThan(1e-9);
    });
  });

  test.for([{}, { decayInput: false, reset: "soft" }] as const)(
    "with a learned leak agree with central differences where nothing fires: %o",
    (given) => {
      scope(() => {
        const x = tensor([0.3, -0.1, 0.2, 0.25, 0.1, -0.3], [3, 2]);
        const initial = tensor([0.4, -0.2]);
        const leakLogit = scalar(0.3);
        const loss = () => sum(parametricLif(x, leakLogit, { ...given, initial }).membranePotential);
        expect(gradientError(loss, [x, initial, leakLogit])).toBeLessThan(1e-9);
      });
    },
  );
});
