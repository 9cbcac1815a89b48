import fc from "fast-check";
import { expect, suite, test } from "vitest";
import type { Convolution } from "../../src/backend/backend.ts";
import { ReferenceBackend } from "../../src/backend/reference/index.ts";
import { expectSums, numbers, subjects } from "./conformance.ts";

const seed = fc.integer({ min: 1, max: 1e6 });

const convolutions: fc.Arbitrary<Convolution> = fc
  .record({
    images: fc.integer({ min: 1, max: 4 }),
    height: fc.integer({ min: 1, max: 12 }),
    width: fc.integer({ min: 1, max: 12 }),
    inChannels: fc.integer({ min: 1, max: 40 }),
    outChannels: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(16, 24, 60, 64, 96)),
    kernel: fc.constantFrom(1, 2, 3, 5, 7),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.integer({ min: 0, max: 3 }),
  })
  .filter((p) => Math.min(p.height, p.width) + 2 * p.padding >= p.kernel)
  .map((p) => ({
    ...p,
    groups: 1,
    outHeight: Math.floor((p.height + 2 * p.padding - p.kernel) / p.stride) + 1,
    outWidth: Math.floor((p.width + 2 * p.padding - p.kernel) / p.stride) + 1,
  }));

function check(p: Convolution, start: number): void {
  const pixels = p.images * p.height * p.width;
  const x = numbers(pixels * p.inChannels, start, true);
  const w = numbers(p.outChannels * p.inChannels * p.kernel ** 2, start + 1);
  const bias = numbers(p.outChannels, start + 2);
  const dy = numbers(p.images * p.outHeight * p.outWidth * p.outChannels, start + 3);
  for (const biased of [false, true]) {
    expectSums(
      {
        inputs: [x, w, bias],
        outputs: [dy.length],
        run: (b, [s, k, c], [out]) => {
          const lists = b.spikeLists(s!, pixels, p.inChannels);
          b.spikeConv2d(out!, lists, k!, biased ? c! : null, p);
          b.freeSpikeLists(lists);
        },
      },
      p.kernel ** 2 * p.inChannels + 1,
    );
  }
  expectSums(
    {
      inputs: [x, dy],
      outputs: [w.length],
      run: (b, [s, d], [dw]) => {
        const lists = b.spikeLists(s!, pixels, p.inChannels);
        b.spikeConv2dWeightGrad(dw!, d!, lists, p);
        b.freeSpikeLists(lists);
      },
    },
    p.images * p.outHeight * p.outWidth,
  );
}

suite("spikes", () => {
  test("lists name every spike in order, and nothing else", () => {
    const reference = new ReferenceBackend();
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 900 }),
        fc.integer({ min: 1, max: 70 }),
        seed,
        (rows, columns, start) => {
          const values = numbers(rows * columns, start, true);
          const want = reference.spikeLists(Float32Array.from(values), rows, columns);
          for (const backend of subjects) {
            const x = backend.alloc(values.length);
            x.set(values);
            const got = backend.spikeLists(x, rows, columns);
            expect(Buffer.compare(Buffer.from(got.offsets.slice()), Buffer.from(want.offsets))).toBe(0);
            expect(Buffer.compare(Buffer.from(got.indices.slice()), Buffer.from(want.indices))).toBe(0);
            backend.freeSpikeLists(got);
            backend.free(x);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  test("convolutions of spikes and their weight gradients follow the definition for any size", () => {
    fc.assert(fc.property(convolutions, seed, check), { numRuns: 60 });
  });

  test("many pixels fill several tiles and blocks", () => {
    const size = { images: 3, height: 23, width: 21, outHeight: 23, outWidth: 21, stride: 1, groups: 1 };
    check({ ...size, inChannels: 20, outChannels: 48, kernel: 3, padding: 1 }, 1);
    check({ ...size, inChannels: 33, outChannels: 36, kernel: 1, padding: 0 }, 2);
  });

  test("silence gives the bias and no gradient", () => {
    const p = {
      images: 1,
      height: 4,
      width: 4,
      inChannels: 3,
      outChannels: 5,
      kernel: 3,
      stride: 1,
      padding: 1,
    };
    for (const backend of subjects) {
      const x = backend.alloc(48).fill(0);
      const w = backend.alloc(135).fill(1);
      const bias = backend.alloc(5).fill(2);
      const out = backend.alloc(80);
      const lists = backend.spikeLists(x, 16, 3);
      const shape = { ...p, groups: 1, outHeight: 4, outWidth: 4 };
      backend.spikeConv2d(out, lists, w, bias, shape);
      expect(out.every((value) => value === 2)).toBe(true);
      backend.spikeConv2dWeightGrad(w, out, lists, shape);
      expect(w.every((value) => value === 0)).toBe(true);
      backend.freeSpikeLists(lists);
      for (const block of [x, w, bias, out]) backend.free(block);
    }
  });
});
