import fc from "fast-check";
import { suite, test } from "vitest";
import type { Pooling } from "../../src/backend/backend.ts";
import { expectBits, expectClose, numbers } from "./conformance.ts";

const poolings: fc.Arbitrary<Pooling> = fc
  .record({
    images: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 9 }),
    channels: fc.integer({ min: 1, max: 13 }),
    kernel: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.integer({ min: 0, max: 1 }),
  })
  .filter((p) => p.padding * 2 <= p.kernel && Math.min(p.height, p.width) + 2 * p.padding >= p.kernel)
  .map((p) => ({
    ...p,
    outHeight: Math.floor((p.height + 2 * p.padding - p.kernel) / p.stride) + 1,
    outWidth: Math.floor((p.width + 2 * p.padding - p.kernel) / p.stride) + 1,
  }));

suite("pooling", () => {
  test("means and largest entries of windows, and their gradients, follow the definition", () => {
    fc.assert(
      fc.property(poolings, fc.integer({ min: 1, max: 1e6 }), (p, start) => {
        const x = numbers(p.images * p.height * p.width * p.channels, start);
        const dy = numbers(p.images * p.outHeight * p.outWidth * p.channels, start + 1);
        expectBits({ inputs: [x], outputs: [dy.length], run: (b, [a], [y]) => b.maxPool2d(y!, a!, p) });
        expectClose(
          { inputs: [x], outputs: [dy.length], run: (b, [a], [y]) => b.avgPool2d(y!, a!, p) },
          1e-6,
        );
        expectClose(
          { inputs: [dy], outputs: [x.length], run: (b, [d], [dx]) => b.avgPool2dGrad(dx!, d!, p) },
          1e-6,
        );
        expectClose(
          { inputs: [dy, x], outputs: [x.length], run: (b, [d, a], [dx]) => b.maxPool2dGrad(dx!, d!, a!, p) },
          1e-6,
        );
      }),
      { numRuns: 60 },
    );
  });
});
