import { readdir, readFile, writeFile } from "node:fs/promises";
import { expect, suite, test } from "vitest";
import { Random } from "../../src/core/index.ts";
import { writeFormats } from "../../src/events/index.ts";
import { writeRecording } from "../../src/events/node.ts";
import { eventsOf, randomEvents } from "../events/support.ts";
import { contents, events, scratch, WALK } from "./events-support.ts";

const at = await scratch("convert");
const SENSOR = { width: 128, height: 96 };
const EVENTS = randomEvents(new Random(3), 5000, SENSOR);
await writeRecording(at("in.aedat4"), "aedat4", SENSOR, [EVENTS]);

suite("saccade events convert", () => {
  test.each(writeFormats)("to %s and back loses nothing", async (format) => {
    const [there, back] = [at(`there.${format}`), at(`back-${format}.aedat4`)];
    const size = ["--size", "128x96"];
    expect(await events(["convert", at("in.aedat4"), there, "--to", format])).toMatchObject({
      code: 0,
      stderr: "",
    });
    expect(await events(["convert", there, back, "--from", format, ...size])).toMatchObject({
      code: 0,
      stderr: "",
    });
    expect((await contents(back)).events).toEqual(EVENTS);
  });

  test("counts times from the first event where a format has none so late, and says so", async () => {
    const late = eventsOf([
      [1_633_953_690_975_950, 1, 2, 1],
      [1_633_953_690_975_990, 3, 4, 0],
    ]);
    await writeRecording(at("late.aedat4"), "aedat4", { width: 10, height: 8 }, [late]);
    for (const format of ["evt2", "evt21", "evt3", "dat", "es"]) {
      const { code, stderr } = await events(["convert", at("late.aedat4"), at("x.bin"), "--to", format]);
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: `saccade: ${at("x.bin")}: ${format} has no times as late as 1633953690975950 µs: they count from there\n`,
      });
      const { stdout } = await events(["info", "--json", at("x.bin")]);
      expect(JSON.parse(stdout)).toMatchObject({ events: 2, firstUs: 0, lastUs: 40 });
    }
    const { stderr } = await events(["convert", at("late.aedat4"), at("x.csv"), "--rebase"]);
    expect(stderr).toBe("");
    expect(JSON.parse((await events(["info", "--json", at("x.csv")])).stdout)).toMatchObject({ firstUs: 0 });
  });

  test("tells what it wrote", async () => {
    const result = await events(["convert", at("in.aedat4"), at("told.raw")]);
    expect(result).toEqual({
      code: 0,
      stdout: `${at("told.raw")}: evt3, 5000 events, 50.15 ms\n`,
      stderr: "",
    });
  });

  test("writes to standard output, and nothing else there", async () => {
    const parts: Uint8Array[] = [];
    const writeBytes = (part: Uint8Array) => Promise.resolve(void parts.push(part.slice()));
    const result = await events(["convert", at("in.aedat4"), "-", "--to", "evt3"], { writeBytes });
    expect(result).toEqual({ code: 0, stdout: "", stderr: "" });
    await events(["convert", at("in.aedat4"), at("same.raw")]);
    expect(Buffer.concat(parts).equals(await readFile(at("same.raw")))).toBe(true);
  });

  test("compresses as it is told", async () => {
    for (const compression of ["none", "lz4", "lz4-high"]) {
      const out = at(`${compression}.aedat4`);
      await events(["convert", at("in.aedat4"), out, "--compression", compression]);
      expect((await contents(out)).events).toEqual(EVENTS);
    }
    const [none, lz4] = [await readFile(at("none.aedat4")), await readFile(at("lz4.aedat4"))];
    expect(lz4.length).toBeLessThan(none.length);
  });

  test.each<[why: string, args: string[], message: RegExp]>([
    ["no known ending", ["in.aedat4", "x.unknown"], /x\.unknown: expected a known ending or --to /],
    ["no ending on standard output", ["in.aedat4", "-"], /-: expected a known ending or --to /],
    ["the same file twice", ["in.aedat4", "in.aedat4"], /expected different files to read and to write/],
    [
      "a compression of no format",
      ["in.aedat4", "x.aedat4", "--compression", "rar"],
      /expected --compression none\|lz4\|lz4-high\|zstd\|zstd-high, got rar/,
    ],
    [
      "a compression of another format",
      ["in.aedat4", "x.raw", "--compression", "lz4"],
      /expected no --compression for evt3/,
    ],
    ["a file that is not there", ["gone.raw", "x.raw"], /gone\.raw: no such file or folder/],
    ["a folder that is not there", ["in.aedat4", "no/x.raw"], /no\/x\.raw: no such file or folder/],
    [
      "a region off the sensor",
      ["in.aedat4", "x.raw", "--region", "100,0,64x64"],
      /expected a region within 128x96/,
    ],
    [
      "an end before the start",
      ["in.aedat4", "x.raw", "--start", "2s", "--end", "1s"],
      /expected --start before --end/,
    ],
    ["no server", ["in.aedat4", "tcp://127.0.0.1:99999"], /expected a port of at most 65535/],
  ])("%s is bad input, and leaves nothing", async (_why, args, message) => {
    const before = await readdir(at("."));
    const paths = args.map((arg) => (/^[a-z/]+\.[a-z0-9]+$/.test(arg) ? at(arg) : arg));
    const { code, stdout, stderr } = await events(["convert", ...paths]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(message);
    expect(await readdir(at("."))).toEqual(before);
  });

  test.each([
    ["--to", "mp3"],
    ["--from", "mp3"],
    ["--size", "0x10"],
    ["--start", "soon"],
    ["--end", "-5"],
    ["--region", "1,2,3"],
    ["--max-events", "0"],
    ["--policy", "maybe"],
    ["--speed", "0"],
  ])("%s %s is wrong usage", async (option, value) => {
    const { code, stdout } = await events(["convert", at("in.aedat4"), at("x.raw"), option, value]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  test("reads a damaged recording only where that is asked for, and says what was lost", async () => {
    const whole = await readFile(WALK);
    await writeFile(at("cut.aedat4"), whole.subarray(0, whole.length / 2));
    const strict = await events(["convert", at("cut.aedat4"), at("sound.aedat4")]);
    expect(strict).toMatchObject({ code: 1, stdout: "" });
    expect(strict.stderr).toMatch(/cut\.aedat4: aedat4 at byte \d+: expected a packet/);
    expect(await readdir(at("."))).not.toContain("sound.aedat4");
    const recovered = await events(["convert", at("cut.aedat4"), at("sound.aedat4"), "--recover"]);
    expect(recovered.code).toBe(0);
    expect(recovered.stderr).toMatch(
      /cut\.aedat4: 1 fault, left out 0 events and \d+ bytes; the first at byte \d+/,
    );
    expect((await contents(at("sound.aedat4"))).events.t.length).toBeGreaterThan(100_000);
  });
});

suite("saccade events cut", () => {
  test("takes a time range as it is recorded, or since the first event", async () => {
    const first = EVENTS.t[0]!;
    for (const [name, start, end] of [
      ["absolute", `${first + 10_000}`, `${first + 20_000}us`],
      ["relative", "+10ms", "+.02s"],
    ] as const) {
      const out = at(`${name}.aedat4`);
      await events(["cut", at("in.aedat4"), out, "--start", start, "--end", end]);
      const { t } = (await contents(out)).events;
      const expected = EVENTS.t.filter((time) => time >= first + 10_000 && time < first + 20_000);
      expect(t).toEqual(expected);
    }
  });

  test("takes a region in its own coordinates, and so many events", async () => {
    await events([
      "cut",
      at("in.aedat4"),
      at("region.aedat4"),
      "--region",
      "32,16,64x48",
      "--max-events",
      "100",
    ]);
    const { sensor, events: found } = await contents(at("region.aedat4"));
    expect(sensor).toEqual({ width: 64, height: 48 });
    expect(found.t.length).toBe(100);
    expect(Math.max(...found.x)).toBeLessThan(64);
  });

  test("wants a part", async () => {
    const { code, stderr } = await events(["cut", at("in.aedat4"), at("x.aedat4")]);
    expect(code).toBe(2);
    expect(stderr).toContain("give --start, --end, --region or --max-events");
  });
});

suite("saccade events filter", () => {
  test("passes events through one transform after the other", async () => {
    const out = at("flipped.aedat4");
    const { code } = await events([
      "filter",
      at("in.aedat4"),
      out,
      "flipLR",
      ",",
      "flipUD,",
      "limit",
      "maxEvents=1000",
    ]);
    expect(code).toBe(0);
    const { events: found } = await contents(out);
    expect(found.t).toEqual(EVENTS.t.subarray(0, 1000));
    expect(found.x).toEqual(EVENTS.x.subarray(0, 1000).map((x) => 127 - x));
    expect(found.y).toEqual(EVENTS.y.subarray(0, 1000).map((y) => 95 - y));
  });

  test("draws by its seed", async () => {
    const args = (name: string, seed: string) => [
      "filter",
      at("in.aedat4"),
      at(name),
      "--seed",
      seed,
      "dropEvent",
      "p=0.5",
    ];
    for (const [name, seed] of [
      ["a.aedat4", "1"],
      ["b.aedat4", "1"],
      ["c.aedat4", "2"],
    ] as const) {
      expect(await events(args(name, seed))).toMatchObject({ code: 0, stderr: "" });
    }
    const [a, b, c] = [
      await readFile(at("a.aedat4")),
      await readFile(at("b.aedat4")),
      await readFile(at("c.aedat4")),
    ];
    expect(a.equals(b)).toBe(true);
    expect(a.equals(c)).toBe(false);
  });

  test("lists the transforms with their options", async () => {
    const { stdout } = await events(["filter", "--list"]);
    expect(stdout).toContain("flipLR\n");
    expect(stdout).toMatch(/ {4}rateHz=N Hz +\S/);
    const described = JSON.parse((await events(["filter", "--list", "--json"])).stdout);
    expect(described.limit.options.maxEvents.type).toBe("integer");
  });

  test.each<[args: string[], message: string]>([
    [["flipSideways"], "expected a transform of "],
    [["toString"], "expected a transform of "],
    [["flipLR", ","], "expected a transform of "],
    [["limit", "maxEvents=many"], "limit: expected maxEvents to be a whole number"],
    [["limit", "most=3"], 'limit: expected an option of maxEvents, got "most"'],
    [["limit", "maxEvents"], 'limit: expected KEY=VALUE, got "maxEvents"'],
    [["limit", "maxEvents=1", "maxEvents=2"], "limit: expected maxEvents once"],
    [[], "expected IN OUT NAME"],
  ])("%j is bad input", async (words, message) => {
    const { code, stderr } = await events(["filter", at("in.aedat4"), at("x.aedat4"), ...words]);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });
});
