import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { ArgumentError, Random } from "../../src/core/index.ts";
import {
  centerCrop,
  downsample,
  type Events,
  flipLR,
  flipUD,
  rotate,
  timeAlignment,
  timeReversal,
  timeSkew,
  timeWarp,
  undistort,
} from "../../src/events/index.ts";
import { anyEvents, eventsOf, randomEvents, rowsOf } from "./support.ts";

const sensor = { width: 9, height: 7 };
const recordings = anyEvents(sensor, 300).map((events) => ({ sensor, events }));

suite("geometry", () => {
  test("a crop of the middle that is larger leaves a border", () => {
    const one = { sensor, events: eventsOf([[0, 0, 0, 1]]) };
    const { events, sensor: size } = centerCrop.batch(one, { width: 12, height: 9 });
    // floor((9 − 12) / 2) = −2 columns and −1 row.
    expect([events.x[0], events.y[0], size]).toEqual([2, 1, { width: 12, height: 9 }]);
    expect(centerCrop.batch(one, { width: 3, height: 3 }).events.t.length).toBe(0);
  });

  test("a turn by 0 is nothing, by 180 both flips, and by 90 four times nothing", () => {
    fc.assert(
      fc.property(recordings, (recording) => {
        expect(rotate.batch(recording).events).toEqual(recording.events);
        const half = rotate.batch(recording, { angleDeg: 180 }).events;
        expect(half).toEqual(flipUD.batch(flipLR.batch(recording)).events);
        const square = { sensor: { width: 9, height: 9 }, events: recording.events };
        const quarter = (batch: typeof square) => rotate.batch(batch, { angleDeg: 90 });
        expect(quarter(quarter(quarter(quarter(square)))).events).toEqual(square.events);
      }),
    );
  });

  test("a turn goes clockwise", () => {
    const right = { sensor: { width: 9, height: 9 }, events: eventsOf([[0, 8, 4, 1]]) };
    const below = rotate.batch(right, { angleDeg: 90 }).events;
    expect([below.x[0], below.y[0]]).toEqual([4, 8]);
    const tenth = rotate.batch(right, { angleDeg: 36 }).events;
    expect([tenth.x[0], tenth.y[0]]).toEqual([7, 6]);
  });

  test("downsampling drops nothing", () => {
    fc.assert(
      fc.property(recordings, fc.double({ min: 0.05, max: 3, noNaN: true }), (recording, spatialFactor) => {
        const result = downsample.batch(recording, { spatialFactor, timeFactor: 0.1 });
        const expected = rowsOf(recording.events).map(
          ([t, x, y, on]) =>
            [Math.floor(t * 0.1), Math.floor(x * spatialFactor), Math.floor(y * spatialFactor), on] as const,
        );
        expect(result.events).toEqual(eventsOf(expected));
      }),
    );
  });

  test("undistortion without distortion is nothing", () => {
    fc.assert(
      fc.property(recordings, (recording) => {
        const lens = { fx: 7.3, fy: 6.1, cx: 4.2, cy: 3.3 };
        expect(undistort.batch(recording, lens).events).toEqual(recording.events);
      }),
    );
  });

  test("undistortion inverts the lens", () => {
    const size = { width: 120, height: 90 };
    const lens = { fx: 100, fy: 100, cx: 60, cy: 45, k1: -0.3, k2: 0.1, p1: 0.04, p2: -0.03, k3: 0.01 };
    const all = randomEvents(new Random("lens"), 300, size);
    all.t.forEach((_, i) => (all.t[i] = i));
    const { events } = undistort.batch({ sensor: size, events: all }, lens);
    expect(events.t.length).toBeGreaterThan(200);
    events.t.forEach((i, k) => {
      const [x, y] = [(events.x[k]! - 60) / 100, (events.y[k]! - 45) / 100];
      const r2 = x * x + y * y;
      const radial = 1 - 0.3 * r2 + 0.1 * r2 ** 2 + 0.01 * r2 ** 3;
      const u = x * radial + 2 * 0.04 * x * y - 0.03 * (r2 + 2 * x * x);
      const v = y * radial + 0.04 * (r2 + 2 * y * y) - 2 * 0.03 * x * y;
      // Rounded to a pixel, and the lens shrinks.
      expect(Math.abs(u * 100 + 60 - all.x[i]!)).toBeLessThan(0.75);
      expect(Math.abs(v * 100 + 45 - all.y[i]!)).toBeLessThan(0.75);
    });
  });

  test("undistortion leaves out pixels that the lens shows nothing at", () => {
    // x (1 − x²) is never above 0.385.
    const lens = { fx: 4, fy: 4, cx: 4, cy: 3, k1: -1 };
    const { events } = undistort.batch(
      {
        sensor,
        events: eventsOf([
          [0, 8, 3, 1],
          [1, 5, 3, 1],
        ]),
      },
      lens,
    );
    expect(rowsOf(events).map(([t]) => t)).toEqual([1]);
  });
});

suite("times", () => {
  test("are skewed, aligned and reversed as the equations say", () => {
    const { events } = {
      events: eventsOf([
        [10, 0, 0, 1],
        [21, 1, 0, 0],
      ]),
    };
    const recording = { sensor, events };
    const times = (batch: { readonly events: Events }) => [...batch.events.t];
    expect(times(timeSkew.batch(recording, { coefficient: 1.5, offsetUs: -4 }))).toEqual([11, 28]);
    expect(times(timeAlignment.batch(recording))).toEqual([0, 11]);
    expect(rowsOf(timeReversal.batch(recording).events)).toEqual([
      [10, 1, 0, 1],
      [21, 0, 0, 0],
    ]);
    expect([...timeReversal.batch(recording, { flipPolarities: false }).events.on]).toEqual([0, 1]);
    expect(() => timeSkew.batch(recording, { coefficient: 1, offsetUs: -11 })).toThrow(/timeSkew: .*got -1/);
    expect(() => timeSkew.batch(recording, { coefficient: 1e300 })).toThrow(ArgumentError);
  });

  test("are warped by no more than the strength", () => {
    fc.assert(
      fc.property(
        recordings,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(),
        (recording, strength, seed) => {
          const { t } = timeWarp.batch(recording, { strength, periodUs: 500 }, new Random(seed)).events;
          const before = recording.events.t;
          for (let i = 1; i < t.length; i++) {
            const gap = before[i]! - before[i - 1]!;
            expect(t[i]! - t[i - 1]!).toBeGreaterThanOrEqual(gap * (1 - strength) - 1);
            expect(t[i]! - t[i - 1]!).toBeLessThanOrEqual(gap * (1 + strength) + 1);
          }
          if (strength === 0) expect(t).toEqual(before);
        },
      ),
    );
  });
});
