import { expect, test } from "vitest";
import { ArgumentError } from "../../src/core/index.ts";
import { constantRate, cosineRate, stepRate } from "../../src/nn/index.ts";
import { expectClose } from "../golden/close.ts";

test("the cosine falls as PyTorch's", () => {
  const rates = [1, 0.96574578963, 0.868198051534, 0.722207544564, 0.55];
  rates.push(0.377792455436, 0.231801948466, 0.13425421037, 0.1);
  const rate = cosineRate(1, 8, { floor: 0.1 });
  expectClose("rate", [...rates.keys()].map(rate), rates, 1e-11);
  expect(rate(100)).toBeCloseTo(0.1, 12);
});

test("warm-up rises in equal steps to the highest rate", () => {
  const rate = cosineRate(0.4, 20, { warmup: 4 });
  expectClose("rate", [0, 1, 2, 3, 4].map(rate), [0.1, 0.2, 0.3, 0.4, 0.4], 1e-12);
  expect(rate(12)).toBeCloseTo(0.2, 12);
  expect(() => cosineRate(1, 4, { warmup: 4 })).toThrow(ArgumentError);
});

test("milestones multiply the rate", () => {
  const rate = stepRate(1, [2, 5]);
  expectClose("rate", [0, 1, 2, 4, 5, 7].map(rate), [1, 1, 0.1, 0.1, 0.01, 0.01], 1e-12);
  expect(constantRate(0.3)(1000)).toBe(0.3);
});
