import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { ArgumentError, FormatError, Random } from "../../src/core/index.ts";
import { type Events, joinEvents, openEvents, type OpenOptions } from "../../src/events/index.ts";
import { decimalTimes } from "../../src/events/formats/text/decimal.ts";
import {
  anyEvents,
  chunked,
  eventsOf,
  randomEvents,
  readAll,
  readUntilError,
  sameEvents,
} from "./support.ts";
import { bytesOfText, written } from "./tables.ts";

const SENSOR = { width: 320, height: 240 };
const read = (text: string, options: OpenOptions = {}) => readAll(bytesOfText(text), options);

const RPG = "0.000010 3 7 1\n0.000012 4 7 0\n0.000900 319 239 1\n";
const EVENTS = eventsOf([
  [10, 3, 7, 1],
  [12, 4, 7, 0],
  [900, 319, 239, 1],
]);

suite("text round trips", () => {
  test.each(["csv", "txt"] as const)("%s gives back what was written", async (format) => {
    await fc.assert(
      fc.asyncProperty(anyEvents(SENSOR, 1e13), async (events) => {
        // Without a row of names no text is left of no events.
        fc.pre(format === "csv" || events.t.length > 0);
        const back = await readAll(await written(format, SENSOR, events), { sensor: SENSOR });
        expect(back.recording.format).toBe(format);
        expect(back.events).toEqual(events);
      }),
      { numRuns: 60 },
    );
  });

  test("are the same in chunks of any size", async () => {
    const events = randomEvents(new Random("text"), 20_000, SENSOR, 30);
    for (const format of ["csv", "txt"] as const) {
      const bytes = await written(format, SENSOR, events);
      for (const size of [3, 4099, bytes.length]) {
        const batches: Events[] = [];
        for await (const batch of await openEvents(chunked(bytes, size), { sensor: SENSOR }))
          batches.push(batch);
        expect(sameEvents(joinEvents(batches), events)).toBe(true);
      }
    }
  });

  test("write what other programs read", async () => {
    const text = async (format: "csv" | "txt") =>
      new TextDecoder().decode(await written(format, SENSOR, EVENTS));
    expect(await text("csv")).toBe("t,x,y,p\n10,3,7,1\n12,4,7,0\n900,319,239,1\n");
    expect(await text("txt")).toBe(RPG);
    await expect(written("csv", { width: 5, height: 5 }, EVENTS)).rejects.toThrow(ArgumentError);
  });
});

