import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { ArgumentError, FormatError, Random, UnsupportedError } from "../../src/core/index.ts";
import {
  encodeEvents,
  type Events,
  joinEvents,
  openEvents,
  type SensorSize,
  type Trigger,
} from "../../src/events/index.ts";
import {
  anyEvents,
  bytesOf,
  chunked,
  eventsOf,
  randomEvents,
  readAll,
  readUntilError,
  rowsOf,
  sameEvents,
} from "./support.ts";

const FORMATS = ["evt2", "evt21"] as const;
type Format = (typeof FORMATS)[number];

const high = (n: number) => 0x80000000 + n;
const event = (low: number, x: number, y: number, on = 0) => on * 2 ** 28 + low * 2 ** 22 + x * 2 ** 11 + y;
const trigger = (low: number, channel: number, value: number) =>
  0xa0000000 + low * 2 ** 22 + channel * 2 ** 8 + value;

/** A file of words; of EVT 2.1, of upper halves whose lower halves are 1: one event each. */
function fileOf(format: Format | "legacy", words: readonly number[]): Uint8Array {
  const version =
    format === "evt2" ? "2.0" : "2.1\n% endianness " + (format === "legacy" ? "legacy" : "little");
  const header = new TextEncoder().encode(`% evt ${version}\n% geometry 320x240\n% end\n`);
  const wide = { evt2: (w: number) => [w], evt21: (w: number) => [1, w], legacy: (w: number) => [w, 1] };
  const halves = words.flatMap(wide[format]);
  const body = Uint8Array.from(halves.flatMap((w) => [w & 255, (w >>> 8) & 255, (w >>> 16) & 255, w >>> 24]));
  return new Uint8Array(Buffer.concat([header, body]));
}

async function written(format: Format, sensor: SensorSize, events: Events): Promise<Uint8Array> {
  return bytesOf(encodeEvents(format, sensor, [events]) as AsyncIterable<Uint8Array>);
}

suite.each(FORMATS)("%s round trips", (format) => {
  const sensors: SensorSize[] = [
    { width: 640, height: 480 },
    { width: 34, height: 34 },
    { width: 2048, height: 2048 },
  ];
  test.each(sensors)("decode(encode(e)) = e on %o", async (sensor) => {
    await fc.assert(
      // Gaps of up to eight hours: the 34-bit time wraps around.
      fc.asyncProperty(anyEvents(sensor, 3e10), async (events) => {
        const back = await readAll(await written(format, sensor, events));
        expect(back.recording).toMatchObject({ format, sensor });
        expect(back.events).toEqual(events);
        expect(back.recording.report).toMatchObject({ count: 0, droppedEvents: 0 });
      }),
      { numRuns: 80 },
    );
  });

  test("hold over several batches, in chunks cut within words", async () => {
    const sensor = { width: 1280, height: 720 };
    const events = randomEvents(new Random("evt2"), 150_000, sensor);
    const bytes = await written(format, sensor, events);
    for (const size of [10_001, 7, 3_000_000]) {
      const part = size === 7 ? bytes.subarray(0, 20_000) : bytes;
      const got: Events[] = [];
      for await (const batch of await openEvents(chunked(part, size), { mode: "recover" })) got.push(batch);
      const whole = await readAll(part, { mode: "recover" });
      expect(sameEvents(joinEvents(got), whole.events)).toBe(true);
      if (size !== 7) expect(sameEvents(whole.events, events)).toBe(true);
      expect(Math.max(...got.map((b) => b.t.length))).toBeLessThanOrEqual(65536);
    }
  });

  test("batches stay as they are when the next is read", async () => {
    const sensor = { width: 640, height: 480 };
    const events = randomEvents(new Random("kept"), 200_000, sensor);
    const { batches } = await readAll(await written(format, sensor, events));
    expect(batches.length).toBeGreaterThan(2);
    expect(sameEvents(joinEvents(batches), events)).toBe(true);
  });

  test("a file cut at every byte gives the events of whole words, and in strict mode an error", async () => {
    const sensor = { width: 64, height: 48 };
    const events = randomEvents(new Random("cut"), 40, sensor, 300);
    const bytes = await written(format, sensor, events);
    const start = bytes.length - (format === "evt2" ? 4 : 8) * 30;
    const size = format === "evt2" ? 4 : 8;
    for (let length = start; length < bytes.length; length++) {
      const { events: some, error } = await readUntilError(bytes.subarray(0, length));
      expect(sameEvents(some, prefix(events, some.t.length))).toBe(true);
      const rest = (length - start) % size;
      if (rest === 0) expect(error).toBeUndefined();
      else expect(error).toMatchObject({ format, offset: length - rest });
      const { recording, events: recovered } = await readAll(bytes.subarray(0, length), { mode: "recover" });
      expect(sameEvents(recovered, some)).toBe(true);
      expect(recording.report).toMatchObject({ count: rest === 0 ? 0 : 1, droppedBytes: rest });
    }
  });

  test("events that do not fit are not written", async () => {
    const sensor = { width: 320, height: 240 };
    const write = (...events: [number, number, number, number][]) =>
      written(format, sensor, eventsOf(events));
    await expect(write([1, 320, 0, 1])).rejects.toThrow(ArgumentError);
    await expect(write([2, 0, 0, 1], [1, 0, 0, 1])).rejects.toThrow(ArgumentError);
    await expect(write([2e15, 0, 0, 1])).rejects.toThrow(ArgumentError);
    await expect(written(format, { width: 4000, height: 10 }, eventsOf([]))).rejects.toThrow(ArgumentError);
  });
});

