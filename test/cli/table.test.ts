import { expect, suite, test } from "vitest";
import { brief, table } from "../../apps/cli/run/table.ts";

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
});