suite("text of events", () => {
  test.each([
    ["of rpg", RPG],
    ["with carriage returns", RPG.replaceAll("\n", "\r\n")],
    ["without a last line feed", RPG.trimEnd()],
    ["with tabs", RPG.replaceAll(" ", "\t")],
    ["with blank lines and blanks", ` ${RPG.replaceAll("\n", "  \n\n")}\n`],
    ["with comments", `# made by hand\n${RPG.replace("0.000900", "% and here\n// too\n0.000900")}`],
    ["with a byte order mark", `\ufeff${RPG}`],
    ["with signs", "+0.000010 +3 7 +1\n0.000012 4 7 -1\n0.000900 319 239 1\n"],
    ["with the size of the sensor", `320 240\n${RPG}`],
    ["with names", "t,x,y,p\n10,3,7,1\n12,4,7,0\n900,319,239,1"],
    ["with other names in another order", "x;y;Polarity;Timestamp\n3;7;1;10\n4;7;0;12\n319;239;1;900\n"],
    ["with names in quotes", '"x", "y", "p", "t"\n3, 7, 1, 10\n4, 7, 0, 12\n319, 239, 1, 900\n'],
    ["with more columns", "id,t,x,y,pol,note\n9,10,3,7,1,0.5\n8,12,4,7,0,-2\n7,900,319,239,1,1e5\n"],
    ["with units in names", "t[s] x y p\n0.00001 3 7 1\n0.000012 4 7 0\n9e-4 319 239 1\n"],
    ["with names in a comment", "# t_us x y p\n10 3 7 1\n12 4 7 0\n900 319 239 1\n"],
    ["of Metavision", "3,7,1,10\n4,7,0,12\n319,239,1,900\n"],
    [
      "in exponents, as NumPy writes it",
      "1.0e-05 3.000e+00 7e0 1.0\n1.2e-05 4 7 0.0\n9.0e-04 3.19e+02 239 1\n",
    ],
  ])("%s is read", async (_, text) => {
    const { events, recording } = await read(text);
    expect(events).toEqual(EVENTS);
    expect(recording.sensor).toEqual(SENSOR);
    expect(recording.format).toBe(/[,;]/.test(text) ? "csv" : "txt");
    const got: Events[] = [];
    for await (const batch of await openEvents(chunked(bytesOfText(text), 1))) got.push(batch);
    expect(joinEvents(got)).toEqual(EVENTS);
  });

  test("has times in seconds with a point, in microseconds without, or as the option says", async () => {
    const times = async (text: string, options: OpenOptions = {}) => [
      ...(await read(text, options)).events.t,
    ];
    expect(await times("t x y p\n1 0 0 1\n")).toEqual([1]);
    expect(await times("t x y p\n1.0 0 0 1\n2 0 0 1\n")).toEqual([1e6, 2e6]);
    expect(await times("t x y p\n1 0 0 1\n", { layout: { timeUnit: "s" } })).toEqual([1e6]);
    expect(await times("t x y p\n1.6 0 0 1\n", { layout: { timeUnit: "us" } })).toEqual([2]);
    expect(await times("t_us x y p\n1.0 0 0 1\n")).toEqual([1]);
  });

  test("has times that are rounded by their digits", async () => {
    const text =
      "t x y p\n1.0000005 0 0 1\n1.0000014999999999999999 0 0 1\n1700000000.123456789 0 0 1\n4503599627.370496 0 0 1\n";
    expect([...(await read(text)).events.t]).toEqual([1000001, 1000001, 1700000000123457, 4503599627370496]);
  });

  test("has an order that its content tells, or the option", async () => {
    const ambiguous = "1 2 3 1\n2 3 4 0\n";
    await expect(read(ambiguous)).rejects.toThrow(/layout\.columns, got 2 that may be t x y p or x y t p$/);
    expect((await read(ambiguous, { layout: { columns: "xytp" } })).events).toEqual(
      eventsOf([
        [3, 1, 2, 1],
        [4, 2, 3, 0],
      ]),
    );
    expect((await read(ambiguous, { sensor: { width: 4, height: 4 } })).recording.sensor.width).toBe(4);
    const odd = "1 9 5 6\n0 12 5 6\n";
    expect((await read(odd, { format: "txt", layout: { columns: "ptxy" } })).events).toEqual(
      eventsOf([
        [9, 5, 6, 1],
        [12, 5, 6, 0],
      ]),
    );
    await expect(read(odd)).rejects.toThrow(FormatError);
  });

  test("names the line and the byte of a fault, and goes on after it in recover mode", async () => {
    for (const [line, what] of [
      ["0.000013 4 7", 'expected 4 numbers, got "0.000013 4 7", in line 4'],
      ["0.000013 4 7 1 9", 'expected 4 numbers, got "0.000013 4 7 1 9", in line 4'],
      ["0.000013 4 seven 1", 'expected 4 numbers, got "0.000013 4 seven 1", in line 4'],
      ["0.000013 320 7 1", "expected an event within 320x240, got (320, 7), in line 4"],
      ["0.000013 4.5 7 1", "expected an event within 320x240, got (4.5, 7), in line 4"],
      ["0.000013 4 7 3", "expected a polarity of -1, 0 or 1, got 3, in line 4"],
      ["0.000011 4 7 1", "expected a time from 12 to 2^53 µs, got 11, in line 4"],
      ["-0.5 4 7 1", "expected a time from 12 to 2^53 µs, got -500000, in line 4"],
      ["9e99 4 7 1", "expected a time from 12 to 2^53 µs, got Infinity, in line 4"],
    ] as const) {
      const lines = RPG.split("\n");
      const text = ["# a comment", ...lines.slice(0, 2), line, ...lines.slice(2)].join("\n");
      const { events, error } = await readUntilError(bytesOfText(text), { sensor: SENSOR });
      expect(events.t.length).toBe(2);
      expect(error).toMatchObject({ format: "txt", offset: text.indexOf(line), what });
      const recovered = await read(text, { sensor: SENSOR, mode: "recover" });
      expect(recovered.events).toEqual(EVENTS);
      expect(recovered.recording.report.count).toBe(1);
    }
  });

  test("has lines of 4096 bytes at most", async () => {
    for (const filler of ["9", " "]) {
      const text = `${RPG}0.000901 1 1 ${filler.repeat(20_000)}1\n0.000902 1 1 1\n`;
      const reports = [];
      for (const size of [1, 7, 1000, 4096, 30_000]) {
        const recording = await openEvents(chunked(bytesOfText(text), size), {
          sensor: SENSOR,
          mode: "recover",
        });
        let count = 0;
        for await (const { t } of recording) count += t.length;
        expect(count).toBe(4);
        const { faults, droppedBytes } = recording.report;
        reports.push({ faults, droppedBytes });
      }
      expect(reports[0]!.faults).toEqual([
        { offset: RPG.length, what: "expected a line of at most 4096 bytes, got a longer one, line 4" },
      ]);
      expect(reports[0]!.droppedBytes).toBe(20_015);
      for (const report of reports) expect(report).toEqual(reports[0]);
    }
  });

  test("that never ends its line is refused", async () => {
    let pulled = 0;
    async function* endless() {
      yield bytesOfText(RPG);
      for (;;) {
        pulled++;
        yield new Uint8Array(1000).fill(0x31);
      }
    }
    const recording = await openEvents(endless(), { sensor: SENSOR });
    await expect(
      (async () => {
        for await (const _ of recording);
      })(),
    ).rejects.toThrow(/line of at most 4096 bytes/);
    expect(pulled).toBeLessThan(20);
  });

  test("comes from a pipe as it is written", async () => {
    let pulled = 0;
    async function* slow() {
      for (let i = 0; i < 1000; i++) {
        pulled++;
        yield bytesOfText(`${i}.5 ${i % 300} ${(i * 7) % 200} ${i % 2}\n`);
      }
    }
    let seen = 0;
    for await (const { t } of await openEvents(slow(), { sensor: SENSOR })) {
      seen += t.length;
      if (seen > 500) break;
    }
    expect(pulled).toBeLessThan(520);
  });
});

