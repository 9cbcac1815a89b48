import fc from "fast-check";
import { suite, test } from "vitest";
import type { Neuron, Surrogate } from "../../src/backend/backend.ts";
import { expectBits, expectClose, expectSums, numbers } from "./conformance.ts";

const seed = fc.integer({ min: 1, max: 1e6 });

const surrogates = fc.constantFrom<Surrogate>(
  { kind: "atan", alpha: 2 },
  { kind: "sigmoid", alpha: 4 },
  { kind: "rectangular", width: 1 },
  { kind: "gated-atan", alpha: 2 },
);

const neurons: fc.Arbitrary<Neuron> = fc.record({
  timeSteps: fc.integer({ min: 1, max: 5 }),
  size: fc.oneof(fc.integer({ min: 1, max: 67 }), fc.constantFrom(4096, 5003)),
  decay: fc.constantFrom(0, 0.5, 1, 0.3),
  decayInput: fc.boolean(),
  firingThreshold: fc.constantFrom(1, 0.5, 0.3),
  reset: fc.constantFrom("hard" as const, "soft" as const),
  resetPotential: fc.constantFrom(0, -0.1),
  detachReset: fc.boolean(),
  surrogate: surrogates,
});

/** Currents that make some neurons fire, some of them exactly at the threshold. */
function currents(length: number, start: number): number[] {
  return numbers(length, start).map((x) => (x === 0 ? 1 : 2 * x));
}

suite("neurons", () => {
  test("membranes and spikes have the bits of the reference", () => {
    fc.assert(
      fc.property(neurons, fc.boolean(), seed, (p, carried, start) => {
        const length = p.timeSteps * p.size;
        expectBits({
          inputs: [currents(length, start), numbers(p.size, start + 1)],
          outputs: [length, length, p.size],
          run: (b, [x, initial], [spikes, h, last]) =>
            b.neuron(spikes!, h!, last!, x!, carried ? initial! : null, p),
        });
      }),
      { numRuns: 40 },
    );
  });

  test("gradients follow those in float64 for every surrogate and reset", () => {
    fc.assert(
      fc.property(neurons, fc.boolean(), seed, (p, carried, start) => {
        const length = p.timeSteps * p.size;
        // Potentials away from where a surrogate or the spike jumps, so that both precisions take one branch.
        const exact = { ...p, firingThreshold: 0.5, resetPotential: 0 };
        const h = numbers(length, start).map((u) => (Math.abs(Math.abs(u) - 0.5) < 1e-3 ? 0 : u) + 0.5);
        const away = h.map((u) => (Math.abs(u - 0.5) < 1e-3 ? 0.6 : u));
        expectClose(
          {
            inputs: [
              numbers(length, start + 1),
              numbers(p.size, start + 2),
              away,
              currents(length, start + 3),
              numbers(p.size, start + 4),
            ],
            outputs: [length, p.size, 1],
            run: (b, [dSpikes, dLast, potential, x, initial], [dx, dInitial, decay]) => {
              const first = carried ? initial! : null;
              const grad = { x: dx!, initial: dInitial!, decay: decay! };
              b.neuronGrad(grad, dSpikes!, dLast!, potential!, x!, first, exact);
            },
          },
          1e-5 * Math.sqrt(length),
        );
      }),
      { numRuns: 40 },
    );
  });

  test("integer neurons have the bits of the reference, their gradients too", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 5000 }),
        seed,
        (steps, size, start) => {
          const x = numbers(steps * size, start).map((v) => 6 * v);
          expectBits({
            inputs: [x],
            outputs: [x.length, x.length],
            run: (b, [a], [n, u]) => b.integerNeuron(n!, u!, a!, steps, size, 0.25, 4),
          });
          expectBits({
            inputs: [x, numbers(x.length, start + 1)],
            outputs: [x.length],
            run: (b, [u, dn], [dx]) => b.integerNeuronGrad(dx!, dn!, u!, steps, size, 0.25, 4),
          });
        },
      ),
      { numRuns: 15 },
    );
  });
});

suite("statistics of channels", () => {
  const shapes = [
    [1, 3],
    [37, 5],
    [700, 16],
    [1000, 27],
    [300, 64],
  ] as const;

  test("means and variances are those in float64, even far from zero", () => {
    for (const [rows, channels] of shapes) {
      const x = numbers(rows * channels, 3).map((v) => v + 100);
      expectClose(
        {
          inputs: [x],
          outputs: [channels, channels],
          run: (b, [a], [mean, variance]) => b.channelMoments(mean!, variance!, a!, rows, channels),
        },
        1e-4,
      );
    }
  });

  test("affine maps of channels have the bits of the reference", () => {
    for (const [rows, channels] of shapes) {
      expectBits({
        inputs: [numbers(rows * channels, 1), numbers(channels, 2), numbers(channels, 3)],
        outputs: [rows * channels],
        run: (b, [x, scale, shift], [out]) => b.channelAffine(out!, x!, scale!, shift!, rows, channels),
      });
    }
  });

  test("gradients of batch normalisation follow those in float64", () => {
    for (const [rows, channels] of shapes) {
      expectClose(
        {
          inputs: [1, 2, 3, 4, 5].map((i) => numbers(i < 3 ? rows * channels : channels, i)),
          outputs: [rows * channels, channels, channels],
          run: (b, [dy, x, mean, inverse, weight], [dx, dWeight, dBias]) =>
            b.batchNormGrad(dx!, dWeight!, dBias!, dy!, x!, mean!, inverse!, weight!, rows, channels),
        },
        1e-4,
      );
    }
  });

  test("sums stay within their bound when a channel is constant", () => {
    expectSums(
      {
        inputs: [Array.from({ length: 600 }, () => 0.1)],
        outputs: [2],
        run: (b, [x], [sum]) => b.sum(sum!, x!, 1, 300, 2),
      },
      300,
    );
  });
});
