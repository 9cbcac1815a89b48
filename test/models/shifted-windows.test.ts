import { expect, suite, test } from "vitest";
import { ArgumentError } from "../../src/core/index.ts";
import {
  fromWindows,
  planWindows,
  relativeIndices,
  relativePlaces,
  toWindows,
  windowMask,
} from "../../src/models/shifted-windows.ts";
import { scope, tensor } from "../../src/tensor/index.ts";
import { useBackend, wasm } from "../golden/backends.ts";

suite("shifted windows", () => {
  useBackend(wasm);

  test("hold the tokens that lie together, half a window later where they are shifted", () => {
    scope(() => {
      const x = tensor([0, 1, 2, 3], [1, 1, 1, 4, 1]);
      const [still, shifted] = [false, true].map((by) => planWindows([1, 1, 4], [1, 1, 2], by)) as [
        ReturnType<typeof planWindows>,
        ReturnType<typeof planWindows>,
      ];
      expect([...toWindows(x, still).data]).toEqual([0, 1, 2, 3]);
      expect([...toWindows(x, shifted).data]).toEqual([1, 2, 3, 0]);
      expect(windowMask(still)).toBeNull();
      expect([...windowMask(shifted)!.data]).toEqual([0, 0, 0, 0, 0, -100, -100, 0]);
    });
  });

  test("are put back together as they were", () => {
    scope(() => {
      const x = tensor(
        Array.from({ length: 4 * 2 * 4 * 6 * 3 }, (_, i) => i),
        [4, 2, 4, 6, 3],
      );
      const plan = planWindows([4, 4, 6], [2, 8, 3], true);
      expect(plan).toEqual({ sizes: [4, 4, 6], window: [2, 4, 3], shift: [1, 0, 1] });
      const windows = toWindows(x, plan);
      expect(windows.shape).toEqual([2, 4, 24, 3]);
      expect([...fromWindows(windows, plan).data]).toEqual([...x.data]);
    });
  });

  test("tell relative places apart, and the same places alike in a smaller window", () => {
    expect(relativePlaces([1, 1, 3])).toBe(5);
    expect([...relativeIndices([1, 1, 3], [1, 1, 3])]).toEqual([2, 1, 0, 3, 2, 1, 4, 3, 2]);
    expect([...relativeIndices([1, 1, 2], [1, 1, 3])]).toEqual([2, 1, 3, 2]);
    expect([...relativeIndices([1, 2, 1], [1, 2, 2])]).toEqual([4, 1, 7, 4]);
    expect(new Set(relativeIndices([2, 2, 2], [2, 2, 2])).size).toBe(relativePlaces([2, 2, 2]));
  });

  test("must divide the clip", () => {
    expect(() => planWindows([2, 5, 4], [2, 2, 2], false)).toThrow(ArgumentError);
  });
});
