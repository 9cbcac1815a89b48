import { readFile } from "node:fs/promises";
import { inflateSync } from "node:zlib";
import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { PointSample } from "../../apps/cli/run/events/point-sample.ts";
import { encodePng } from "../../apps/cli/run/events/png.ts";
import { bar, gathered, sparkline } from "../../apps/cli/run/events/sparkline.ts";
import { RateCurve, Tally } from "../../apps/cli/run/events/tally.ts";
import { Random } from "../../src/core/index.ts";
import { writeRecording } from "../../src/events/node.ts";
import { eventsOf, randomEvents } from "../events/support.ts";
import { events, scratch, WALK } from "./events-support.ts";

const at = await scratch("stats");
const SENSOR = { width: 4, height: 3 };
const FEW = eventsOf([
  [10, 0, 0, 1],
  [10, 1, 0, 0],
  [13, 0, 0, 1],
  [4000, 3, 2, 1],
  [4001, 0, 0, 0],
]);
await writeRecording(at("few.aedat4"), "aedat4", SENSOR, [FEW]);
await writeRecording(at("none.aedat4"), "aedat4", SENSOR, []);

suite("a tally of events", () => {
  test("counts over time, by pixel, and of intervals", () => {
    const tally = new Tally(SENSOR);
    tally.add(FEW);
    expect([...tally.rate.on]).toEqual([2, 0, 0, 1]);
    expect([...tally.rate.off]).toEqual([1, 0, 0, 1]);
    expect([...tally.pixels]).toEqual([3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    expect(tally.perPixel()).toEqual({ active: 3, mean: 5 / 12, median: 0, most: 3 });
    expect(tally.hottest(2)).toEqual([
      { x: 0, y: 0, events: 3 },
      { x: 1, y: 0, events: 1 },
    ]);
    // 0, 3, 3987 and 1 µs; of one pixel 3 and 3988 µs.
    expect([...tally.gaps.subarray(0, 14)]).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
    expect([...tally.intervals.subarray(0, 14)]).toEqual([0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
  });

  test("over a long time has wider bins, and loses no event", () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeInteger().map(Math.abs), { minLength: 1 }), (times) => {
        const curve = new RateCurve();
        for (const t of times.toSorted((a, b) => a - b)) curve.add(t, 1);
        expect(curve.count).toBeLessThanOrEqual(480);
        expect(curve.on.reduce((a, b) => a + b)).toBe(times.length);
      }),
    );
  });
});

suite("a sample of events", () => {
  test("is all of them where there is room", () => {
    const sample = new PointSample(5);
    sample.add(FEW);
    expect(sample.events).toEqual(FEW);
    expect(sample.every).toBe(1);
  });

  test("is even over time, in order, and the same however it is batched", () => {
    const many = randomEvents(new Random(1), 50_000, SENSOR, 3);
    const [whole, parts] = [new PointSample(1000), new PointSample(1000)];
    whole.add(many);
    for (let i = 0; i < 50_000; i += 777) {
      const part = [i, Math.min(50_000, i + 777)] as const;
      parts.add({
        t: many.t.subarray(...part),
        x: many.x.subarray(...part),
        y: many.y.subarray(...part),
        on: many.on.subarray(...part),
      });
    }
    expect(parts.events).toEqual(whole.events);
    const { t } = whole.events;
    expect(t.length).toBeGreaterThan(450);
    expect(t.length * whole.every).toBeGreaterThan(40_000);
    expect(t.length * whole.every).toBeLessThan(60_000);
    const early = t.filter((time) => time < many.t[25_000]!).length;
    expect(Math.abs(early / t.length - 0.5)).toBeLessThan(0.06);
    expect(t.toSorted()).toEqual(t);
  });
});

suite("charts of characters", () => {
  test("have bars as high as their values", () => {
    expect(sparkline([0, 1, 4, 8], 8)).toBe(" ▂▅█");
    expect(bar(0.5, 4)).toBe("██");
    expect(bar(2, 2)).toBe("██");
    expect(gathered([1, 2, 3, 4, 5], 2)).toEqual({ values: Float64Array.of(6, 9), each: 3 });
  });
});

test("a PNG holds its pixels", () => {
  const bytes = Buffer.from(encodePng(2, 1, Uint8Array.of(1, 2, 3, 4, 5, 6)));
  expect(bytes.subarray(1, 4).toString()).toBe("PNG");
  const start = bytes.indexOf("IDAT");
  const data = bytes.subarray(start + 4, start + 4 + bytes.readUInt32BE(start - 4));
  expect([...inflateSync(data)]).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

suite("saccade events stats", () => {
  test("draws small charts", async () => {
    const { code, stdout, stderr } = await events(["stats", WALK]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("128 x 128 pixels, 326,834 events, 9.995 s\n");
    expect(stdout).toMatch(/events\/s: a column is 192 ms, the highest \S+ k\n {2}[▁▂▃▄▅▆▇█ ]+\n/);
    expect(stdout).toContain("  (59, 98)      ████████████████████████████████ 489\n");
  });

  test("tells its numbers as one object", async () => {
    const { stdout } = await events(["stats", "--json", "--hottest", "1", at("few.aedat4")]);
    expect(JSON.parse(stdout)).toMatchObject({
      events: 5,
      on: 3,
      rate: { startUs: 10, binUs: 1000, on: [2, 0, 0, 1], off: [1, 0, 0, 1] },
      hottest: [{ x: 0, y: 0, events: 3 }],
      intervals: [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    });
  });

  test("of nothing says so", async () => {
    const { code, stdout } = await events(["stats", at("none.aedat4")]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `${at("none.aedat4")}: aedat4, 4 x 3 pixels, 0 events\n`,
    });
    expect((await events(["stats", at("none.aedat4"), "--html", at("none.html")])).code).toBe(0);
  });

  test("writes a page that asks for nothing", async () => {
    const { code, stdout } = await events(["stats", WALK, "--html", at("walk.html")]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${at("walk.html")}\n` });
    const page = await readFile(at("walk.html"), "utf8");
    expect(page).toContain("326,834");
    expect(page).not.toMatch(/<script|https?:/);
    expect(page).not.toContain("NaN");
  });

  test("refuses a sensor that is too large to be counted by pixel", async () => {
    await writeRecording(at("large.aedat4"), "aedat4", { width: 30_000, height: 30_000 }, [FEW]);
    const { code, stderr } = await events(["stats", at("large.aedat4")]);
    expect(code).toBe(1);
    expect(stderr).toContain("expected a sensor of at most 16777216 pixels, got 30000x30000; see --region");
    expect((await events(["stats", at("large.aedat4"), "--region", "0,0,4x4"])).code).toBe(0);
  });
});
