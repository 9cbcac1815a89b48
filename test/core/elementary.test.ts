import { expect, suite, test } from "vitest";
import { exponential, naturalLog, Random } from "../../src/core/index.ts";

suite("elementary functions", () => {
  test("the logarithm is that of the engine to a few units of the last place", () => {
    const random = new Random(1);
    let worst = 0;
    for (let i = 0; i < 50_000; i++) {
      for (const x of [random.uniform(1e-9), random.uniform(0.9, 1.1), 2 ** random.uniform(-1040, 1023)]) {
        worst = Math.max(worst, Math.abs(naturalLog(x) / Math.log(x) - 1));
      }
    }
    expect(worst).toBeLessThan(1e-15);
  });

  test("the exponential is that of the engine", () => {
    const random = new Random(2);
    let worst = 0;
    for (let i = 0; i < 50_000; i++) {
      const x = random.uniform(-40, 40);
      worst = Math.max(worst, Math.abs(exponential(x) / Math.exp(x) - 1) / (4 + Math.abs(x)));
    }
    expect(worst).toBeLessThan(2 ** -52);
  });

  test("both are what they should at the ends", () => {
    expect([0, -0, 1, Infinity].map(naturalLog)).toEqual([-Infinity, -Infinity, 0, Infinity]);
    expect([-1, NaN, -Infinity].map(naturalLog)).toEqual([NaN, NaN, NaN]);
    expect([0, -Infinity, Infinity, -1e9, 1e9].map(exponential)).toEqual([1, 0, Infinity, 0, Infinity]);
    expect(exponential(NaN)).toBeNaN();
  });

  test("their bits are fixed", () => {
    const values = Array.from({ length: 4000 }, (_, k) => [
      naturalLog((k + 1) / 977),
      exponential(k / 100 - 20),
    ]);
    const words = new Uint32Array(Float64Array.from(values.flat()).buffer);
    expect(words.reduce((hash, word) => (Math.imul(hash, 31) + word) | 0, 0)).toMatchInlineSnapshot(
      `-1848792019`,
    );
  });
});
