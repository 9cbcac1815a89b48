import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, suite, test } from "vitest";
import { writeRecording } from "../../src/events/node.ts";
import { DATA, eventsOf } from "../events/support.ts";
import { events, scratch, WALK } from "./events-support.ts";

const at = await scratch("info");
const SENSOR = { width: 10, height: 8 };
await writeRecording(at("few.aedat4"), "aedat4", SENSOR, [
  eventsOf([
    [100, 1, 2, 1],
    [100, 3, 4, 0],
    [600_100, 5, 6, 1],
  ]),
]);
await writeRecording(at("none.aedat4"), "aedat4", SENSOR, []);

suite("saccade events info", () => {
  test("tells what a recording holds", async () => {
    const { code, stdout, stderr } = await events(["info", WALK]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(
      `${WALK}\n` +
        "  format    aedat4\n" +
        "  sensor    128 x 128 pixels\n" +
        "  events    326,834, 49.5 % ON\n" +
        "  time      19 to 9,994,995 µs\n" +
        "  duration  9.995 s\n" +
        "  rate      32.7 k events/s\n" +
        "  faults    none\n",
    );
  });

  test("as one object", async () => {
    const { stdout } = await events(["info", "--json", at("few.aedat4")]);
    expect(JSON.parse(stdout)).toMatchObject({
      file: at("few.aedat4"),
      format: "aedat4",
      ...SENSOR,
      events: 3,
      on: 2,
      off: 1,
      firstUs: 100,
      lastUs: 600_100,
      durationUs: 600_000,
      rateHz: 5,
      sumX: 9,
      sumY: 12,
      frames: 0,
      faults: [],
      faultCount: 0,
      droppedEvents: 0,
      droppedBytes: 0,
    });
  });

  test("of generic events, which have no pixels, tells how many and when", async () => {
    // Event Stream 2.0 of type 0: three events, 5, 254 + 1 and 0 µs after the last, of 2, 0 and 1 bytes.
    const bytes = [...Buffer.from("Event Stream"), 2, 0, 0, 0, 5, 4, 7, 8, 255, 1, 0, 0, 2, 9];
    await writeFile(at("generic.es"), Uint8Array.from(bytes));
    const { code, stdout } = await events(["info", "--json", at("generic.es")]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      format: "es",
      kind: "generic",
      width: 0,
      height: 0,
      events: 3,
      on: 0,
      off: 0,
      firstUs: 5,
      lastUs: 260,
      faults: [],
    });
    expect((await events(["info", at("generic.es")])).stdout).toContain("3 without pixels");
    await writeFile(at("cut.es"), Uint8Array.from(bytes.slice(0, -1)));
    const cut = JSON.parse((await events(["info", "--json", at("cut.es")])).stdout);
    expect(cut).toMatchObject({ events: 2, faultCount: 1 });
  });

  test("of a recording without events has no times", async () => {
    const { stdout } = await events(["info", "--json", at("none.aedat4")]);
    expect(JSON.parse(stdout)).toMatchObject({ events: 0, firstUs: null, lastUs: null, rateHz: null });
    expect((await events(["info", at("none.aedat4")])).stdout).toContain("  events    0\n");
  });

  test("of a part counts the part", async () => {
    const { stdout } = await events([
      "info",
      "--json",
      "--region",
      "3,4,5x4",
      "--end",
      "+1ms",
      at("few.aedat4"),
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ width: 5, height: 4, events: 1, sumX: 0, sumY: 0 });
  });

  test("lists faults, which are an error only for --strict", async () => {
    const whole = await readFile(WALK);
    await writeFile(at("cut.aedat4"), whole.subarray(0, whole.length / 2));
    const lenient = await events(["info", at("cut.aedat4")]);
    expect(lenient.code).toBe(0);
    expect(lenient.stdout).toMatch(
      /faults {4}1; left out 0 events, [\d,]+ bytes\n {4}at byte \d+: expected a packet/,
    );
    const strict = await events(["info", "--strict", "--json", at("cut.aedat4")]);
    expect(strict.code).toBe(1);
    expect(JSON.parse(strict.stdout)).toMatchObject({ faultCount: 1 });
    expect(strict.stderr).toBe(`saccade: ${at("cut.aedat4")}: expected no faults, got 1\n`);
  });

  test("of several goes on after one that cannot be read, and fails", async () => {
    await writeFile(at("text.aedat4"), "this is no recording");
    const files = [at("gone.raw"), at("text.aedat4"), at("few.aedat4")];
    const { code, stdout, stderr } = await events(["info", "--json", ...files]);
    expect(code).toBe(1);
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).events),
    ).toEqual([3]);
    expect(stderr).toContain(`${at("gone.raw")}: no such file or folder`);
    expect(stderr).toContain(`${at("text.aedat4")}: events at byte 0: expected a recording`);
  });

  test.skipIf(DATA === undefined)("counts real recordings", async () => {
    const { stdout } = await events(["info", "--json", join(DATA!, "events/evt3/gen41_evt3_sample.raw")]);
    expect(JSON.parse(stdout)).toMatchObject({ format: "evt3", width: 1280, height: 720, events: 219_596 });
  });
});

suite("the help of saccade events", () => {
  test.each(["info", "convert", "cut", "filter", "stats", "view", "play"])(
    "%s has examples",
    async (name) => {
      const { code, stdout } = await events([name, "--help"]);
      expect(code).toBe(0);
      expect(stdout).toContain(`Examples:\n  saccade events ${name} `);
    },
  );

  test("no command is wrong usage", async () => {
    expect((await events([])).code).toBe(2);
    expect((await events(["explain", "x.raw"])).code).toBe(2);
  });
});
