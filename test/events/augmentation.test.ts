import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { Random } from "../../src/core/index.ts";
import {
  backgroundNoise,
  cutMix,
  dropChunk,
  dropEvent,
  dropEventByArea,
  dropEventByTime,
  eventMix,
  flipLR,
  flipPolarity,
  flipUD,
  mergePolarities,
  spatialJitter,
  timeJitter,
  timeReversal,
  uniformNoise,
} from "../../src/events/index.ts";
import { anyEvents, eventsOf, randomEvents, type Row, rowsOf } from "./support.ts";

const sensor = { width: 9, height: 7 };
const recordings = anyEvents(sensor, 300).map((events) => ({ sensor, events }));
const noisy = { sensor, events: randomEvents(new Random("noisy"), 3000, sensor, 40) };
const place = ([, x, y]: Row) => y * 1000 + x;

suite("flips", () => {
  test.each([
    ["flipLR", flipLR],
    ["flipUD", flipUD],
    ["flipPolarity", flipPolarity],
    ["timeReversal", timeReversal],
  ])("%s twice is nothing, and once keeps the number of events", (_, flip) => {
    fc.assert(
      fc.property(recordings, (recording) => {
        const once = flip.batch(recording);
        expect(once.events.t.length).toBe(recording.events.t.length);
        const twice = flip.batch(once).events;
        // A reversal turns events of one time around as well, and back.
        expect(twice).toEqual(recording.events);
      }),
    );
  });

  test("go where they should", () => {
    const one = { sensor, events: eventsOf([[5, 1, 2, 1]]) };
    expect(rowsOf(flipLR.batch(one).events)).toEqual([[5, 7, 2, 1]]);
    expect(rowsOf(flipUD.batch(one).events)).toEqual([[5, 1, 4, 1]]);
    expect(rowsOf(flipPolarity.batch(one).events)).toEqual([[5, 1, 2, 0]]);
    expect(rowsOf(mergePolarities.batch(one).events)).toEqual([[5, 1, 2, 0]]);
  });

  test("of a chance are done as often as that", () => {
    const one = { sensor, events: eventsOf([[5, 1, 2, 1]]) };
    const random = new Random("chance");
    const flipped = Array.from({ length: 1000 }, () => flipLR.batch(one, { p: 0.3 }, random).events.x[0]);
    expect(flipped.filter((x) => x === 7).length).toBeGreaterThan(250);
    expect(flipped.filter((x) => x === 7).length).toBeLessThan(350);
    expect(flipLR.batch(one, { p: 0 }).events.x[0]).toBe(1);
  });

  test("of a chance need something to draw from", () => {
    expect(() => flipLR.batch({ sensor, events: eventsOf([]) }, { p: 0.5 })).toThrow(
      /flipLR: expected random/,
    );
  });
});

