import fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, suite, test } from "vitest";
import { FormatError, Random, UnsupportedError } from "../../src/core/index.ts";
import {
  encodeAedat4,
  encodeDat,
  encodeEventStream,
  encodeEvt2,
  encodeEvt21,
  encodeEvt3,
  openEvents,
} from "../../src/events/index.ts";
import { bs3Of, nmnistOf } from "./flat-files.ts";
import { bytesOf, DATA, randomEvents } from "./support.ts";

const SENSOR = { width: 64, height: 48 };
const events = randomEvents(new Random("hostile"), 200, SENSOR, 300);

const files = {
  "aedat4 none": await bytesOf(encodeAedat4(SENSOR, [events, later(events)], { compression: "none" })),
  "aedat4 lz4": await bytesOf(encodeAedat4(SENSOR, [events, later(events)], { compression: "lz4" })),
  evt3: await bytesOf(encodeEvt3(SENSOR, [events, later(events)])),
  evt2: await bytesOf(encodeEvt2(SENSOR, [events, later(events)])),
  evt21: await bytesOf(encodeEvt21(SENSOR, [events, later(events)])),
  dat: await bytesOf(encodeDat(SENSOR, [events, later(events)])),
  es: await bytesOf(encodeEventStream(SENSOR, [events, later(events)])),
  nmnist: nmnistOf(events),
  bs3: bs3Of(events),
};

function later(e: typeof events): typeof events {
  return { ...e, t: e.t.map((t) => t + 1e6) };
}

/** Reads to the end and checks what may be relied on: known errors only, and events that keep to the sensor. */
async function probe(bytes: Uint8Array, mode: "strict" | "recover"): Promise<void> {
  let count = 0;
  let last = 0;
  try {
    const recording = await openEvents(bytes, { mode });
    const { width, height } = recording.sensor;
    for await (const { t, x, y, on } of recording) {
      for (let i = 0; i < t.length; i++) {
        if (!(t[i]! >= last && x[i]! < width && y[i]! < height && on[i]! <= 1))
          throw new Error("a bad event");
        last = t[i]!;
      }
      count += t.length;
    }
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof UnsupportedError)) throw error;
    expect(error.message).toMatch(/expected .*, got /);
  }
  // 12 or 32 events a word, or one in 16 bytes that LZ4 expands 255-fold: none can come from nothing.
  expect(count).toBeLessThanOrEqual(16 * bytes.length);
}

suite.each(Object.entries(files))("a hostile file, %s", (_, file) => {
  test("with bytes changed, cut out or doubled ends in a known error or in events", async () => {
    const change = fc.record({
      kind: fc.constantFrom("set", "flip", "cut", "double", "word"),
      // Headers and the first packet come more often than the rest.
      at: fc.oneof(fc.nat(file.length - 1), fc.nat(Math.min(900, file.length - 1))),
      value: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 127, 128, 255)),
      length: fc.nat(40),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (changes, strict) => {
          let bytes: Uint8Array = file.slice();
          for (const { kind, at, value, length } of changes) {
            const i = Math.min(at, bytes.length - 1);
            if (i < 0) break;
            if (kind === "set") bytes[i] = value;
            else if (kind === "flip") bytes[i]! ^= 1 << (value & 7);
            else if (kind === "word") bytes.fill(value, i, i + 4);
            else if (kind === "cut") bytes = joined(bytes.subarray(0, i), bytes.subarray(i + length));
            else bytes = joined(bytes.subarray(0, i + length), bytes.subarray(i));
          }
          await probe(bytes, strict ? "strict" : "recover");
        },
      ),
      { numRuns: 700 },
    );
  });

  test("cut at every byte ends in a known error or in events", async () => {
    for (let length = 0; length < Math.min(file.length, 1500); length++) {
      await probe(file.subarray(0, length), "strict");
      await probe(file.subarray(0, length), "recover");
    }
  });
});

test.each([
  ["aedat4", [...new TextEncoder().encode("#!AER-DAT4.0\r\n")]],
  ["evt3", [...new TextEncoder().encode("% evt 3.0\n% geometry 64x48\n% end\n")]],
  ["evt2", [...new TextEncoder().encode("% evt 2.0\n% geometry 64x48\n% end\n")]],
  ["evt21", [...new TextEncoder().encode("% evt 2.1\n% geometry 64x48\n% endianness legacy\n% end\n")]],
  ["dat", [...new TextEncoder().encode("% Version 2\n\f\b")]],
  ["es", [...new TextEncoder().encode("Event Stream\x02\0\0\x01\x40\0\x30\0")]],
  ["es of an ATIS", [...new TextEncoder().encode("Event Stream\x02\0\0\x02\x40\0\x30\0")]],
])("random bytes after the first line of %s end in a known error or in events", async (_, start) => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, strict) =>
      probe(Uint8Array.from([...start, ...bytes]), strict ? "strict" : "recover"),
    ),
    { numRuns: 300 },
  );
});

test("a header that claims gigabytes allocates none", async () => {
  const bytes = Uint8Array.from([...new TextEncoder().encode("#!AER-DAT4.0\r\n"), 255, 255, 255, 0, 1, 2, 3]);
  const before = process.memoryUsage().arrayBuffers;
  await expect(openEvents(bytes)).rejects.toThrow(FormatError);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
});

test.skipIf(DATA === undefined)(
  "real recordings with bytes changed end in a known error or in events",
  async () => {
    const random = new Random("real");
    for (const name of [
      "aedat4/davis346_zstd_reencoded.aedat4",
      "aedat4/davis346_lz4.aedat4",
      "evt3/gen41_evt3_sample.raw",
      "evt2/gen3_sparklers_cut.raw",
      "evt21/reencoded_from_evt2.raw",
      "dat/ncars_obj_004397_td.dat",
      "es/nmnist_00002.es",
      "nmnist_bin/tonic_sample.bin",
      "dvsgesture_bs3/01_hand_clapping.bs3",
    ]) {
      const file = new Uint8Array(readFileSync(join(DATA!, "events", name)));
      for (let k = 0; k < 40; k++) {
        const bytes = file.slice();
        for (let i = 0; i < 5; i++)
          bytes[random.integer(0, k % 2 === 0 ? 4000 : bytes.length)] = random.integer(0, 256);
        await probe(bytes, k % 4 < 2 ? "strict" : "recover");
      }
    }
  },
);

function joined(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
