import fc from "fast-check";
import { expect, test } from "vitest";
import { ArgumentError, Random } from "../../src/core/index.ts";

const draws = 20_000;

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

test("the generator is xoshiro128** with its published scrambler", () => {
  const random = new Random(0);
  random.restore([1, 2, 3, 4, null]);
  // From the algorithm by hand: rotl(2·5, 7)·9 = 11520, then b = a ^ b ^ c = 0.
  expect([random.uint32(), random.uint32()]).toEqual([11520, 0]);
});

test("the same seed gives the same numbers, another seed others", () => {
  const numbers = (seed: number | string) => {
    const random = new Random(seed);
    return Array.from({ length: 8 }, () => random.uint32());
  };
  expect(numbers(7)).toEqual(numbers(7));
  expect(numbers("seven")).toEqual(numbers("seven"));
  expect(numbers(7)).not.toEqual(numbers(8));
  expect(() => new Random(NaN)).toThrow(ArgumentError);
});

test("a stored state goes on with the same numbers, between the two normals of a pair, too", () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(5), (seed, before) => {
      const random = new Random(seed);
      for (let i = 0; i < before; i++) random.normal();
      const copy = new Random(0);
      copy.restore(JSON.parse(JSON.stringify(random.save())));
      const next = (from: Random) => [from.normal(), from.normal(), from.uniform(), from.integer(0, 9)];
      expect(next(copy)).toEqual(next(random));
    }),
  );
});

test("forks differ by name and leave the generator alone", () => {
  const random = new Random(3);
  const state = random.save();
  const [a, b, again] = [random.fork("a"), random.fork("b"), random.fork("a")].map((r) => r.uint32());
  expect(random.save()).toEqual(state);
  expect(a).toBe(again);
  expect(a).not.toBe(b);
});

test("uniform numbers fill their range evenly", () => {
  const random = new Random(11);
  const bins = new Array<number>(16).fill(0);
  for (let i = 0; i < draws; i++) bins[Math.floor(random.uniform() * 16)]!++;
  const expected = draws / 16;
  const chiSquare = bins.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
  // 15 degrees of freedom: 37.7 is passed once in a thousand.
  expect(chiSquare).toBeLessThan(37.7);
  const shifted = Array.from({ length: 1000 }, () => random.uniform(-3, -1));
  expect(Math.min(...shifted)).toBeGreaterThanOrEqual(-3);
  expect(Math.max(...shifted)).toBeLessThan(-1);
});

test("normal numbers have the moments of the normal distribution", () => {
  const random = new Random(12);
  const values = Array.from({ length: draws }, () => random.normal(2, 3));
  const z = values.map((v) => (v - 2) / 3);
  expect(Math.abs(mean(z))).toBeLessThan(0.03);
  expect(Math.abs(mean(z.map((v) => v ** 2)) - 1)).toBeLessThan(0.05);
  expect(Math.abs(mean(z.map((v) => v ** 3)))).toBeLessThan(0.1);
  expect(Math.abs(mean(z.map((v) => v ** 4)) - 3)).toBeLessThan(0.3);
});

test("exponential numbers have mean 1/rate", () => {
  const random = new Random(13);
  const values = Array.from({ length: draws }, () => random.exponential(4));
  expect(mean(values)).toBeCloseTo(0.25, 2);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
});

test("integers, picks and permutations stay within bounds", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 40 }), (seed, n) => {
      const random = new Random(seed);
      const k = random.integer(-n, n);
      expect(Number.isInteger(k) && k >= -n && k < n).toBe(true);
      const order = random.permutation(n);
      expect([...order].sort((a, b) => a - b)).toEqual([...Array(n).keys()]);
      expect([...order]).toContain(random.pick([...order]));
    }),
  );
  expect(() => new Random(1).pick([])).toThrow(ArgumentError);
});
