import fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, suite, test } from "vitest";
import { ArgumentError, FormatError, Random, UnsupportedError } from "../../src/core/index.ts";
import {
  encodeEventStream,
  type Events,
  joinEvents,
  openEvents,
  readGenericEvents,
  sliceEvents,
} from "../../src/events/index.ts";
import {
  anyEvents,
  bytesOf,
  chunked,
  DATA,
  eventsOf,
  randomEvents,
  readAll,
  readUntilError,
  rowsOf,
  sameEvents,
} from "./support.ts";

/** A file of a type; 320x240 pixels unless generic. */
function fileOf(type: number, bytes: readonly number[], version = 2): Uint8Array {
  const size = type === 0 ? [] : [64, 1, 240, 0];
  return Uint8Array.from([
    ...new TextEncoder().encode("Event Stream"),
    version,
    0,
    0,
    type,
    ...size,
    ...bytes,
  ]);
}

suite("Event Stream round trips", () => {
  test.each([
    { width: 640, height: 480 },
    { width: 34, height: 34 },
    { width: 65535, height: 65535 },
  ])("decode(encode(e)) = e on %o", async (sensor) => {
    await fc.assert(
      fc.asyncProperty(anyEvents(sensor, 5000), async (events) => {
        const back = await readAll(await bytesOf(encodeEventStream(sensor, [events])));
        expect(back.recording).toMatchObject({ format: "es", sensor });
        expect(back.events).toEqual(events);
        expect(back.recording.report.count).toBe(0);
      }),
      { numRuns: 80 },
    );
  });

  test("hold over batches and silence, in chunks cut within events", async () => {
    const sensor = { width: 320, height: 240 };
    const random = new Random("es");
    const first = randomEvents(random, 100_000, sensor);
    const second = randomEvents(random, 50_000, sensor, 20, first.t.at(-1)! + 30e6);
    const events = joinEvents([first, second]);
    const bytes = await bytesOf(encodeEventStream(sensor, [first, second]));
    for (const size of [10_001, 3_000_000]) {
      const got: Events[] = [];
      for await (const batch of await openEvents(chunked(bytes, size))) got.push(batch);
      expect(sameEvents(joinEvents(got), events)).toBe(true);
      expect(Math.max(...got.map((b) => b.t.length))).toBeLessThanOrEqual(65536);
    }
  });

  test("a file cut at every byte gives whole events, and in strict mode an error within one", async () => {
    const sensor = { width: 64, height: 48 };
    const events = randomEvents(new Random("cut"), 20, sensor, 300);
    const bytes = await bytesOf(encodeEventStream(sensor, [events]));
    for (let length = 0; length < bytes.length; length++) {
      const { events: some, error } = await readUntilError(bytes.subarray(0, length));
      expect(sameEvents(some, sliceEvents(events, 0, some.t.length))).toBe(true);
      if (error !== undefined) expect(error).toBeInstanceOf(FormatError);
      if (length < 20) {
        expect(error).toBeDefined();
        continue;
      }
      const recovered = await readAll(bytes.subarray(0, length), { mode: "recover" });
      expect(sameEvents(recovered.events, some)).toBe(true);
      expect(recovered.recording.report.count).toBe(error === undefined ? 0 : 1);
      expect(recovered.recording.report.droppedBytes).toBeLessThan(5);
    }
  });

  test("events that do not fit are not written", async () => {
    const write = (...events: [number, number, number, number][]) =>
      bytesOf(encodeEventStream({ width: 320, height: 240 }, [eventsOf(events)]));
    await expect(write([1, 320, 0, 1])).rejects.toThrow(ArgumentError);
    await expect(write([2, 0, 0, 1], [1, 0, 0, 1])).rejects.toThrow(ArgumentError);
    await expect(write([4e9, 0, 0, 1])).rejects.toThrow(ArgumentError);
    await expect(bytesOf(encodeEventStream({ width: 70_000, height: 1 }, []))).rejects.toThrow(ArgumentError);
  });
});

