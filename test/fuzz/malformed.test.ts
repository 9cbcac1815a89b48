import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, suite, test } from "vitest";
import { FormatError, Random } from "../../src/core/index.ts";
import { openEvents } from "../../src/events/index.ts";
import { DATA } from "../events/support.ts";
import { CORPUS, outcomesOf, readCorpus } from "./corpus.ts";
import { damaged } from "./damage.ts";
import { chunked, probe } from "./probe.ts";
import { seedFiles } from "./seeds.ts";

const seeds = await seedFiles();

/** Malformed files of each recording; `npm run fuzz` reads as many as one likes. */
const FILES = 200;
/** Bytes from the start at each of which a recording is cut. */
const CUTS = 700;

suite.each([...seeds])("a malformed recording, %s", (name, file) => {
  test("is good before it is damaged", async () => {
    const { events, faults, error } = await probe(file, file.length, "strict");
    expect(error).toBeUndefined();
    expect(faults).toBe(0);
    expect(events).toBeGreaterThan(0);
  });

  test("with random damage ends in a typed error or in good events", async () => {
    for (let iteration = 0; iteration < FILES; iteration++) {
      const { bytes, mode, chunk } = damaged(file, "test", name, iteration);
      await probe(chunk === 0 ? bytes : chunked(bytes, chunk), bytes.length, mode);
    }
  });

  test("cut at every byte ends in a typed error or in good events", async () => {
    for (let length = 0; length < Math.min(file.length, CUTS); length++) {
      await probe(file.subarray(0, length), length, "strict");
      await probe(file.subarray(0, length), length, "recover");
    }
  });

  test("with random bytes behind its first line ends in a typed error or in good events", async () => {
    const random = new Random(`tail ${name}`);
    for (let k = 0; k < 100; k++) {
      const bytes = file.slice(0, Math.min(file.length, 16 + random.integer(0, 500)));
      for (let i = 14; i < bytes.length; i++) bytes[i] = random.integer(0, 256);
      await probe(bytes, bytes.length, k % 2 === 0 ? "strict" : "recover");
    }
  });
});

suite("the corpus of malformed recordings", () => {
  test.each([...readCorpus(CORPUS)])("%s ends as it did", async (_, { bytes, expected }) => {
    // JSON has no undefined.
    expect(JSON.parse(JSON.stringify(await outcomesOf(bytes)))).toEqual(expected);
  });
});

test("a header that claims gigabytes allocates none", async () => {
  const bytes = Uint8Array.from([...new TextEncoder().encode("#!AER-DAT4.0\r\n"), 255, 255, 255, 0, 1, 2, 3]);
  const before = process.memoryUsage().arrayBuffers;
  await expect(openEvents(bytes)).rejects.toThrow(FormatError);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
});

test.skipIf(DATA === undefined)(
  "real recordings with bytes changed end in a typed error or in good events",
  async () => {
    const random = new Random("real");
    for (const name of [
      "aedat4/davis346_zstd_reencoded.aedat4",
      "aedat4/davis346_lz4.aedat4",
      "evt3/gen41_evt3_sample.raw",
    ]) {
      const file = new Uint8Array(readFileSync(join(DATA!, "events", name)));
      for (let k = 0; k < 40; k++) {
        const bytes = file.slice();
        for (let i = 0; i < 5; i++)
          bytes[random.integer(0, k % 2 === 0 ? 4000 : bytes.length)] = random.integer(0, 256);
        await probe(bytes, bytes.length, k % 4 < 2 ? "strict" : "recover");
      }
    }
  },
);