suite.each(["evt2", "evt21", "legacy"] as const)("%s words", (format) => {
  test("set time, place and polarity", async () => {
    const words = [high(2), event(5, 3, 7, 1), event(5, 4, 7), high(3), event(0, 319, 239, 1)];
    expect(rowsOf((await readAll(fileOf(format, words))).events)).toEqual([
      [133, 3, 7, 1],
      [133, 4, 7, 0],
      [192, 319, 239, 1],
    ]);
  });

  test("of other kinds are passed over, and triggers delivered", async () => {
    const triggers: Trigger[] = [];
    const words = [trigger(1, 0, 1), high(1), 0xe0000000, 0xf0000001, trigger(9, 1, 1), trigger(10, 6, 0)];
    const file = fileOf(format, [...words, event(11, 3, 4)]);
    const { events, recording } = await readAll(file, { onTrigger: (t) => triggers.push(t) });
    expect(rowsOf(events)).toEqual([[75, 3, 4, 0]]);
    expect(triggers).toEqual([
      { tUs: 73, kind: "external-rising", channel: 1 },
      { tUs: 74, kind: "external-falling", channel: 6 },
    ]);
    expect(recording.report.count).toBe(0);
  });

  test("before the first time are counted, not delivered, and no fault", async () => {
    const { recording, events } = await readAll(fileOf(format, [event(1, 2, 3), high(1), event(2, 3, 4)]));
    expect(rowsOf(events)).toEqual([[66, 3, 4, 0]]);
    expect(recording.report).toMatchObject({ count: 0, droppedEvents: 1 });
  });

  test("carry time over the wraparound of the counter", async () => {
    const last = 2 ** 28 - 1;
    const words = [
      high(last),
      event(63, 1, 1),
      high(0),
      event(0, 2, 1),
      high(2 ** 27 + 1),
      high(1),
      event(1, 3, 1),
    ];
    const { events } = await readAll(fileOf(format, words));
    expect([...events.t]).toEqual([2 ** 34 - 1, 2 ** 34, 2 * 2 ** 34 + 65]);
  });

  test("that wrap around for longer than numbers are exact are an error", async () => {
    const turn = [high(0), high(2 ** 27 - 1), high(2 ** 27 + 1), high(2 ** 28 - 1)];
    const words = Array.from({ length: 2 ** 19 + 1 }, () => turn).flat();
    const { error } = await readUntilError(fileOf(format, words), { mode: "recover" });
    expect(String(error)).toContain("2^53");
  });

  test("that turn time back are errors, or lose the events until it has caught up", async () => {
    const words = [high(3), event(9, 1, 1), event(7, 2, 1), event(8, 3, 1), event(9, 4, 1)];
    const file = fileOf(format, words);
    const { events, error } = await readUntilError(file);
    expect([...events.x]).toEqual([1]);
    expect(String(error)).toContain("expected a time of 201 µs or later, got 199");
    expect(error).toMatchObject({ offset: file.length - (format === "evt2" ? 12 : 24) });
    const recovered = await readAll(file, { mode: "recover" });
    expect([...recovered.events.x]).toEqual([1, 4]);
    expect(recovered.recording.report).toMatchObject({ count: 2, droppedEvents: 2 });
  });

  test("that leave the sensor are errors, or lose the events outside", async () => {
    const file = fileOf(format, [
      high(0),
      event(0, 319, 1),
      event(0, 320, 1),
      event(1, 1, 240),
      event(2, 3, 3),
    ]);
    const { events, error } = await readUntilError(file);
    expect(events.t.length).toBe(1);
    expect(String(error)).toContain("expected an event within 320x240, got (320, 1)");
    const recovered = await readAll(file, { mode: "recover" });
    expect([...recovered.events.x]).toEqual([319, 3]);
    expect(recovered.recording.report).toMatchObject({ count: 2, droppedEvents: 2 });
  });

  test("of reserved types are errors, or left out", async () => {
    const file = fileOf(format, [high(0), event(0, 1, 1), 0x50000000, event(0, 2, 1)]);
    const { events, error } = await readUntilError(file);
    expect(events.t.length).toBe(1);
    expect(error).toBeInstanceOf(FormatError);
    const recovered = await readAll(file, { mode: "recover" });
    expect(recovered.events.t.length).toBe(2);
    expect(recovered.recording.report).toMatchObject({ count: 1, droppedBytes: format === "evt2" ? 4 : 8 });
  });
});

