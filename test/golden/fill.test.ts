import { expect, test } from "vitest";
import { hashName, mulberry32 } from "../../src/core/index.ts";
import { filled } from "./fill.ts";
import { manifest } from "./fixtures.ts";

test.for(manifest.fillExamples)("the fill of $name is bit for bit the published one", (example) => {
  const { name, shape, kind, gain, fnv1a, first5_u, first5_value } = example;
  expect(hashName(name)).toBe(fnv1a);
  const next = mulberry32(fnv1a);
  expect(first5_u.map(next)).toEqual(first5_u);
  const values = filled(name, shape, kind, gain ?? 1);
  expect([...values].slice(0, 5)).toEqual(first5_value);
});
