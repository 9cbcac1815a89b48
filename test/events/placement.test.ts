import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { placement, pointPlacement } from "../../src/events/index.ts";

suite("a sensor laid on a grid", () => {
  test("has its places where its pixels are, and finds them again", () => {
    const side = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(side, side, side, side, fc.boolean(), (width, height, columns, rows, cover) => {
        const sensor = { width: width + 4, height: height + 3 };
        const region = { x: 4, y: 2, width, height };
        const fit = cover ? "cover" : "contain";
        const options = { sensor, region, size: { width: columns, height: rows }, fit } as const;
        const pixels = placement(options);
        const { toGrid, toSensor } = pointPlacement(options);
        for (let x = region.x; x < region.x + width; x++) {
          const [u, v] = toGrid(x + 0.5, region.y + 0.5);
          // Where the place is on an edge but for rounding either pixel is right.
          if (Math.abs(u - Math.round(u)) < 1e-9) continue;
          expect(pixels.columns[x]).toBe(u >= 0 && u < columns ? Math.floor(u) : -1);
          const [back, up] = toSensor(u, v);
          expect(back).toBeCloseTo(x + 0.5, 9);
          expect(up).toBeCloseTo(region.y + 0.5, 9);
        }
      }),
    );
  });
});
