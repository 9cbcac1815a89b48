import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { ArgumentError, FormatError, Random } from "../../src/core/index.ts";
import {
  encodeEvt3,
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
  sameEvents,
} from "./support.ts";

const HEADER = "% evt 3.0\n% geometry 320x240\n% end\n";
const high = (n: number) => 0x8000 | n;
const low = (n: number) => 0x6000 | n;
const row = (n: number) => n;
const pixel = (x: number, on = 0) => 0x2000 | (on << 11) | x;

/** A file of words. */
function fileOf(words: readonly number[], header = HEADER): Uint8Array {
  return Uint8Array.from([...new TextEncoder().encode(header), ...words.flatMap((w) => [w & 0xff, w >> 8])]);
}

const rows = (e: { t: Float64Array; x: Uint16Array; y: Uint16Array; on: Uint8Array }) =>
  [...e.t].map((t, i) => [t, e.x[i], e.y[i], e.on[i]]);

suite("EVT3 round trips", () => {
  const sensors: SensorSize[] = [
    { width: 1280, height: 720 },
    { width: 34, height: 34 },
    { width: 2048, height: 2048 },
  ];
  suite.each([true, false])("with vectors %s", (vectors) => {
    test.each(sensors)("decode(encode(e)) = e on %o", async (sensor) => {
      await fc.assert(
        fc.asyncProperty(anyEvents(sensor, 3e7), async (events) => {
          const bytes = await bytesOf(encodeEvt3(sensor, [events], { vectors }));
          const back = await readAll(bytes);
          expect(back.recording.sensor).toEqual(sensor);
          expect(back.events).toEqual(events);
          expect(back.recording.report.droppedEvents).toBe(0);
        }),
        { numRuns: 80 },
      );
    });
  });

  test("hold over several batches, in chunks cut within words", async () => {
    const sensor = { width: 1280, height: 720 };
    const events = randomEvents(new Random("evt3"), 150_000, sensor);
    const bytes = await bytesOf(encodeEvt3(sensor, [events]));
    const got: Events[] = [];
    for await (const batch of await openEvents(chunked(bytes, 10_001))) got.push(batch);
    expect(sameEvents(joinEvents(got), events)).toBe(true);
    const { events: whole, batches } = await readAll(bytes);
    expect(sameEvents(whole, events)).toBe(true);
    expect(Math.max(...batches.map((b) => b.t.length))).toBeLessThanOrEqual(65536);
  });

  test("vectors make runs shorter", async () => {
    const run = eventsOf(Array.from({ length: 120 }, (_, i) => [9, i, 5, 1] as const));
    const sensor = { width: 320, height: 240 };
    const [short, long] = await Promise.all(
      [true, false].map((vectors) => bytesOf(encodeEvt3(sensor, [run], { vectors }))),
    );
    expect(short!.length).toBeLessThan(long!.length - 150);
    expect((await readAll(short!)).events).toEqual(run);
  });

  test("events that do not fit are not written", async () => {
    const sensor = { width: 320, height: 240 };
    const write = (...events: [number, number, number, number][]) =>
      bytesOf(encodeEvt3(sensor, [eventsOf(events)]));
    await expect(write([1, 320, 0, 1])).rejects.toThrow(ArgumentError);
    await expect(write([2, 0, 0, 1], [1, 0, 0, 1])).rejects.toThrow(ArgumentError);
    await expect(write([2e15, 0, 0, 1])).rejects.toThrow(ArgumentError);
    await expect(bytesOf(encodeEvt3({ width: 4000, height: 10 }, []))).rejects.toThrow(ArgumentError);
  });
});

