import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { ArgumentError, Random } from "../../src/core/index.ts";
import {
  type Events,
  type EventStream,
  joinEvents,
  optionFromText,
  type SensorSize,
  sliceEvents,
  transforms,
} from "../../src/events/index.ts";
import { anyEvents, eventsOf, randomEvents } from "./support.ts";
import { OPTIONS, SENSOR } from "./transform-options.ts";

const sensor = SENSOR;
const names = Object.keys(transforms);

function streamOf(size: SensorSize, batches: readonly Events[]): EventStream {
  return {
    format: "test",
    sensor: size,
    async *[Symbol.asyncIterator]() {
      yield* batches;
    },
  };
}

async function collect(stream: EventStream): Promise<Events> {
  const batches: Events[] = [];
  for await (const batch of stream) batches.push(batch);
  return joinEvents(batches);
}

function run(
  name: string,
  batches: readonly Events[],
  { size = sensor, seed = 1, options = OPTIONS[name]! } = {},
) {
  return collect(transforms[name]!.apply(streamOf(size, batches), options, new Random(seed)));
}

suite("every transform", () => {
  test("has options for these tests, and tells what it does", () => {
    expect(Object.keys(OPTIONS)).toEqual([...names].sort());
    for (const { summary, options } of Object.values(transforms)) {
      expect(summary).toMatch(/^[a-z].*[^.]$/);
      for (const { help } of Object.values(options)) expect(help).toMatch(/^.*[^.]$/);
    }
  });

  test.each(names)("%s gives the same events however they are batched", async (name) => {
    await fc.assert(
      fc.asyncProperty(
        anyEvents(sensor, 400),
        fc.array(fc.nat(200), { maxLength: 4 }),
        fc.nat(),
        async (all, cuts, seed) => {
          const edges = [0, ...cuts.map((at) => Math.min(at, all.t.length)).sort((a, b) => a - b)];
          const batches = edges.map((start, i) => sliceEvents(all, start, edges[i + 1] ?? all.t.length));
          expect(await run(name, batches, { seed })).toEqual(await run(name, [all], { seed }));
        },
      ),
      { numRuns: 30 },
    );
  });

  test.each(names)("%s keeps events on the sensor, in order, at whole times", async (name) => {
    await fc.assert(
      fc.asyncProperty(anyEvents(sensor, 400), fc.nat(), async (all, seed) => {
        const result = transforms[name]!.apply(streamOf(sensor, [all]), OPTIONS[name]!, new Random(seed));
        const { t, x, y, on } = await collect(result);
        expect(t.every((time, i) => Number.isSafeInteger(time) && time >= (t[i - 1] ?? 0))).toBe(true);
        expect(x.every((column) => column < result.sensor.width)).toBe(true);
        expect(y.every((row) => row < result.sensor.height)).toBe(true);
        expect(on.every((value) => value <= 1)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test.each(names)("%s takes no events, one event, and a sensor of one pixel", async (name) => {
    expect((await run(name, [])).t.length).toBe(0);
    expect((await run(name, [eventsOf([])])).t.length).toBe(0);
    const pixel = { width: 1, height: 1 };
    const fitting = ["crop", "randomCrop", "centerCrop", "eventDownsampling"].includes(name);
    const options = fitting ? { ...OPTIONS[name]!, width: 1, height: 1 } : OPTIONS[name]!;
    const moved = name === "crop" ? { ...options, x: 0, y: 0 } : options;
    const { t } = await run(name, [eventsOf([[500, 0, 0, 1]])], { size: pixel, options: moved });
    expect(t.length).toBeLessThanOrEqual(name.endsWith("Noise") ? 30 : 1);
  });

  test.each(names)("%s draws the same with the same seed", async (name) => {
    const all = randomEvents(new Random("seeds"), 400, sensor, 50);
    const results = await Promise.all([1, 1, 2, 3, 4].map((seed) => run(name, [all], { seed })));
    expect(results[1]).toEqual(results[0]);
    const drawn = results.slice(2).some((other) => !same(other, results[0]!));
    const draws = new Set([
      "backgroundNoise",
      "dropChunk",
      "dropEvent",
      "dropEventByArea",
      "dropEventByTime",
      "eventDrop",
      "flipLR",
      "randomCrop",
      "randomDropPixel",
      "rotate",
      "spatialJitter",
      "timeJitter",
      "timeWarp",
      "uniformNoise",
    ]);
    expect(drawn).toBe(draws.has(name));
  });

  test.each(names)("%s refuses an option that it does not know, and values of another type", (name) => {
    const { options: specs, apply } = transforms[name]!;
    const attempt = (options: object) => () =>
      apply(streamOf(sensor, []), { ...OPTIONS[name], ...options }, new Random(1));
    expect(attempt({ nonsense: 1 })).toThrow(ArgumentError);
    expect(attempt({ nonsense: 1 })).toThrow(`${name}: `);
    for (const [option, spec] of Object.entries(specs)) {
      const bad = [Number.NaN, Number.POSITIVE_INFINITY, "yes", {}];
      if (spec.type !== "boolean") bad.push(true as never);
      if (spec.type === "integer") bad.push(1.5);
      if (spec.type !== "choice" && "min" in spec) bad.push(spec.min! - 1);
      if (spec.type !== "choice" && "max" in spec) bad.push(spec.max! + 1);
      for (const value of bad) {
        expect(attempt({ [option]: value }), `${option} = ${String(value)}`).toThrow(ArgumentError);
        expect(attempt({ [option]: value })).toThrow(option);
      }
    }
  });

  test.each(names)("%s misses the options that it needs", (name) => {
    const { options: specs, apply } = transforms[name]!;
    for (const [option, spec] of Object.entries(specs)) {
      const { [option]: _, ...rest } = OPTIONS[name]!;
      const attempt = () => apply(streamOf(sensor, []), rest, new Random(1));
      if ("default" in spec || "optional" in spec) expect(attempt).not.toThrow();
      else expect(attempt).toThrow(`${name}: expected ${option}`);
    }
  });
});

suite("transforms that keep something for each pixel", () => {
  test.each(["denoise", "decimate", "rotate", "hotPixelFilter", "randomDropPixel"])(
    "%s refuses a sensor that no memory would do for",
    async (name) => {
      const size = { width: 65536, height: 65536 };
      await expect(run(name, [eventsOf([[0, 0, 0, 1]])], { size })).rejects.toThrow(ArgumentError);
    },
  );
});

suite("options from text", () => {
  const { options } = transforms["eventDownsampling"]!;
  const read = (name: string, text: string) => optionFromText("eventDownsampling", options, name, text);

  test("are numbers, truth values or words", () => {
    expect(read("windowUs", "2000")).toBe(2000);
    expect(read("method", "naive")).toBe("naive");
    const { options: jitter } = transforms["spatialJitter"]!;
    expect(optionFromText("spatialJitter", jitter, "clipOutliers", "true")).toBe(true);
    expect(optionFromText("spatialJitter", jitter, "sigmaXY", "-2.5e-1")).toBe(-0.25);
  });

  test("are refused by name", () => {
    for (const text of ["", " ", "ten", "1.5", "0", "-3", "1e400"]) {
      expect(() => read("windowUs", text)).toThrow(/windowUs to be a whole number of 1 or more/);
    }
    expect(() => read("windows", "5")).toThrow(/expected an option of width, height, method/);
    expect(() => read("toString", "5")).toThrow(ArgumentError);
    const { options: jitter } = transforms["spatialJitter"]!;
    expect(() => optionFromText("spatialJitter", jitter, "clipOutliers", "yes")).toThrow(/true or false/);
  });
});

function same(a: Events, b: Events): boolean {
  return (["t", "x", "y", "on"] as const).every((key) => a[key].join() === b[key].join());
}