suite("EVT 2.1 vectors", () => {
  const header = [...new TextEncoder().encode("% evt 2.1\n% geometry 320x240\n% end\n")];
  const fileOfHalves = (...halves: number[]) =>
    Uint8Array.from([
      ...header,
      ...halves.flatMap((w) => [w & 255, (w >>> 8) & 255, (w >>> 16) & 255, w >>> 24]),
    ]);

  test("are pixels from the column on, the lowest bit first", async () => {
    const { events } = await readAll(
      fileOfHalves(0, high(1), 0x80000005, event(2, 32, 9, 1), 0, event(3, 1, 1)),
    );
    expect(rowsOf(events)).toEqual([
      [66, 32, 9, 1],
      [66, 34, 9, 1],
      [66, 63, 9, 1],
    ]);
  });

  test("that leave the sensor keep the pixels within", async () => {
    const file = fileOfHalves(0, high(0), 0xffffffff, event(0, 300, 9));
    const { events, error } = await readUntilError(file);
    expect(events.t.length).toBe(20);
    expect(String(error)).toContain("got (320, 9)");
    const recovered = await readAll(file, { mode: "recover" });
    expect(recovered.events.t.length).toBe(20);
    expect(recovered.recording.report).toMatchObject({ count: 12, droppedEvents: 12 });
  });

  test("make runs shorter", async () => {
    const run = eventsOf(Array.from({ length: 128 }, (_, i) => [9, i, 5, 1] as const));
    const sensor = { width: 320, height: 240 };
    const empty = await written("evt21", sensor, eventsOf([]));
    expect((await written("evt21", sensor, run)).length - empty.length).toBe(8 + 4 * 8);
  });
});

suite("headers of EVT2 and EVT2.1", () => {
  const body = [...Uint8Array.from([0, 0, 0, 0x80, 0, 0, 0, 0])];
  const file = (header: string) => Uint8Array.from([...new TextEncoder().encode(header), ...body]);

  test.each([
    ["% evt 2.0\n", 640, 480],
    ["% Date 2020-09-25\n% plugin_name hal_plugin_gen3_fx3\n% evt 2.0\n", 640, 480],
    ["% format EVT2;height=320;width=300\n% end\n", 300, 320],
    ["% evt 2.0\n% Width 304\n% Height 240\n% end\n", 304, 240],
    ["% evt 2.1\n", 1280, 720],
    ["% format EVT21;endianness=legacy;height=720;width=1280\n% end\n", 1280, 720],
  ])("%j mean %i x %i", async (header, width, height) => {
    expect((await openEvents(file(header))).sensor).toEqual({ width, height });
  });

  test("without a geometry take the sensor that the caller knows", async () => {
    const sensor = { width: 320, height: 320 };
    expect((await openEvents(file("% evt 2.0\n"), { sensor })).sensor).toEqual(sensor);
    expect((await openEvents(file("% evt 2.0\n% geometry 64x48\n"), { sensor })).sensor.width).toBe(64);
  });

  test.each(["% evt 2.0\n% endianness big\n", "% format EVT21;endianness=big;height=2;width=2\n"])(
    "%j is refused",
    async (header) => {
      await expect(openEvents(file(header))).rejects.toThrow(UnsupportedError);
      await expect(openEvents(file(header))).rejects.toThrow("big-endian");
    },
  );

  test.each(["% evt 2.0\n% geometry 0x5\n", "% evt 2.1\n% geometry 99999x5\n"])(
    "%j is an error",
    async (h) => {
      await expect(openEvents(file(h))).rejects.toThrow(FormatError);
    },
  );
});

function prefix({ t, x, y, on }: Events, n: number): Events {
  return { t: t.subarray(0, n), x: x.subarray(0, n), y: y.subarray(0, n), on: on.subarray(0, n) };
}
