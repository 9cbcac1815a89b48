import fc from "fast-check";
import { expect, suite, test } from "vitest";
import {
  type PackedKernels,
  planesOf,
  type Precision,
  type SpikeConvolution,
  wordsOf,
} from "../../src/backend/index.ts";
import { quantize } from "../../src/backend/quantize.ts";
import { ArgumentError } from "../../src/core/index.ts";
import { subjects } from "./conformance.ts";
import {
  counts,
  type Ending,
  endings,
  expectBits,
  expectSettled,
  Lender,
  reference,
  same,
  seed,
  sixteenths,
} from "./packed-conformance.ts";

/** A convolution; everything else follows from it. */
type Case = {
  readonly p: SpikeConvolution;
  readonly timeSteps: number;
  readonly levels: number;
  readonly density: number;
  readonly precision: Precision;
};

type Sizes = Omit<SpikeConvolution, "outHeight" | "outWidth" | "planes">;

function shapeOf(sizes: Sizes, levels: number): SpikeConvolution {
  const { height, width, kernel, stride, padding } = sizes;
  return {
    ...sizes,
    planes: planesOf(levels),
    outHeight: Math.floor((height + 2 * padding - kernel) / stride) + 1,
    outWidth: Math.floor((width + 2 * padding - kernel) / stride) + 1,
  };
}

/** Additions that the reference should not take longer for. */
const MOST_WORK = 3e6;

const cases: fc.Arbitrary<Case> = fc
  .record({
    images: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 9 }),
    inChannels: fc.oneof(fc.constantFrom(4, 8, 24, 45, 100), fc.integer({ min: 1, max: 70 })),
    outChannels: fc.oneof(fc.constantFrom(4, 8, 24, 45, 100, 330), fc.integer({ min: 1, max: 140 })),
    kernel: fc.constantFrom(1, 3, 4, 7),
    stride: fc.constantFrom(1, 2),
    padding: fc.integer({ min: 0, max: 3 }),
    timeSteps: fc.integer({ min: 1, max: 20 }),
    levels: fc.constantFrom(1, 4),
    density: fc.constantFrom(0.2, 0.2, 0.5, 0, 1),
    precision: fc.constantFrom("f32" as const, "int16" as const),
  })
  .filter((c) => Math.min(c.height, c.width) + 2 * c.padding >= c.kernel)
  .map(({ timeSteps, levels, density, precision, ...sizes }) => {
    const p = shapeOf(sizes, levels);
    const outputs = p.images * p.outHeight * p.outWidth * p.outChannels;
    const work = outputs * p.kernel ** 2 * p.inChannels * (density + 0.01);
    return {
      p,
      timeSteps: Math.max(1, Math.min(timeSteps, Math.floor(MOST_WORK / work))),
      levels,
      density,
      precision,
    };
  });

function check({ p, timeSteps, levels, density, precision }: Case, ending: Ending, start: number): void {
  const inPixels = p.images * p.height * p.width;
  const frame = inPixels * p.planes * wordsOf(p.inChannels);
  const fired = counts(timeSteps * inPixels * p.inChannels, start, levels, density);
  const weight = sixteenths(p.outChannels * p.inChannels * p.kernel ** 2, start + 1);
  // Weights of int16 are rounded anyway, so they need not be exact.
  if (precision === "int16") weight.forEach((w, i) => (weight[i] = w + 0.01 * Math.sin(i)));
  const bias = start % 3 === 0 ? null : sixteenths(p.outChannels, start + 2);
  const pixels = p.images * p.outHeight * p.outWidth;
  expectSettled({ timeSteps, pixels, channels: p.outChannels }, ending, start + 3, (kernels, lend) => {
    const spikes = lend.spikes(fired, p.inChannels, p.planes);
    expect(kernels.servesConvolution(p, levels)).toBe(true);
    return (s, from) => {
      const weights = kernels.packWeights(weight, bias, p, precision, levels);
      kernels.convolveSpikes(s, spikes.subarray(from * frame), weights, p);
      kernels.releaseWeights(weights);
    };
  });
}

