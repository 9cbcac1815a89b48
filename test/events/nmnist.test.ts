import fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, suite, test } from "vitest";
import { FormatError, Random } from "../../src/core/index.ts";
import {
  encodeEvents,
  type Events,
  joinEvents,
  openEvents,
  sliceEvents,
  writeFormats,
} from "../../src/events/index.ts";
import { bs3Of, nmnistOf } from "./flat-files.ts";
import {
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

const noise = (random: Random, length: number) => Uint8Array.from({ length }, () => random.integer(0, 256));

const SENSOR = { width: 34, height: 34 };

suite.each([
  ["nmnist", nmnistOf, 5, 2 ** 23],
  ["bs3", bs3Of, 7, 2 ** 24],
] as const)("%s", (format, fileOf, size, range) => {
  test("decode(encode(e)) = e", async () => {
    const row = fc.tuple(fc.nat(300), fc.nat(33), fc.nat(33), fc.nat(1));
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 80 }), async (rows) => {
        let t = 0;
        const events = eventsOf(rows.map(([gap, x, y, on]) => [(t += gap), x, y, on] as const));
        const back = await readAll(fileOf(events), { format, sensor: SENSOR });
        expect(back.recording).toMatchObject({ format, sensor: SENSOR });
        expect(back.events).toEqual(events);
      }),
    );
    const ends = eventsOf([
      [0, 0, 0, 1],
      [range - 1, 200, 239, 0],
    ]);
    expect((await readAll(fileOf(ends), { format })).events).toEqual(ends);
  });

  test("is told by its content, in chunks of any size, and its sensor by its events", async () => {
    const events = randomEvents(new Random("flat"), 150_000, SENSOR, 50);
    const bytes = fileOf(events);
    for (const chunk of [10_001, 3_000_000]) {
      const recording = await openEvents(chunked(bytes, chunk));
      expect(recording).toMatchObject({ format, sensor: SENSOR });
      const got: Events[] = [];
      for await (const batch of recording) got.push(batch);
      expect(sameEvents(joinEvents(got), events)).toBe(true);
      expect(Math.max(...got.map((b) => b.t.length))).toBeLessThanOrEqual(65536);
    }
  });

  test("is told by a few events as well as by many", async () => {
    for (const count of [8, 20, 100, 5000]) {
      const events = randomEvents(new Random(`few ${count}`), count, SENSOR, 200);
      expect((await openEvents(fileOf(events))).format).toBe(format);
    }
  });

  test("cut at every byte gives whole events, and in strict mode an error within one", async () => {
    const events = randomEvents(new Random("cut"), 20, SENSOR, 300);
    const bytes = fileOf(events);
    for (let length = 0; length <= bytes.length; length++) {
      const part = bytes.subarray(0, length);
      const whole = Math.floor(length / size);
      const { events: some, error } = await readUntilError(part, { format, sensor: SENSOR });
      expect(sameEvents(some, sliceEvents(events, 0, whole))).toBe(true);
      if (length % size === 0) expect(error).toBeUndefined();
      else expect(error).toMatchObject({ format, offset: whole * size });
      const { recording } = await readAll(part, { format, sensor: SENSOR, mode: "recover" });
      expect(recording.report).toMatchObject({
        count: length % size === 0 ? 0 : 1,
        droppedBytes: length % size,
      });
      // Without the format's name a file with part of a record is not taken for one.
      if (length % size !== 0) await expect(openEvents(part)).rejects.toThrow(FormatError);
    }
  });

  test("events back in time or outside the sensor are errors, or left out", async () => {
    const bad = eventsOf([
      [5, 1, 1, 1],
      [4, 2, 2, 1],
      [6, 40, 3, 1],
      [7, 4, 4, 0],
    ]);
    const file = fileOf(bad);
    const { events, error } = await readUntilError(file, { format, sensor: SENSOR });
    expect(events.t.length).toBe(1);
    expect(String(error)).toContain("expected a time of 5 µs or later, got 4");
    const { recording, events: rest } = await readAll(file, { format, sensor: SENSOR, mode: "recover" });
    expect([...rest.x]).toEqual([1, 4]);
    expect(recording.report).toMatchObject({ count: 2, droppedEvents: 2 });
    expect(recording.report.faults[1]!.what).toBe("expected an event within 34x34, got (40, 3)");
  });

  test("an empty file has no sensor", async () => {
    await expect(openEvents(new Uint8Array(0), { format })).rejects.toThrow(FormatError);
  });
});

test("marks at row 240 carry time on by 8192 µs each, unless the sensor has such a row", async () => {
  const file = nmnistOf(
    eventsOf([
      [9, 1, 1, 1],
      [0, 0, 240, 0],
      [5, 2, 2, 0],
      [6, 7, 240, 0],
      [7, 3, 3, 1],
    ]),
  );
  const { recording, events } = await readAll(file, { format: "nmnist" });
  expect(rowsOf(events)).toEqual([
    [9, 1, 1, 1],
    [8192 + 5, 2, 2, 0],
    [2 * 8192 + 7, 3, 3, 1],
  ]);
  expect(recording.sensor).toEqual({ width: 4, height: 4 });
  const tall = await readAll(file, {
    format: "nmnist",
    sensor: { width: 256, height: 256 },
    mode: "recover",
  });
  expect([...tall.events.y]).toEqual([1]);
});

