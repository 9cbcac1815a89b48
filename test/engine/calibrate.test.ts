import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { type Backend, setBackend } from "../../src/backend/index.ts";
import { createWasmBackend } from "../../src/backend/wasm/node.ts";
import { measureKernelCosts, typicalCosts } from "../../src/engine/index.ts";

let backend: Backend;
beforeAll(async () => {
  backend = await createWasmBackend({ threads: 1 });
  setBackend(backend);
});
afterAll(() => {
  setBackend(undefined);
  backend.dispose();
});

suite("measured costs of kernels", () => {
  test("are times of this machine, and leave the memory as it was", () => {
    const { available } = backend.packed;
    const { addNs, wordNs, macNs, depthwiseMacNs, settleNs } = measureKernelCosts(() => performance.now());
    // Within the factors between machines, and those of machines with other work to do.
    for (const [ns, typical] of [
      [addNs.f32, typicalCosts.addNs.f32],
      [addNs.int16, typicalCosts.addNs.int16],
      [wordNs, typicalCosts.wordNs],
      [macNs, typicalCosts.macNs],
      [depthwiseMacNs, typicalCosts.depthwiseMacNs],
      [settleNs, typicalCosts.settleNs],
    ] as const) {
      expect(ns).toBeGreaterThan(typical / 100);
      expect(ns).toBeLessThan(typical * 100);
    }
    expect(backend.packed.available).toBe(available);
  });

  test("are the typical ones where the clock stands still", () => {
    expect(measureKernelCosts(() => 0)).toEqual(typicalCosts);
  });
});