suite("EVT3 words", () => {
  test("set row, time and polarity for the events after them", async () => {
    const { events } = await readAll(
      fileOf([
        high(1),
        low(5),
        row(7),
        pixel(3, 1),
        pixel(4),
        low(6),
        row(8),
        0x3000 | 10,
        0x4000 | 0b1001,
        0x5000 | 1,
      ]),
    );
    expect(rows(events)).toEqual([
      [4101, 3, 7, 1],
      [4101, 4, 7, 0],
      [4102, 10, 8, 0],
      [4102, 13, 8, 0],
      [4102, 22, 8, 0],
    ]);
  });

  test("of continuations and other kinds are passed over", async () => {
    const words = [high(1), row(7), 0x7123, 0xe00f, 0xf123, pixel(3)];
    expect(rows((await readAll(fileOf(words))).events)).toEqual([[4096, 3, 7, 0]]);
  });

  test("of triggers are delivered, from the first time on", async () => {
    const triggers: Trigger[] = [];
    const words = [0xa001, high(1), low(9), 0xa001, row(7), pixel(3), low(10), 0xa600];
    const { events } = await readAll(fileOf(words), { onTrigger: (trigger) => triggers.push(trigger) });
    expect(events.t.length).toBe(1);
    expect(triggers).toEqual([
      { tUs: 4105, kind: "external-rising", channel: 0 },
      { tUs: 4106, kind: "external-falling", channel: 6 },
    ]);
  });

  test("that call a function that throws give the events before, and its error", async () => {
    const onTrigger = () => {
      throw new RangeError("mine");
    };
    const file = fileOf([high(1), row(7), pixel(3), 0xa001, pixel(4)]);
    for (const mode of ["strict", "recover"] as const) {
      const { events, error } = await readUntilError(file, { onTrigger, mode });
      expect(events.t.length).toBe(1);
      expect(error).toBeInstanceOf(RangeError);
    }
  });

  test("before the first time, row and base are counted, not delivered, and no fault", async () => {
    const { recording, events } = await readAll(
      fileOf([pixel(1), row(3), pixel(1), high(1), 0x4003, pixel(2)]),
    );
    expect(rows(events)).toEqual([[4096, 2, 3, 0]]);
    expect(recording.report).toMatchObject({ count: 0, droppedEvents: 4 });
  });

  test("carry time over the wraparound of the counter", async () => {
    const words = [
      row(1),
      high(4095),
      low(4000),
      pixel(1),
      high(0),
      low(1),
      pixel(2),
      high(2047),
      high(4094),
      pixel(3),
    ];
    const { events } = await readAll(fileOf(words));
    expect([...events.t]).toEqual([2 ** 24 - 96, 2 ** 24 + 1, 2 ** 24 + 4094 * 4096]);
  });

  test("that repeat the upper time keep the lower", async () => {
    const { events } = await readAll(fileOf([row(1), high(3), low(9), pixel(1), high(3), pixel(2)]));
    expect([...events.t]).toEqual([3 * 4096 + 9, 3 * 4096 + 9]);
  });

  test("that turn time back are errors, or lose the events until it has caught up", async () => {
    const words = [row(1), high(3), low(9), pixel(1), low(7), pixel(2), pixel(3), low(9), pixel(4)];
    const { events, error } = await readUntilError(fileOf(words));
    expect(rows(events)).toEqual([[3 * 4096 + 9, 1, 1, 0]]);
    expect(error).toMatchObject({ format: "evt3", offset: HEADER.length + 10 });
    const recovered = await readAll(fileOf(words), { mode: "recover" });
    expect([...recovered.events.x]).toEqual([1, 4]);
    expect(recovered.recording.report).toMatchObject({ count: 2, droppedEvents: 2 });
  });

  test("that leave the sensor are errors, or lose the events outside", async () => {
    const words = [
      row(1),
      high(0),
      pixel(319),
      pixel(320),
      row(240),
      pixel(1),
      row(2),
      0x3000 | 318,
      0x4000 | 0b111,
    ];
    const { events, error } = await readUntilError(fileOf(words));
    expect(events.t.length).toBe(1);
    expect(String(error)).toContain("expected an event within 320x240, got (320, 1)");
    const recovered = await readAll(fileOf(words), { mode: "recover" });
    expect(rows(recovered.events).map(([, x, y]) => [x, y])).toEqual([
      [319, 1],
      [318, 2],
      [319, 2],
    ]);
    expect(recovered.recording.report).toMatchObject({ count: 3, droppedEvents: 3 });
  });

  test("of reserved types and half words are errors, or left out", async () => {
    for (const bytes of [
      fileOf([row(1), high(0), pixel(5), 0x1000]),
      fileOf([row(1), high(0), pixel(5), 1]).subarray(0, -1),
    ]) {
      const { events, error } = await readUntilError(bytes);
      expect(events.t.length).toBe(1);
      expect(error).toBeInstanceOf(FormatError);
      expect((await readAll(bytes, { mode: "recover" })).recording.report.count).toBe(1);
    }
  });
});

suite("EVT3 headers", () => {
  const words = [row(1), high(1), pixel(2)];

  test.each([
    ["% evt 3.0\n% geometry 640x480\n% end\n", 640, 480],
    ["% format EVT3;height=720;width=1280\n% end\n", 1280, 720],
    ["% evt 3.0\r\n% width 320\r\n% height 320\r\n", 320, 320],
    ["% evt 3.0\n% plugin_name hal_plugin_gen31_fx3\n", 640, 480],
    ["% evt 3.0\n% plugin_name hal_plugin_gen41_evk3\n", 1280, 720],
    ["% evt 3.0\n% sensor_name GenX320\n", 320, 320],
    ["% evt 3.0\n", 1280, 720],
  ])("%j mean %i x %i", async (header, width, height) => {
    const { recording, events } = await readAll(fileOf(words, header));
    expect(recording.sensor).toEqual({ width, height });
    expect(events.t.length).toBe(1);
  });

  test.each([
    "% evt 3.0\n% geometry 0x5\n",
    "% evt 3.0\n% geometry 99999x5\n",
    "% evt 3.0\n% geometry axb\n",
  ])("%j is an error", async (header) => {
    await expect(readAll(fileOf(words, header))).rejects.toThrow(FormatError);
  });

  test("cut anywhere give a FormatError, or no events where a line ends", async () => {
    for (let length = 0; length < HEADER.length; length++) {
      const { events, error } = await readUntilError(fileOf([], HEADER.slice(0, length)));
      expect(events.t.length).toBe(0);
      if (HEADER[length - 1] === "\n" && length > 0) expect(error).toBeUndefined();
      else if (error !== undefined) expect(error).toBeInstanceOf(FormatError);
    }
  });

  test("that never end are refused after 64 KiB", async () => {
    await expect(readAll(fileOf([], `% evt 3.0\n% ${"x".repeat(1 << 17)}`))).rejects.toThrow(FormatError);
  });
});