test("channels of .bs3 other than 0 and 1 are errors, or left out", async () => {
  const file = bs3Of(
    eventsOf([
      [5, 1, 1, 1],
      [6, 2, 2, 2],
      [7, 3, 3, 0],
    ]),
  );
  const { error } = await readUntilError(file, { format: "bs3" });
  expect(String(error)).toContain("expected a channel of 0 or 1, got 2");
  expect([...(await readAll(file, { format: "bs3", mode: "recover" })).events.x]).toEqual([1, 3]);
});

suite("bytes that are no events are not taken for them", () => {
  const refused = async (bytes: Uint8Array) => {
    const opened = await openEvents(bytes).catch((error: unknown) => error);
    expect(opened).toBeInstanceOf(FormatError);
  };

  test("random bytes of any length", async () => {
    const random = new Random("noise");
    for (let length = 1; length < 400; length++) {
      for (let k = 0; k < 8; k++) await refused(noise(random, length));
    }
    for (let k = 0; k < 20; k++) await refused(noise(random, 5000 + k));
  });

  test("random bytes with a sorted few in front", async () => {
    const random = new Random("sorted noise");
    for (let k = 0; k < 200; k++) {
      const bytes = noise(random, random.integer(1, 60) * (k % 2 === 0 ? 5 : 7));
      bytes.subarray(0, 10).sort();
      await refused(bytes);
    }
  });

  const text = (s: string) => new TextEncoder().encode(s);
  const big = (bytes: number, count: number, step: number) =>
    Uint8Array.from({ length: bytes * count }, (_, i) => {
      const value = Math.floor(i / bytes) * step;
      return Math.floor(value / 256 ** (bytes - 1 - (i % bytes)));
    });
  const lines = Array.from({ length: 60 }, (_, i) => `${1000 + i}\n`).join("");
  const pixels = noise(new Random("picture"), 3000);
  test.each<[string, Uint8Array]>([
    ["zeros", new Uint8Array(3500)],
    ["ones", new Uint8Array(3500).fill(255)],
    ["a ramp", Uint8Array.from({ length: 3500 }, (_, i) => i)],
    ["a short ramp", Uint8Array.from({ length: 105 }, (_, i) => i)],
    ["zeros before a one", Uint8Array.from({ length: 3500 }, (_, i) => Number(i === 3499))],
    ["a table of offsets of 5 bytes", big(5, 500, 37)],
    ["a table of offsets of 7 bytes", big(7, 500, 37)],
    [
      "numbers of 32 bits, lowest byte first",
      new Uint8Array(Uint32Array.from({ length: 700 }, (_, i) => 9 * i).buffer),
    ],
    ["numbers of 64 bits", new Uint8Array(Float64Array.from({ length: 350 }, (_, i) => i).buffer)],
    ["numbered lines of 5 bytes", text(lines)],
    ["JSON", text(JSON.stringify({ events: Array.from({ length: 300 }, (_, i) => i) }).padEnd(1400))],
    ["prose", text("Once upon a time there was a sensor. ".repeat(35))],
    ["UTF-8", text("Ein Ereignis für müde Augen – größer als nötig. ".repeat(35))],
    ["UTF-16", new Uint8Array(Buffer.from("Once upon a time ".repeat(35), "utf16le"))],
    [
      "a PNG",
      new Uint8Array(
        Buffer.concat([Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"), gzipSync(pixels)]),
      ),
    ],
    [
      "a JPEG",
      new Uint8Array(Buffer.concat([Buffer.from("ffd8ffe000104a46494600010101004800480000", "hex"), pixels])),
    ],
    [
      "a zip",
      new Uint8Array(
        Buffer.concat([Buffer.from("504b0304140000000800000021000000", "hex"), gzipSync(pixels)]),
      ),
    ],
    ["gzip", new Uint8Array(gzipSync(pixels))],
    [
      "WAV",
      new Uint8Array(Buffer.concat([Buffer.from("524946462408000057415645666d742010000000", "hex"), pixels])),
    ],
  ])("%s", async (_, bytes) => {
    for (const length of [bytes.length, bytes.length - (bytes.length % 35), 35 * 3, 35]) {
      await refused(bytes.subarray(0, length));
    }
  });

  test("the program that runs this", async () => {
    const elf = readFileSync(process.execPath).subarray(0, 1 << 20);
    for (let at = 0; at < elf.length; at += 4099)
      await openEvents(new Uint8Array(elf.subarray(at, at + 4096))).then(
        () => expect.unreachable(`taken for events at ${at}`),
        (error: unknown) => expect(error).toBeInstanceOf(Error),
      );
  });

  test("recordings with a signature keep their format", async () => {
    const events = randomEvents(new Random("signed"), 500, SENSOR, 100);
    for (const format of writeFormats) {
      const pieces = encodeEvents(format, SENSOR, [events]);
      expect((await openEvents(await bytesOf(pieces))).format).toBe(format);
    }
  });
});

type Sample = { readonly file: string; readonly label: number; readonly events: number };

test.skipIf(DATA === undefined)("all samples of N-MNIST read whole", async () => {
  const folder = join(DATA!, "nmnist");
  const { samples }: { samples: Sample[] } = JSON.parse(readFileSync(join(folder, "index.json"), "utf8"));
  expect(samples.length).toBeGreaterThan(800);
  for (const { file, events } of samples) {
    const { recording, events: all } = await readAll(new Uint8Array(readFileSync(join(folder, file))));
    expect(recording.format).toBe("nmnist");
    expect(recording.sensor.width).toBeLessThanOrEqual(34);
    expect(all.t.length).toBe(events);
  }
});
