import { expect, test } from "vitest";
import { dims, FormatError, ShapeError, show, sizeOf, stridesOf } from "../../src/core/index.ts";

test("letters take the sizes of a shape and must agree with what they took before", () => {
  expect(dims("f", "T B C", [4, 2, 3])).toEqual({ T: 4, B: 2, C: 3 });
  expect(dims("f", "N N", [3, 3])).toEqual({ N: 3 });
  expect(dims("f", "C D", [3, 5], { C: 3 })).toEqual({ C: 3, D: 5 });
  expect(dims("f", "... H W", [9, 9, 2, 3])).toEqual({ H: 2, W: 3 });
  expect(dims("f", "... C", [7])).toEqual({ C: 7 });
  expect(dims("f", "", [])).toEqual({});
  expect(dims("f", "24 3", [24, 3])).toEqual({});
});

test("a shape that does not fit is named with what was expected", () => {
  expect(() => dims("conv", "N C", [1, 2, 3])).toThrow(new ShapeError("conv: expected [N C], got [1, 2, 3]"));
  expect(() => dims("conv", "N C", [1, 2], { C: 5 })).toThrow(
    "conv: expected [N C] with C=5, N=1, got [1, 2]",
  );
  expect(() => dims("f", "N N", [3, 4])).toThrow(ShapeError);
  expect(() => dims("f", "24 3", [24, 4])).toThrow(ShapeError);
  expect(() => dims("f", "... H W C", [2, 3])).toThrow(ShapeError);
});

test("sizes, strides and texts of shapes", () => {
  expect(sizeOf([])).toBe(1);
  expect(sizeOf([2, 0, 3])).toBe(0);
  expect(stridesOf([2, 3, 5])).toEqual([15, 5, 1]);
  expect(stridesOf([])).toEqual([]);
  expect(show([2, 3])).toBe("[2, 3]");
});

test("a fault of format says where it is, and takes the name of the file later", () => {
  const fault = new FormatError("evt3", 12, "expected a word, got 1 byte");
  expect(fault.message).toBe("evt3 at byte 12: expected a word, got 1 byte");
  expect(fault.inFile("a.raw").message).toBe("a.raw: evt3 at byte 12: expected a word, got 1 byte");
  expect(fault.inFile("a.raw").offset).toBe(12);
});
