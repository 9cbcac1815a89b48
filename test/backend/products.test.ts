import fc from "fast-check";
import { suite, test } from "vitest";
import type { Convolution } from "../../src/backend/backend.ts";
import { expectSums, numbers } from "./conformance.ts";

const seed = fc.integer({ min: 1, max: 1e6 });

suite("products", () => {
  test("gemm gives the product for every shape, transposition, batch and accumulation", () => {
    fc.assert(
      fc.property(
        fc.record({
          m: fc.integer({ min: 1, max: 210 }),
          n: fc.integer({ min: 1, max: 40 }),
          k: fc.integer({ min: 1, max: 40 }),
          batch: fc.integer({ min: 1, max: 4 }),
          transA: fc.boolean(),
          transB: fc.boolean(),
          accumulate: fc.boolean(),
        }),
        seed,
        (p, start) => {
          const { m, n, k, batch } = p;
          expectSums(
            {
              inputs: [
                numbers(m * k * batch, start),
                numbers(k * n * batch, start + 1),
                numbers(m * n * batch, start + 2),
              ],
              outputs: [],
              run: (backend, [a, b, c]) => backend.gemm(c!, a!, b!, p),
            },
            k + 1,
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  test("gemm holds where operands are packed, sums are cut and strides leave gaps", () => {
    for (const [m, n, k, transA] of [
      [100, 40, 256, false],
      [7, 33, 3000, true],
      [50, 10, 1, true],
      [1, 1, 1, false],
    ] as const) {
      expectSums(
        {
          inputs: [numbers(m * k, 1), numbers(k * n, 2)],
          outputs: [m * n],
          run: (backend, [a, b], [c]) => backend.gemm(c!, a!, b!, { m, n, k, transA }),
        },
        k,
      );
    }
    expectSums(
      {
        inputs: [numbers(200, 1), numbers(200, 2), numbers(200, 3)],
        outputs: [],
        run: (backend, [a, b, c]) =>
          backend.gemm(c!, a!, b!, { m: 5, n: 4, k: 6, batch: 3, strideA: 40, strideB: 0, strideC: 30 }),
      },
      6,
    );
  });
});

/** Shapes of convolutions whose output is not empty. */
function convolutions(groups: "one" | "depthwise"): fc.Arbitrary<Convolution> {
  return fc
    .record({
      images: fc.integer({ min: 1, max: 3 }),
      height: fc.integer({ min: 1, max: 11 }),
      width: fc.integer({ min: 1, max: 11 }),
      inChannels: fc.integer({ min: 1, max: 19 }),
      outChannels: fc.integer({ min: 1, max: 19 }),
      kernel: fc.constantFrom(1, 2, 3, 5, 7),
      stride: fc.integer({ min: 1, max: 3 }),
      padding: fc.integer({ min: 0, max: 3 }),
    })
    .filter((p) => Math.min(p.height, p.width) + 2 * p.padding >= p.kernel)
    .map((p) => ({
      ...p,
      outChannels: groups === "one" ? p.outChannels : p.inChannels,
      groups: groups === "one" ? 1 : p.inChannels,
      outHeight: Math.floor((p.height + 2 * p.padding - p.kernel) / p.stride) + 1,
      outWidth: Math.floor((p.width + 2 * p.padding - p.kernel) / p.stride) + 1,
    }));
}

function checkConvolution(p: Convolution, start: number): void {
  const x = numbers(p.images * p.height * p.width * p.inChannels, start);
  const w = numbers((p.outChannels * p.inChannels * p.kernel ** 2) / p.groups, start + 1);
  const dy = numbers(p.images * p.outHeight * p.outWidth * p.outChannels, start + 2);
  const bias = numbers(p.outChannels, start + 3);
  const taps = (p.kernel ** 2 * p.inChannels) / p.groups;
  const forward = { inputs: [x, w, bias], outputs: [dy.length] };
  expectSums({ ...forward, run: (b, [i, k, c], [y]) => b.conv2d(y!, i!, k!, c!, p) }, taps + 1);
  expectSums({ ...forward, run: (b, [i, k], [y]) => b.conv2d(y!, i!, k!, null, p) }, taps);
  expectSums(
    {
      inputs: [dy, w],
      outputs: [x.length],
      run: (b, [d, k], [dx]) => b.conv2dInputGrad(dx!, d!, k!, p),
    },
    (p.kernel ** 2 * p.outChannels) / p.groups,
  );
  expectSums(
    {
      inputs: [dy, x],
      outputs: [w.length],
      run: (b, [d, i], [dw]) => b.conv2dWeightGrad(dw!, d!, i!, p),
    },
    p.images * p.outHeight * p.outWidth,
  );
}

suite("convolutions", () => {
  test("conv2d and its gradients follow the definition for any size, stride and padding", () => {
    fc.assert(fc.property(convolutions("one"), seed, checkConvolution), { numRuns: 60 });
  });

  test("depthwise convolutions and their gradients follow the definition", () => {
    fc.assert(fc.property(convolutions("depthwise"), seed, checkConvolution), { numRuns: 60 });
  });

  test("weight gradients hold when their sum is cut into chunks", () => {
    const size = {
      images: 4,
      height: 20,
      width: 20,
      outHeight: 20,
      outWidth: 20,
      kernel: 3,
      stride: 1,
      padding: 1,
    };
    checkConvolution({ ...size, inChannels: 8, outChannels: 12, groups: 1 }, 5);
    checkConvolution({ ...size, inChannels: 24, outChannels: 24, groups: 24 }, 6);
  });

  test("grouped convolutions that are not depthwise hold, too", () => {
    const size = {
      images: 1,
      height: 5,
      width: 5,
      outHeight: 5,
      outWidth: 5,
      kernel: 3,
      stride: 1,
      padding: 1,
    };
    checkConvolution({ ...size, inChannels: 4, outChannels: 6, groups: 2 }, 7);
  });
});
