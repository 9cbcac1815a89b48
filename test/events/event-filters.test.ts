import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { Random } from "../../src/core/index.ts";
import {
  backgroundActivityFilter,
  decimate,
  denoise,
  eventDownsampling,
  type Events,
  hotPixelFilter,
  refractoryPeriod,
} from "../../src/events/index.ts";
import { anyEvents, eventsOf, groupsOf, randomEvents, type Row, rowsOf } from "./support.ts";

const sensor = { width: 9, height: 7 };
const recordings = anyEvents(sensor, 300).map((events) => ({ sensor, events }));
const noisy = { sensor, events: randomEvents(new Random("noisy"), 3000, sensor, 40) };
const kept = (events: Events, keep: (row: Row, i: number, all: Row[]) => boolean) =>
  eventsOf(rowsOf(events).filter(keep));
const place = ([, x, y]: Row) => y * 1000 + x;

suite("filters", () => {
  test("denoise keeps what one of four neighbours supports, as a search through all events finds", () => {
    fc.assert(
      fc.property(recordings, fc.integer({ min: 0, max: 600 }), (recording, filterTimeUs) => {
        const expected = kept(recording.events, ([t, x, y], i, all) =>
          all
            .slice(0, i)
            .some(([u, a, b]) => t - u < filterTimeUs && Math.abs(a - x) + Math.abs(b - y) === 1),
        );
        expect(denoise.batch(recording, { filterTimeUs }).events).toEqual(expected);
      }),
    );
  });

  test("background activity is what too few of eight neighbours support", () => {
    fc.assert(
      fc.property(
        recordings,
        fc.nat(600),
        fc.integer({ min: 1, max: 8 }),
        (recording, filterTimeUs, support) => {
          const expected = kept(recording.events, ([t, x, y], i, all) => {
            const near = all
              .slice(0, i)
              .filter(
                ([u, a, b]) => t - u <= filterTimeUs && Math.max(Math.abs(a - x), Math.abs(b - y)) === 1,
              );
            return new Set(near.map(place)).size >= support;
          });
          expect(backgroundActivityFilter.batch(recording, { filterTimeUs, support }).events).toEqual(
            expected,
          );
        },
      ),
    );
  });

  test("hot pixels are those above a rate, of the recording or of each window", () => {
    fc.assert(
      fc.property(recordings, fc.integer({ min: 1, max: 3000 }), (recording, maxRateHz) => {
        const all = rowsOf(recording.events);
        const span = (all.at(-1)?.[0] ?? 0) - (all[0]?.[0] ?? 0);
        const cool = (rows: Row[], duration: number) =>
          rows.filter(
            (row) =>
              rows.filter((other) => place(other) === place(row)).length <= (maxRateHz * duration) / 1e6,
          );
        const whole = rowsOf(hotPixelFilter.batch(recording, { maxRateHz }).events);
        expect(whole).toEqual(span === 0 ? all : cool(all, span));
        const windows = groupsOf(all, ([t]) => Math.floor((t - all[0]![0]) / 1000));
        const parts = rowsOf(hotPixelFilter.batch(recording, { maxRateHz, windowUs: 1000 }).events);
        expect(parts).toEqual([...windows.values()].flatMap((rows) => cool(rows, 1000)));
      }),
    );
  });

  test("a refractory period lies between the events of a pixel", () => {
    fc.assert(
      fc.property(recordings, fc.nat(600), fc.boolean(), (recording, periodUs, restart) => {
        const rows = rowsOf(refractoryPeriod.batch(recording, { periodUs, restart }).events);
        for (const events of groupsOf(rows, place).values()) {
          events.slice(1).forEach(([t], i) => expect(t - events[i]![0]).toBeGreaterThan(periodUs));
        }
        const last = new Map<number, number>();
        const expected = rowsOf(recording.events).filter((row) => {
          const keep = row[0] - (last.get(place(row)) ?? Number.NEGATIVE_INFINITY) > periodUs;
          if (keep || restart) last.set(place(row), row[0]);
          return keep;
        });
        expect(rows).toEqual(expected);
      }),
    );
  });

  test("decimation keeps every n-th event of a pixel", () => {
    fc.assert(
      fc.property(recordings, fc.integer({ min: 1, max: 5 }), (recording, n) => {
        const count = (rows: Row[]) => {
          const counts = new Map<number, number>();
          for (const row of rows) counts.set(place(row), (counts.get(place(row)) ?? 0) + 1);
          return counts;
        };
        const before = count(rowsOf(recording.events));
        const after = count(rowsOf(decimate.batch(recording, { n }).events));
        for (const [pixel, number] of before) expect(after.get(pixel) ?? 0).toBe(Math.floor(number / n));
      }),
    );
  });
});