suite("Event Stream events", () => {
  test("of a DVS carry time over overflow bytes, and pass over resets", async () => {
    const file = fileOf(1, [0xff, 0xff, (3 << 1) | 1, 63, 1, 2, 0, 0xfe, 0xfe, 0, 5, 0, 6, 0]);
    expect(rowsOf((await readAll(file)).events)).toEqual([
      [257, 319, 2, 1],
      [257, 5, 6, 0],
    ]);
  });

  test("of an ATIS are its changes, without its exposures", async () => {
    const at = (dt: number, on: number, exposure: number, x: number) => [
      (dt << 2) | (on << 1) | exposure,
      x,
      0,
      9,
      0,
    ];
    const file = fileOf(2, [
      0xff,
      ...at(1, 1, 0, 1),
      0xfc,
      ...at(2, 0, 1, 2),
      0xfd,
      ...at(0, 0, 0, 3),
      ...at(1, 1, 1, 4),
    ]);
    const { events, recording } = await readAll(file);
    expect(rowsOf(events)).toEqual([
      [190, 1, 9, 1],
      [255, 3, 9, 0],
    ]);
    expect(recording.report).toMatchObject({ count: 0, droppedEvents: 0 });
  });

  test.each([1, 2])("outside the sensor are errors, or left out (type %i)", async (type) => {
    const file = fileOf(type, [8, 1, 0, 1, 0, 8, 64, 1, 1, 0, 8, 3, 0, 1, 0]);
    const { events, error } = await readUntilError(file);
    expect(events.t.length).toBe(1);
    expect(error).toMatchObject({ format: "es", offset: 25 });
    expect(String(error)).toContain("expected an event within 320x240, got (320, 1)");
    const recovered = await readAll(file, { mode: "recover" });
    expect([...recovered.events.x]).toEqual([1, 3]);
    expect(recovered.recording.report).toMatchObject({ count: 1, droppedEvents: 1 });
  });
});

suite("Event Stream headers", () => {
  test.each([
    ["generic", fileOf(0, []), "readGenericEvents"],
    ["a display", fileOf(3, []), "asynchronous and modular display"],
    ["colour", fileOf(4, []), "colour"],
    ["an unknown type", fileOf(77, []), "type 77"],
    ["another version", fileOf(1, [], 1), "version 2, got 1.0.0"],
  ])("of %s are refused by name", async (_, file, what) => {
    await expect(openEvents(file)).rejects.toThrow(UnsupportedError);
    await expect(openEvents(file)).rejects.toThrow(what);
  });

  test("of a sensor without pixels are errors", async () => {
    const file = fileOf(1, []);
    file[16] = file[17] = 0;
    await expect(openEvents(file)).rejects.toThrow(FormatError);
  });
});

suite("generic events", () => {
  const read = async (bytes: Uint8Array | AsyncIterable<Uint8Array>) => {
    const all: [number, string][] = [];
    for await (const { tUs, payload } of readGenericEvents(bytes, { file: "x.es" })) {
      all.push([tUs, new TextDecoder().decode(payload)]);
    }
    return all;
  };

  test("are times and payloads of any length", async () => {
    const long = Array.from({ length: 300 }, () => 0x61);
    const bytes = [
      5,
      2 << 1,
      0x68,
      0x69,
      0xff,
      0xfe,
      1,
      0,
      0,
      ((300 & 127) << 1) | 1,
      (300 >> 7) << 1,
      ...long,
    ];
    const expected = [
      [5, "hi"],
      [260, ""],
      [260, "a".repeat(300)],
    ];
    expect(await read(fileOf(0, bytes))).toEqual(expected);
    expect(await read(chunked(fileOf(0, bytes), 1))).toEqual(expected);
  });

  test("cut anywhere end in an error", async () => {
    const whole = fileOf(0, [5, 2 << 1, 0x68, 0x69]);
    for (let length = 0; length < whole.length; length++) {
      if (length === 16) expect(await read(whole.subarray(0, length))).toEqual([]);
      else await expect(read(whole.subarray(0, length))).rejects.toThrow(FormatError);
    }
    // A length of 2^27 bytes that are not there, and one that never ends.
    await expect(read(fileOf(0, [0, 1, 1, 1, 0x80, 0]))).rejects.toThrow(/x.es: es at byte \d+: expected/);
    await expect(read(fileOf(0, [0, 1, 1, 1, 1, 1, 1]))).rejects.toThrow(FormatError);
    await expect(read(fileOf(1, []))).rejects.toThrow(UnsupportedError);
    await expect(read(new Uint8Array(40))).rejects.toThrow(FormatError);
  });

  test.skipIf(DATA === undefined)("of a real file are its text", async () => {
    const all = await read(new Uint8Array(readFileSync(join(DATA!, "events", "es", "faery_generic.es"))));
    expect(all.slice(0, 3)).toEqual([
      [0, "Lorem"],
      [616, "ipsum"],
      [1896, "dolor"],
    ]);
  });
});