const firing: Ending = {
  residual: "none",
  membrane: true,
  dynamics: {
    kind: "lif",
    decay: 0.5,
    decayInput: false,
    firingThreshold: 0.5,
    reset: "hard",
    resetPotential: 0,
  },
  state: "fresh",
};

suite("packed spikes", () => {
  test("are unpacked to what was packed, and counted", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1100 }),
        fc.integer({ min: 1, max: 100 }),
        fc.constantFrom(1, 3, 4, 7),
        seed,
        (rows, channels, levels, start) => {
          const planes = planesOf(levels);
          const values = counts(rows * channels, start, levels, 0.3);
          const [, unpacked] = expectBits((kernels, lend) => {
            const x = lend.floats(values.length, values);
            const bits = lend.words(rows * planes * wordsOf(channels));
            const back = lend.floats(values.length);
            kernels.packSpikes(bits, x, rows, channels, planes);
            kernels.unpackSpikes(back, bits, rows, channels, planes);
            expect(kernels.countSpikes(bits, rows, channels, planes)).toBe(values.reduce((a, b) => a + b, 0));
            return [bits, back];
          });
          same([unpacked!], [values]);
        },
      ),
      { numRuns: 20 },
    );
  });
});

suite("convolutions of packed spikes", () => {
  test("settle to the bits of the reference for any size, neuron and state, in one run or two", () => {
    fc.assert(fc.property(cases, endings, seed, check), { numRuns: 80 });
  });

  const sizes = { images: 2, height: 5, width: 6, stride: 1, padding: 1 };
  const run = { timeSteps: 2, levels: 1, density: 0.15 };
  test.for(["f32", "int16"] as const)(
    "of many channels go by blocks of them, by rows or at once (%s)",
    (precision) => {
      const c = { ...run, precision };
      const point = { ...sizes, kernel: 1, padding: 0 };
      check({ ...c, p: shapeOf({ ...point, inChannels: 700, outChannels: 100 }, 1) }, firing, 1);
      check({ ...c, p: shapeOf({ ...point, inChannels: 360, outChannels: 330 }, 1) }, firing, 2);
      check({ ...c, p: shapeOf({ ...sizes, kernel: 3, inChannels: 330, outChannels: 45 }, 1) }, firing, 3);
      check({ ...c, p: shapeOf({ ...sizes, kernel: 3, inChannels: 35, outChannels: 360 }, 1) }, firing, 4);
      check(
        { ...c, p: shapeOf({ ...sizes, kernel: 7, padding: 3, inChannels: 4, outChannels: 24 }, 1) },
        firing,
        5,
      );
    },
  );

  test.for(["f32", "int16"] as const)(
    "of more steps than fit in a batch go on where it ended (%s)",
    (precision) => {
      const p = shapeOf({ ...sizes, height: 2, width: 3, kernel: 3, inChannels: 8, outChannels: 45 }, 4);
      for (const state of ["none", "fresh", "resumed"] as const) {
        check({ p, timeSteps: 300, levels: 4, density: 0.2, precision }, { ...firing, state }, 6);
      }
    },
  );

  test("list all that can fire, in as many batches as it takes", () => {
    const wide = { images: 1, height: 3, width: 3, kernel: 3, stride: 1, padding: 1, outChannels: 20 };
    const dense = { timeSteps: 3, density: 1, precision: "int16" } as const;
    check({ ...dense, levels: 1, p: shapeOf({ ...wide, inChannels: 3000 }, 1) }, firing, 7);
    check({ ...dense, levels: 4, p: shapeOf({ ...wide, inChannels: 700 }, 4) }, firing, 8);
    // The hundredth list would end 120 bytes behind the scratch.
    const point = { ...wide, height: 1, width: 1, kernel: 1, padding: 0, outChannels: 4 };
    check({ ...dense, timeSteps: 128, levels: 1, p: shapeOf({ ...point, inChannels: 3605 }, 1) }, firing, 10);
    const serves = (inChannels: number): boolean =>
      subjects[0]!.packed.servesConvolution({ inChannels, kernel: 3 }, 4);
    let inChannels = 64;
    while (serves(inChannels + 1)) inChannels++;
    expect(inChannels).toBeGreaterThan(2000);
    const single = { ...wide, height: 3, width: 3, padding: 0, outChannels: 4, inChannels };
    check({ ...dense, timeSteps: 2, levels: 7, p: shapeOf(single, 7) }, firing, 9);
  });

  test("of any weights round as sums of float32 do", () => {
    const p = shapeOf({ ...sizes, kernel: 3, inChannels: 45, outChannels: 50 }, 1);
    const settlement = { timeSteps: 1, pixels: sizes.images * p.outHeight * p.outWidth, channels: 50 };
    const fired = counts(settlement.pixels * p.inChannels, 10, 1, 0.3);
    const weight = Float32Array.from({ length: p.outChannels * p.inChannels * 9 }, (_, i) => Math.sin(i * i));
    const convolve = (kernels: PackedKernels, values: Float32Array): Float32Array => {
      const lend = new Lender(kernels);
      const membrane = lend.floats(settlement.pixels * p.outChannels);
      const weights = kernels.packWeights(values, null, p, "f32", 1);
      const spikes = lend.spikes(fired, p.inChannels, 1);
      kernels.convolveSpikes({ ...settlement, residual: null, membrane, neuron: null }, spikes, weights, p);
      kernels.releaseWeights(weights);
      const result = membrane.slice();
      lend.close();
      return result;
    };
    const want = convolve(reference, weight);
    const magnitude = convolve(reference, weight.map(Math.abs));
    const [first, ...others] = subjects.map((backend) => convolve(backend.packed, weight));
    want.forEach((x, i) => {
      expect(Math.abs(first![i]! - x)).toBeLessThanOrEqual(1e-5 * magnitude[i]!);
    });
    for (const other of others) same([other], [first!]);
  });

  test("have whole weights whose sums fit int16 whatever fires", () => {
    const weights = fc.oneof(
      fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -100, max: 100 }), {
        minLength: 1,
        maxLength: 400,
      }),
      fc
        .record({ length: fc.integer({ min: 1, max: 70000 }), value: fc.constantFrom(1, -0.3, 1e-30) })
        .map(({ length, value }) => Array.from({ length }, () => value)),
    );
    fc.assert(
      fc.property(weights, fc.constantFrom(1, 2, 4, 7), seed, (values, levels, start) => {
        const floats = Float32Array.from(values);
        const whole = new Int16Array(floats.length);
        const scale = quantize(whole, floats, levels);
        const sets = [
          whole.map((w) => (w > 0 ? levels : 0)),
          whole.map((w) => (w < 0 ? levels : 0)),
          counts(whole.length, start, levels, 0.5),
        ];
        for (const set of sets) {
          let sum = 0;
          whole.forEach((w, i) => (sum += w * set[i]!));
          expect(Math.abs(sum)).toBeLessThanOrEqual(32767);
        }
        floats.forEach((w, i) => {
          if (Math.abs(w - whole[i]! * scale) > 0.5001 * scale) expect.fail(`weight ${i}: ${w}, ${whole[i]}`);
        });
      }),
      { numRuns: 60 },
    );
    for (const w of [NaN, Infinity, -Infinity]) {
      expect(() => quantize(new Int16Array(2), Float32Array.of(1, w), 1)).toThrow(ArgumentError);
    }
    expect(quantize(new Int16Array(2), new Float32Array(2), 1)).toBe(0);
  });
});

suite("currents in memory", () => {
  test("settle to the bits of the reference for any size, neuron and state, in one run or two", () => {
    const sizes = fc.record({
      timeSteps: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constant(140)),
      pixels: fc.integer({ min: 1, max: 40 }),
      channels: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(16, 32, 64, 330)),
    });
    fc.assert(
      fc.property(sizes, endings, seed, (size, ending, start) => {
        const frame = size.pixels * size.channels;
        const values = sixteenths(size.timeSteps * frame, start, 3).map((x) => x * 1.1);
        expectSettled(size, ending, start + 1, (kernels, lend) => {
          const currents = lend.floats(values.length, values);
          return (s, from) => kernels.settle(s, currents.subarray(from * frame));
        });
      }),
      { numRuns: 40 },
    );
  });
});