suite("jitter", () => {
  test("of nothing is nothing", () => {
    fc.assert(
      fc.property(recordings, (recording) => {
        const random = new Random(1);
        const still = spatialJitter.batch(recording, { varX: 0, varY: 0 }, random);
        expect(still.events).toEqual(recording.events);
        expect(timeJitter.batch(recording, { stdUs: 0 }, random).events).toEqual(recording.events);
      }),
    );
  });

  test("in space has the covariance that is asked for", () => {
    const size = { width: 200, height: 200 };
    const count = 20_000;
    const all = eventsOf(Array.from({ length: count }, (_, i) => [i, 100, 100, 1] as const));
    const { events } = spatialJitter.batch(
      { sensor: size, events: all },
      { varX: 30, varY: 20, sigmaXY: -15 },
      new Random("covariance"),
    );
    const mean = (of: (i: number) => number) => all.t.reduce((sum, _, i) => sum + of(i), 0) / count;
    expect(Math.abs(mean((i) => events.x[i]! - 100))).toBeLessThan(0.1);
    expect(mean((i) => (events.x[i]! - 100) ** 2)).toBeCloseTo(30 + 1 / 12, -0.5);
    expect(mean((i) => (events.y[i]! - 100) ** 2)).toBeCloseTo(20 + 1 / 12, -0.5);
    expect(mean((i) => (events.x[i]! - 100) * (events.y[i]! - 100))).toBeCloseTo(-15, -0.5);
  });

  test("in space refuses a covariance that is none", () => {
    const options = { varX: 1, varY: 1, sigmaXY: 1.5 };
    expect(() => spatialJitter.batch(noisy, options, new Random(1))).toThrow(/sigmaXY/);
  });

  test("in space keeps all events, or leaves out those that fall off", () => {
    const far = { varX: 25, varY: 25 };
    expect(spatialJitter.batch(noisy, far, new Random(1)).events.t.length).toBe(3000);
    const inside = spatialJitter.batch(noisy, { ...far, clipOutliers: true }, new Random(1)).events.t.length;
    expect(inside).toBeGreaterThan(500);
    expect(inside).toBeLessThan(2500);
  });

  test("in time has the deviation that is asked for, and keeps all events after 0", () => {
    const all = eventsOf(Array.from({ length: 4000 }, () => [1e6, 0, 0, 1] as const));
    const { events } = timeJitter.batch({ sensor, events: all }, { stdUs: 500 }, new Random(5));
    expect(events.t.length).toBe(4000);
    const variance = events.t.reduce((sum, t) => sum + (t - 1e6) ** 2, 0) / 4000;
    expect(Math.sqrt(variance)).toBeGreaterThan(480);
    expect(Math.sqrt(variance)).toBeLessThan(520);
    const early = { sensor, events: eventsOf([...Array(100)].map(() => [0, 0, 0, 1] as const)) };
    expect(timeJitter.batch(early, { stdUs: 10 }, new Random(1)).events.t.length).toBeLessThan(80);
    const held = timeJitter.batch(early, { stdUs: 10, clipNegative: false }, new Random(1)).events;
    expect(held.t.length).toBe(100);
    expect(held.t[0]).toBe(0);
  });
});

suite("drops", () => {
  test("of events leave out as many as their chance on average", () => {
    const { t } = dropEvent.batch(noisy, { p: 0.25 }, new Random(3)).events;
    expect(t.length).toBeGreaterThan(2150);
    expect(t.length).toBeLessThan(2350);
    expect(dropEvent.batch(noisy, { p: 1 }, new Random(3)).events.t.length).toBe(0);
    expect(dropEvent.batch(noisy, { p: 0 }, new Random(3)).events).toEqual(noisy.events);
  });

  test("of a time, an area or a run leave out that and nothing else", () => {
    fc.assert(
      fc.property(
        recordings,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(),
        (recording, ratio, seed) => {
          const all = rowsOf(recording.events);
          const random = new Random(seed);
          const inTime = rowsOf(dropEventByTime.batch(recording, { durationRatio: ratio }, random).events);
          const inRun = rowsOf(dropChunk.batch(recording, { ratio }, random).events);
          expect(inRun.length).toBe(all.length - Math.floor(all.length * ratio));
          for (const rest of [inTime, inRun]) {
            const before = rest.findIndex((row, i) => row.join() !== all[i]!.join());
            const head = before < 0 ? rest.length : before;
            expect(rest.slice(head)).toEqual(all.slice(all.length - (rest.length - head)));
          }
          const inArea = rowsOf(dropEventByArea.batch(recording, { areaRatio: ratio }, random).events);
          const gone = new Set(all.map(place));
          for (const row of inArea) gone.delete(place(row));
          expect(inArea).toEqual(all.filter((row) => !gone.has(place(row))));
          const columns = new Set([...gone].map((at) => at % 1000));
          expect(columns.size).toBeLessThanOrEqual(Math.floor(9 * ratio));
        },
      ),
    );
  });

  test("of a time take that part of the recording", () => {
    const even = { sensor, events: eventsOf(Array.from({ length: 1001 }, (_, i) => [i, 0, 0, 1] as const)) };
    const { t } = dropEventByTime.batch(even, { durationRatio: 0.4 }, new Random(9)).events;
    expect(1001 - t.length).toBeGreaterThanOrEqual(400);
    expect(1001 - t.length).toBeLessThanOrEqual(401);
  });
});

