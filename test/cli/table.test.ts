import { expect, suite, test } from "vitest";
import { brief, joules, table } from "../../apps/cli/run/table.ts";

suite("tables", () => {
  test.each([
    [0, "0"],
    [0.00123, "0.00123"],
    [0.5, "0.500"],
    [12, "12.0"],
    [999.4, "999"],
    [999.6, "1.00 k"],
    [1234, "1.23 k"],
    [46_890_000, "46.9 M"],
    [5e15, "5000 T"],
  ])("%d is written %s", (value, text) => {
    expect(brief(value)).toBe(text);
  });

  test("align the first column to the left and the others to the right", () => {
    expect(
      table([
        ["a", "1"],
        ["long name", "22", "x"],
      ]),
    ).toBe("a           1\nlong name  22  x\n");
  });

  test.each([
    [0.0123, "12.3 µJ"],
    [1.5, "1.50 mJ"],
    [6020, "6.02 J"],
  ])("%d mJ are written %s", (mj, text) => {
    expect(joules(mj)).toBe(text);
  });

  test("align more columns to the left when asked", () => {
    expect(
      table(
        [
          ["a", "b", "1"],
          ["a", "long", "22"],
        ],
        2,
      ),
    ).toBe("a  b      1\na  long  22\n");
  });
});