suite("event downsampling", () => {
  /** What the integrator does, window by window, with sums in a map. */
  function integrate(events: Events, windowUs: number, threshold: number) {
    const rows = rowsOf(events);
    const first = rows[0]?.[0] ?? 0;
    const sums = new Map<number, number>();
    const fired: { window: number; pixel: number; on: number }[] = [];
    for (const [window, group] of groupsOf(rows, ([t]) => Math.floor((t - first) / windowUs))) {
      for (const [, x, y, on] of group) {
        const pixel = Math.floor((y * 3) / 7) * 3 + Math.floor((x * 3) / 9);
        sums.set(pixel, (sums.get(pixel) ?? 0) + 2 * on - 1);
      }
      for (const [pixel, sum] of sums) {
        if (Math.abs(sum) < threshold) continue;
        fired.push({ window, pixel, on: sum > 0 ? 1 : 0 });
        sums.set(pixel, 0);
      }
    }
    return { first, fired };
  }
  const byPlace = (a: Row, b: Row) => a[0] - b[0] || a[3] - b[3] || a[2] - b[2] || a[1] - b[1];
  const eventOf = (t: number, pixel: number, on: number): Row => [t, pixel % 3, Math.floor(pixel / 3), on];

  test("by integrators agrees with sums by hand", () => {
    fc.assert(
      fc.property(anyEvents(sensor, 20_000), fc.integer({ min: 1, max: 4 }), (events, threshold) => {
        const options = { width: 3, height: 3, windowUs: 700, threshold };
        const { first, fired } = integrate(events, 700, threshold);
        const expected = fired.map(({ window, pixel, on }) => eventOf(first + window * 700, pixel, on));
        const result = eventDownsampling.batch({ sensor, events }, options).events;
        expect(rowsOf(result)).toEqual(expected.sort(byPlace));
      }),
    );
  });

  test("by differentiators compares a window with the one before", () => {
    fc.assert(
      fc.property(anyEvents(sensor, 20_000), fc.integer({ min: 1, max: 3 }), (events, threshold) => {
        const options = { width: 3, height: 3, windowUs: 900, bins: 3, threshold };
        const { first, fired } = integrate(events, 300, threshold);
        const counts = new Map<string, number>();
        const keyOf = (window: number, pixel: number, on: number) => [window, pixel, on].join();
        for (const { window, pixel, on } of fired) {
          const key = keyOf(Math.floor(window / 3), pixel, on);
          counts.set(key, (counts.get(key) ?? 0) + 1);
        }
        const expected = [...counts].flatMap(([key, count]) => {
          const [window, pixel, on] = key.split(",").map(Number) as [number, number, number];
          if (count <= (counts.get(keyOf(window - 1, pixel, on)) ?? 0)) return [];
          return [eventOf(first + window * 900, pixel, on)];
        });
        const result = eventDownsampling.batch({ sensor, events }, { ...options, method: "differentiator" });
        expect(rowsOf(result.events)).toEqual(expected.sort(byPlace));
      }),
    );
  });

  test("naively keeps all events", () => {
    const { events, sensor: size } = eventDownsampling.batch(noisy, { width: 3, height: 3, method: "naive" });
    expect(events.t).toEqual(noisy.events.t);
    expect(Math.max(...events.x, ...events.y)).toBe(2);
    expect(size).toEqual({ width: 3, height: 3 });
  });

  test("leaps over a silence of years", () => {
    const events = eventsOf([
      [0, 0, 0, 1],
      [1e15 + 3, 0, 0, 1],
    ]);
    const options = { width: 3, height: 3, windowUs: 10, method: "differentiator" } as const;
    expect([...eventDownsampling.batch({ sensor, events }, options).events.t]).toEqual([0, 1e15]);
  });

  test("refuses more pixels than there are, and windows that cannot be divided", () => {
    expect(() => eventDownsampling.batch(noisy, { width: 10, height: 3 })).toThrow(/width of 9 or less/);
    const options = { width: 3, height: 3, method: "differentiator", windowUs: 5 } as const;
    expect(() => eventDownsampling.batch(noisy, options)).toThrow(/windowUs/);
  });
});
