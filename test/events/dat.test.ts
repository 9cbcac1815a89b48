import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { ArgumentError, FormatError, Random, UnsupportedError } from "../../src/core/index.ts";
import { encodeDat, type Events, joinEvents, openEvents, sliceEvents } from "../../src/events/index.ts";
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

const HEADER = "% Data file containing CD events\n% Version 2\n% Width 320\n% Height 240\n";

/** A file of events given as time and word. */
function fileOf(
  events: readonly (readonly [number, number])[],
  header = HEADER,
  start = [12, 8],
): Uint8Array {
  const bytes = (w: number) => [w & 255, (w >>> 8) & 255, (w >>> 16) & 255, w >>> 24];
  return Uint8Array.from([...new TextEncoder().encode(header), ...start, ...events.flat().flatMap(bytes)]);
}
const word = (x: number, y: number, on = 0) => on * 2 ** 28 + y * 2 ** 14 + x;

suite("DAT round trips", () => {
  test.each([
    { width: 640, height: 480 },
    { width: 34, height: 34 },
    { width: 16384, height: 16384 },
  ])("decode(encode(e)) = e on %o", async (sensor) => {
    await fc.assert(
      // Gaps of up to half an hour: the 32-bit time wraps around.
      fc.asyncProperty(anyEvents(sensor, 2e9), async (events) => {
        const back = await readAll(await bytesOf(encodeDat(sensor, [events])));
        expect(back.recording).toMatchObject({ format: "dat", sensor });
        expect(back.events).toEqual(events);
        expect(back.recording.report.count).toBe(0);
      }),
      { numRuns: 80 },
    );
  });

  test("hold over several batches, in chunks cut within events", async () => {
    const sensor = { width: 1280, height: 720 };
    const events = randomEvents(new Random("dat"), 150_000, sensor);
    const bytes = await bytesOf(encodeDat(sensor, [events]));
    for (const size of [10_001, 3_000_000]) {
      const got: Events[] = [];
      for await (const batch of await openEvents(chunked(bytes, size))) got.push(batch);
      expect(sameEvents(joinEvents(got), events)).toBe(true);
      expect(Math.max(...got.map((b) => b.t.length))).toBeLessThanOrEqual(65536);
    }
  });

  test("a file cut at every byte gives whole events, and in strict mode an error", async () => {
    const events = randomEvents(new Random("cut"), 20, { width: 64, height: 48 }, 300);
    const bytes = await bytesOf(encodeDat({ width: 64, height: 48 }, [events]));
    const start = bytes.length - 8 * 20;
    for (let length = 0; length < bytes.length; length++) {
      const { events: some, error } = await readUntilError(bytes.subarray(0, length));
      const whole = Math.max(0, Math.floor((length - start) / 8));
      expect(sameEvents(some, sliceEvents(events, 0, whole))).toBe(true);
      if (length >= start && (length - start) % 8 === 0) expect(error).toBeUndefined();
      else expect(error).toBeInstanceOf(FormatError);
      if (length < start) continue;
      const recovered = await readAll(bytes.subarray(0, length), { mode: "recover" });
      expect(sameEvents(recovered.events, some)).toBe(true);
      expect(recovered.recording.report.droppedBytes).toBe((length - start) % 8);
    }
  });

  test("events that do not fit are not written", async () => {
    const write = (...events: [number, number, number, number][]) =>
      bytesOf(encodeDat({ width: 320, height: 240 }, [eventsOf(events)]));
    await expect(write([1, 320, 0, 1])).rejects.toThrow(ArgumentError);
    await expect(write([2 ** 32, 0, 0, 1])).rejects.toThrow(ArgumentError);
    await expect(write([1, 0, 0, 1], [2 ** 31 + 1, 0, 0, 1])).rejects.toThrow(ArgumentError);
    await expect(bytesOf(encodeDat({ width: 20_000, height: 10 }, []))).rejects.toThrow(ArgumentError);
  });
});