test.each([
  ["prose", "Once upon a time there was a camera\n"],
  ["prose of four words a line", "one two three four\nfive six seven eight\n"],
  ["JSON", '{ "t": 1,\n"x": 2 }\n'],
  ["a table of other things", "frame,joint,x,y\n0,1,2,3\n"],
  ["numbers of other things", "10.5 20.3 30.1 40.9\n11 21 31 41\n"],
  ["three columns", "1 2 3\n2 3 4\n"],
  ["five columns", "1 2 3 1 1\n"],
  ["bytes between the lines", "0.1 1 1 1\n0.2 1 \x07 1\n"],
  ["nothing but comments", "# one\n# two\n"],
  ["names of some columns", "t,x,y\n1,2,3\n"],
  ["a size alone", "240 180\n"],
  ["times that fall", "50000 1 1 1\n40000 1 1 1\n30000 2 2 0\n"],
])("%s is no text of events", async (_, text) => {
  await expect(read(text)).rejects.toThrow(FormatError);
});

test("decimals are rounded as whole numbers are", () => {
  const digits = fc.array(fc.nat(9), { minLength: 1, maxLength: 12 }).map((list) => list.join(""));
  fc.assert(
    fc.property(digits, digits, fc.integer({ min: -6, max: 6 }), (whole, fraction, exponent) => {
      const all = BigInt(whole + fraction);
      const shift = 6 + exponent - fraction.length;
      const unit = 10n ** BigInt(Math.max(0, -shift));
      const exact = (all * 10n ** BigInt(Math.max(0, shift)) + unit / 2n) / unit;
      const got = decimalTimes(`${whole}.${fraction}e${exponent}`, 6)!;
      if (exact < 10n ** 15n) expect(BigInt(got)).toBe(exact);
      else expect(got).toBeGreaterThanOrEqual(1e15);
    }),
    { numRuns: 500 },
  );
  expect(decimalTimes("-1.5", 0)).toBe(-2);
  expect(decimalTimes(".5", 0)).toBe(1);
  for (const text of ["", ".", "1e", "e5", "0x10", "1_0", "nan", "inf", "1.2.3"]) {
    expect(decimalTimes(text, 0)).toBeUndefined();
  }
});