suite("noise", () => {
  test("of a number adds as many, within the time of the recording", () => {
    const { events } = uniformNoise.batch(noisy, { count: 500 }, new Random(4));
    expect(events.t.length).toBe(3500);
    expect(events.t[0]).toBe(noisy.events.t[0]);
    expect(events.t[3499]).toBe(noisy.events.t[2999]);
    const left = new Map<string, number>();
    for (const row of rowsOf(events)) left.set(row.join(), (left.get(row.join()) ?? 0) + 1);
    for (const row of rowsOf(noisy.events)) {
      expect(left.get(row.join())).toBeGreaterThan(0);
      left.set(row.join(), left.get(row.join())! - 1);
    }
  });

  test("of a rate adds as many a pixel and second", () => {
    const second = {
      sensor,
      events: eventsOf([
        [5, 0, 0, 1],
        [1_000_005, 0, 0, 1],
      ]),
    };
    const { t } = backgroundNoise.batch(second, { rateHz: 200 }, new Random(4)).events;
    // 63 pixels · 200: five standard deviations either way.
    expect(Math.abs(t.length - 2 - 12_600)).toBeLessThan(5 * Math.sqrt(12_600));
    expect(backgroundNoise.batch(second, { rateHz: 0 }, new Random(4)).events).toEqual(second.events);
  });
});

suite("mixes", () => {
  const other = { sensor, events: randomEvents(new Random("other"), 2000, sensor, 60, 5000) };

  test.each([
    ["cutMix", cutMix],
    ["eventMix", eventMix],
  ])("%s takes each event from one of both, and tells the ratio", (_, mix) => {
    const { events, ratio } = mix(noisy, other, {}, new Random(11));
    const shift = noisy.events.t[0]! - other.events.t[0]!;
    const rows = rowsOf(events).map(String);
    const fromA = new Set(rowsOf(noisy.events).map(String));
    const fromB = new Set(rowsOf(other.events).map(([t, ...rest]) => String([t + shift, ...rest])));
    expect(rows.every((row) => fromA.has(row) || fromB.has(row))).toBe(true);
    expect(events.t.every((t, i) => i === 0 || t >= events.t[i - 1]!)).toBe(true);
    expect(ratio).toBeGreaterThan(0);
    expect(ratio).toBeLessThan(1);
    expect(mix(noisy, other, {}, new Random(11))).toEqual(mix(noisy, other, {}, new Random(11)));
    expect(mix(noisy, other, { keep: 1 }, new Random(1))).toEqual({ ...noisy, ratio: 1 });
    expect(mix(noisy, other, { keep: 0 }, new Random(1)).ratio).toBe(0);
  });

  test("keep about as much of the volume as is asked for", () => {
    const dense = {
      sensor: { width: 64, height: 64 },
      events: randomEvents(new Random(1), 20_000, { width: 64, height: 64 }),
    };
    for (const mix of [cutMix, eventMix]) {
      for (const keep of [0.2, 0.5, 0.8]) {
        expect(Math.abs(mix(dense, dense, { keep }, new Random(2)).ratio - keep)).toBeLessThan(0.03);
      }
    }
  });

  test("refuse sensors of two sizes, and options out of range", () => {
    const wide = { ...other, sensor: { width: 10, height: 7 } };
    expect(() => cutMix(noisy, wide, {}, new Random(1))).toThrow(/sensors of one size, got 9x7 and 10x7/);
    expect(() => eventMix(noisy, other, { keep: 1.5 }, new Random(1))).toThrow(/keep/);
    expect(() => eventMix(noisy, other, { components: 0 }, new Random(1))).toThrow(/components/);
  });

  test("of nothing are nothing", () => {
    const nothing = { sensor, events: eventsOf([]) };
    expect(cutMix(nothing, nothing, {}, new Random(1))).toEqual({ ...nothing, ratio: 1 });
    expect(eventMix(nothing, other, { keep: 0 }, new Random(1)).events.t.length).toBe(2000);
  });
});