suite("DAT events", () => {
  test("have 14 bits of column and row, and a polarity", async () => {
    const { events } = await readAll(
      fileOf([
        [5, word(319, 239, 1)],
        [6, word(1, 2)],
      ]),
    );
    expect(rowsOf(events)).toEqual([
      [5, 319, 239, 1],
      [6, 1, 2, 0],
    ]);
  });

  test("of version 1 have 9 bits of column and 8 of row", async () => {
    const old = 2 ** 17 + 200 * 2 ** 9 + 303;
    for (const header of [
      "% Version 1\n% Width 304\n% Height 240\n",
      "% Data file containing TD\n% Width 304\n% Height 240\n",
    ]) {
      const { events } = await readAll(fileOf([[7, old]], header, [0, 8]));
      expect(rowsOf(events)).toEqual([[7, 303, 200, 1]]);
    }
  });

  test("carry time over the wraparound of the counter", async () => {
    const file = fileOf([
      [2 ** 32 - 1, word(1, 1)],
      [0, word(2, 1)],
      [2 ** 31 + 1, word(3, 1)],
      [1, word(4, 1)],
    ]);
    const { events } = await readAll(file);
    expect([...events.t]).toEqual([2 ** 32 - 1, 2 ** 32, 2 ** 32 + 2 ** 31 + 1, 2 * 2 ** 32 + 1]);
  });

  test.each([
    ["back in time", [9, word(1, 1)], [8, word(2, 1)], "expected a time of 9 µs or later, got 8"],
    [
      "outside the sensor",
      [9, word(1, 1)],
      [9, word(320, 1)],
      "expected an event within 320x240, got (320, 1)",
    ],
    ["of another polarity", [9, word(1, 1)], [9, word(1, 1, 2)], "expected a polarity of 0 or 1, got 2"],
  ] as const)("%s are errors, or left out", async (_, good, bad, what) => {
    const file = fileOf([good, bad, [10, word(5, 5)]]);
    const { events, error } = await readUntilError(file);
    expect(events.t.length).toBe(1);
    expect(error).toMatchObject({ format: "dat", offset: HEADER.length + 10 });
    expect(String(error)).toContain(what);
    const recovered = await readAll(file, { mode: "recover" });
    expect([...recovered.events.x]).toEqual([1, 5]);
    expect(recovered.recording.report).toMatchObject({ count: 1, droppedEvents: 1 });
  });
});

suite("DAT headers", () => {
  test("without a size leave it to the largest coordinates, or to the caller", async () => {
    const file = fileOf(
      [
        [1, word(30, 20)],
        [2, word(9, 33)],
      ],
      "% Version 2\n",
    );
    expect((await readAll(file)).recording.sensor).toEqual({ width: 31, height: 34 });
    expect((await readAll(file)).events.t.length).toBe(2);
    const sensor = { width: 304, height: 240 };
    expect((await readAll(file, { sensor })).recording.sensor).toEqual(sensor);
    await expect(openEvents(file, { sensor: { width: 0, height: 1 } })).rejects.toThrow(ArgumentError);
    await expect(openEvents(fileOf([], "% Version 2\n"))).rejects.toThrow(FormatError);
    const pipe = await openEvents(chunked(file, 5));
    expect(pipe.sensor).toEqual({ width: 31, height: 34 });
  });

  test.each([
    ["another version", fileOf([], "% Version 3\n"), "version 1 or 2"],
    ["triggers", fileOf([], HEADER, [14, 8]), "14 (external triggers)"],
    ["another type", fileOf([], HEADER, [40, 8]), "40 (another type)"],
  ])("of %s are refused by name", async (_, file, what) => {
    await expect(openEvents(file)).rejects.toThrow(UnsupportedError);
    await expect(openEvents(file)).rejects.toThrow(what);
  });

  test.each([
    ["events of another size", fileOf([], HEADER, [12, 16])],
    ["no type and size", fileOf([], HEADER, [12])],
    ["a sensor without pixels", fileOf([], "% Version 2\n% Width 0\n% Height 5\n")],
  ])("with %s are errors", async (_, file) => {
    await expect(openEvents(file)).rejects.toThrow(FormatError);
  });
});
