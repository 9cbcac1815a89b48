import { zipSync } from "fflate";
import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { ArgumentError, FormatError, Random, UnsupportedError } from "../../src/core/index.ts";
import { type Events, joinEvents, openEvents } from "../../src/events/index.ts";
import { parseNpz } from "../../src/io/index.ts";
import {
  anyEvents,
  chunked,
  eventsOf,
  randomEvents,
  readAll,
  readUntilError,
  sameEvents,
} from "./support.ts";
import { joined, npyOf, numbersOf, written } from "./tables.ts";

const SENSOR = { width: 320, height: 240 };
const ROWS = [
  [10, 3, 7, 1],
  [12, 4, 7, 0],
  [12, 319, 239, 1],
  [900, 0, 0, 0],
] as const;
const EVENTS = eventsOf(ROWS);

/** Records of fields `[column, type]`; `pad` is of any type and holds ones. */
function recordsOf(
  fields: readonly (readonly [string, string])[],
  rows: readonly (readonly number[])[] = ROWS,
): Uint8Array {
  const at: Record<string, number> = { t: 0, ts: 0, x: 1, y: 2, p: 3, polarity: 3, on: 3 };
  const data = rows.flatMap((row) =>
    fields.map(([name, type]) =>
      type.startsWith("|V")
        ? new Uint8Array(Number(type.slice(2))).fill(1)
        : numbersOf(type, [row[at[name]!] ?? 77]),
    ),
  );
  const descr = `[${fields.map(([name, type]) => `('${name}', '${type}')`).join(", ")}]`;
  return npyOf(descr, `(${rows.length},)`, joined(...data));
}

/** An archive of arrays as NumPy writes it. */
function npzOf(arrays: Readonly<Record<string, Uint8Array>>, level: 0 | 6 = 6): Uint8Array {
  const members = Object.entries(arrays).map(([name, bytes]) => [`${name}.npy`, bytes] as const);
  return zipSync(Object.fromEntries(members), { level, mtime: new Date(1980, 0, 1) });
}

/** Columns as arrays of types. */
function columnsOf(
  types: readonly string[],
  names = ["t", "x", "y", "p"],
  rows: readonly (readonly number[])[] = ROWS,
) {
  return Object.fromEntries(
    names.map((name, i) => [
      name,
      npyOf(
        `'${types[i]}'`,
        `(${rows.length},)`,
        numbersOf(
          types[i]!,
          rows.map((row) => row[i]!),
        ),
      ),
    ]),
  );
}

suite("round trips", () => {
  test.each(["npy", "npz"] as const)("%s gives back what was written", async (format) => {
    await fc.assert(
      fc.asyncProperty(anyEvents(SENSOR, 1e12), async (events) => {
        const back = await readAll(await written(format, SENSOR, events), { sensor: SENSOR });
        expect(back.recording.format).toBe(format);
        expect(back.recording.sensor).toEqual(SENSOR);
        expect(back.events).toEqual(events);
      }),
      { numRuns: 50 },
    );
  });

  test.each(["npy", "npz"] as const)("%s is the same in batches and chunks of any size", async (format) => {
    const events = randomEvents(new Random(format), 70_000, SENSOR, 20, 2 ** 40);
    const bytes = await written(format, SENSOR, events);
    for (const size of [4099, 1 << 17]) {
      const got: Events[] = [];
      for await (const batch of await openEvents(chunked(bytes, size), { sensor: SENSOR })) got.push(batch);
      expect(sameEvents(joinEvents(got), events)).toBe(true);
    }
  });

  test("a small file is the same byte by byte", async () => {
    const bytes = await written("npy", SENSOR, EVENTS);
    const got: Events[] = [];
    for await (const batch of await openEvents(chunked(bytes, 1))) got.push(batch);
    expect(joinEvents(got)).toEqual(EVENTS);
  });

  test("an archive is read by the reader of arrays, too", async () => {
    const arrays = parseNpz(await written("npz", SENSOR, EVENTS));
    expect([...arrays.get("t")!.data]).toEqual([10, 12, 12, 900]);
    expect(arrays.get("x")!.data).toEqual(EVENTS.x);
    expect(arrays.get("p")!.data).toEqual(EVENTS.on);
  });

  test("a column longer than the window of deflate is packed without what is not there", async () => {
    // Zeros at the start of a column once were packed as a copy of zeros before it.
    for (const count of [10, 4096, 4097, 32768, 32769, 70_000]) {
      const events = randomEvents(new Random(count), count, { width: 3, height: 2 }, 1);
      const { events: got } = await readAll(await written("npz", SENSOR, events), { sensor: SENSOR });
      expect(sameEvents(got, events)).toBe(true);
    }
  });

  test("events that do not fit are not written", async () => {
    for (const format of ["npy", "npz"] as const) {
      await expect(written(format, { width: 3, height: 3 }, EVENTS)).rejects.toThrow(ArgumentError);
    }
  });
});

suite("records", () => {
  const usual = [
    ["t", "<i8"],
    ["x", "<u2"],
    ["y", "<u2"],
    ["p", "|u1"],
  ] as const;
  test.each([
    ["as they mostly are", usual],
    [
      "of expelliarmus",
      [
        ["t", "<i8"],
        ["x", "<i2"],
        ["y", "<i2"],
        ["p", "|u1"],
      ],
    ],
    [
      "of truth values",
      [
        ["ts", "<u4"],
        ["x", "<u2"],
        ["y", "<u2"],
        ["on", "|b1"],
      ],
    ],
    [
      "of another order",
      [
        ["x", "<i2"],
        ["y", "<i2"],
        ["p", "|i1"],
        ["t", "<i4"],
      ],
    ],
    [
      "that are padded",
      [
        ["x", "<u2"],
        ["", "|V6"],
        ["t", "<u8"],
        ["p", "|u1"],
        ["", "|V1"],
        ["y", "<u2"],
      ],
    ],
    [
      "with fields besides",
      [
        ["t", "<i8"],
        ["id", "<i4"],
        ["x", "<u2"],
        ["y", "<u2"],
        ["polarity", "|i1"],
      ],
    ],
    [
      "of the other endianness",
      [
        ["t", ">i8"],
        ["x", ">u2"],
        ["y", ">u2"],
        ["p", ">i4"],
      ],
    ],
    [
      "of mixed types",
      [
        ["t", "<u4"],
        ["x", "|u1"],
        ["y", "<f4"],
        ["p", "<f8"],
      ],
    ],
  ] as const)("%s are read", async (_, fields) => {
    const rows = ROWS.filter(([, x]) => x < 128);
    const { events, recording } = await readAll(recordsOf(fields, rows));
    expect(events).toEqual(eventsOf(rows));
    expect(recording.sensor).toEqual({ width: 5, height: 8 });
  });

  test("of the usual layout and of any other give the same events and faults", async () => {
    const value = fc.oneof(fc.nat(3), fc.constantFrom(-1, 320, 239, 240, 32767, -32768));
    const row = fc.tuple(
      fc.integer({ min: -2, max: 2 ** 31 - 1 }),
      value,
      value,
      fc.constantFrom(-1, 0, 1, 2, 127),
    );
    const types = fc.constantFrom(
      ["<i8", "<i2", "<i2", "|i1"],
      ["<i4", "<i2", "<i2", "|i1"],
      ["<i8", "<u2", "<u2", "|u1"],
      ["<u4", "<i2", "<u2", "|u1"],
    );
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 12 }), types, async (rows, [t, x, y, p]) => {
        rows.sort((a, b) => a[0] - b[0]);
        const swapped = (type: string) => type.replace("<", ">");
        const read = async (types: readonly string[]) => {
          const fields = ["t", "x", "y", "p"].map((name, i) => [name, types[i]!] as const);
          const { recording, events } = await readAll(recordsOf(fields, rows), {
            mode: "recover",
            sensor: SENSOR,
          });
          return { events, faults: recording.report.faults };
        };
        expect(await read([t!, x!, y!, p!])).toEqual(await read([t!, x!, y!, p!].map(swapped)));
      }),
      { numRuns: 200 },
    );
  });

  test("with polarities of -1 and 1 are read", async () => {
    const rows = ROWS.map(([t, x, y, p]) => [t, x, y, 2 * p - 1]);
    const fields = [
      ["t", "<i8"],
      ["x", "<i2"],
      ["y", "<i2"],
      ["p", "|i1"],
    ] as const;
    expect((await readAll(recordsOf(fields, rows))).events).toEqual(EVENTS);
  });

  test("with floating-point times are seconds, unless the option says otherwise", async () => {
    const fields = [
      ["t", "<f8"],
      ["x", "<i2"],
      ["y", "<i2"],
      ["p", "|i1"],
    ] as const;
    const seconds = ROWS.map(([t, x, y, p]) => [t / 1e6, x, y, p]);
    expect((await readAll(recordsOf(fields, seconds))).events).toEqual(EVENTS);
    expect((await readAll(recordsOf(fields), { layout: { timeUnit: "us" } })).events).toEqual(EVENTS);
  });

  test("that are no events are errors with the row, or left out", async () => {
    for (const [bad, what] of [
      [[12, 320, 0, 1], "expected an event within 320x240, got (320, 0), in row 2"],
      [[12, -1, 0, 1], "expected an event within 320x240, got (-1, 0), in row 2"],
      [[11, 1, 0, 1], "expected a time from 12 to 2^53 µs, got 11, in row 2"],
      [[12, 1, 0, 2], "expected a polarity of -1, 0 or 1, got 2, in row 2"],
    ] as const) {
      const rows = [ROWS[0], ROWS[1], bad, ROWS[3]];
      const bytes = recordsOf(
        [
          ["t", "<i8"],
          ["x", "<i2"],
          ["y", "<i2"],
          ["p", "|i1"],
        ],
        rows,
      );
      const { events, error } = await readUntilError(bytes, { sensor: SENSOR, file: "a.npy" });
      expect(events).toEqual(eventsOf(ROWS.slice(0, 2)));
      expect(error).toMatchObject({ format: "npy", offset: bytes.length - 2 * 13, what });
      const recovered = await readAll(bytes, { sensor: SENSOR, mode: "recover" });
      expect(recovered.events).toEqual(eventsOf([ROWS[0], ROWS[1], ROWS[3]]));
      expect(recovered.recording.report).toMatchObject({ count: 1, droppedEvents: 1 });
    }
  });

  test("that are missing or too many are faults after all events", async () => {
    const bytes = recordsOf(usual);
    for (const broken of [bytes.subarray(0, -1), joined(bytes, Uint8Array.of(0))]) {
      const whole = broken.length > bytes.length ? 4 : 3;
      const { events, error } = await readUntilError(broken, { sensor: SENSOR });
      expect(events).toEqual(eventsOf(ROWS.slice(0, whole)));
      expect(error).toBeInstanceOf(FormatError);
      const { recording } = await readAll(broken, { sensor: SENSOR, mode: "recover" });
      expect(recording.report.count).toBe(1);
    }
  });
});

suite("arrays of numbers", () => {
  const many = Array.from(
    { length: 40 },
    (_, i) => [100 + 7 * i, (i * 37) % 50, (i * 11) % 30, i % 2] as const,
  );
  const events = eventsOf(many);
  const inOrder = (order: string) =>
    many.map((row) => [...order].map((column) => row["txyp".indexOf(column)]!));

  test.each(["txyp", "xytp", "xypt"])("of columns %s are told by their content", async (order) => {
    const rows = inOrder(order);
    const flat = rows.flat();
    const columns = [0, 1, 2, 3].flatMap((i) => rows.map((row) => row[i]!));
    const files = [
      npyOf("'<i8'", "(40, 4)", numbersOf("<i8", flat)),
      npyOf("'>i4'", "(40L, 4L)", numbersOf(">i4", flat), { version: 2 }),
      npyOf("'<i4'", "(40, 4)", numbersOf("<i4", columns), { fortran: true }),
      npyOf("'<i4'", "(4, 40)", numbersOf("<i4", columns)),
      npyOf("'<i4'", "(4, 40)", numbersOf("<i4", flat), { fortran: true, version: 3 }),
      npzOf({ arr_0: npyOf("'<i8'", "(40, 4)", numbersOf("<i8", flat)) }),
      npzOf({
        other: npyOf("'<i8'", "(1,)", numbersOf("<i8", [1])),
        events: npyOf("'<i4'", "(4, 40)", numbersOf("<i4", columns)),
      }),
    ];
    for (const bytes of files) {
      expect((await readAll(bytes)).events).toEqual(events);
      const got: Events[] = [];
      for await (const batch of await openEvents(chunked(bytes, 100))) got.push(batch);
      expect(joinEvents(got)).toEqual(events);
    }
  });

  test("of any other order need the option", async () => {
    const bytes = npyOf("'<i4'", "(40, 4)", numbersOf("<i4", inOrder("pyxt").flat()));
    expect((await readAll(bytes, { layout: { columns: "pyxt" } })).events).toEqual(events);
    await expect(readAll(bytes)).rejects.toThrow(
      /expected columns t x y p, x y t p or x y p t .*, got other/,
    );
  });

  test("of an order that does not show are refused with the orders it may be", async () => {
    const bytes = npyOf("'<i4'", "(2, 4)", numbersOf("<i4", [1, 2, 3, 1, 2, 3, 4, 0]));
    await expect(readAll(bytes)).rejects.toThrow(/layout\.columns, got 2 that may be t x y p or x y t p$/);
    const { events: got } = await readAll(bytes, { layout: { columns: "xytp" } });
    expect(got).toEqual(
      eventsOf([
        [3, 1, 2, 1],
        [4, 2, 3, 0],
      ]),
    );
  });

  test("options that say nothing are refused", async () => {
    const bytes = npyOf("'<i4'", "(1, 4)", numbersOf("<i4", [1, 2, 3, 1]));
    for (const layout of [{ columns: "txy" }, { columns: "txyy" }, { timeUnit: "ms" as "s" }]) {
      await expect(readAll(bytes, { layout })).rejects.toThrow(ArgumentError);
    }
  });
});

suite("archives", () => {
  test.each([
    ["of SpikingJelly", ["<i8", "<u2", "<u2", "|u1"], ["t", "x", "y", "p"]],
    ["with truth values", ["<u4", "<i2", "<i2", "|b1"], ["ts", "x", "y", "polarity"]],
    ["of floating-point places", ["<i8", "<f8", "<f4", "<f8"], ["timestamp", "x", "y", "pol"]],
    ["of the other endianness", [">i8", ">u2", ">i4", ">i8"], ["t", "x", "y", "on"]],
  ] as const)("%s are read, stored or deflated", async (_, types, names) => {
    for (const level of [0, 6] as const) {
      const { events, recording } = await readAll(npzOf(columnsOf(types, [...names]), level));
      expect(events).toEqual(EVENTS);
      expect(recording.sensor).toEqual(SENSOR);
    }
  });

  test("of one array of records are read", async () => {
    const records = recordsOf([
      ["t", "<i8"],
      ["x", "<u2"],
      ["y", "<u2"],
      ["p", "|u1"],
    ]);
    expect((await readAll(npzOf({ anything: records }))).events).toEqual(EVENTS);
  });

  test("without events are refused with the names that there are", async () => {
    const some = npyOf("'<i4'", "(1,)", numbersOf("<i4", [1]));
    await expect(readAll(npzOf({ weights: some, bias: some }))).rejects.toThrow(/got weights, bias$/);
    await expect(readAll(zipSync({ "a.txt": new Uint8Array(3) }))).rejects.toThrow(/got no array$/);
  });

  test("with columns of several lengths or of text are refused", async () => {
    const columns = columnsOf(["<i8", "<u2", "<u2", "|u1"]);
    const short = { ...columns, p: npyOf("'|u1'", "(3,)", numbersOf("|u1", [1, 1, 1])) };
    await expect(readAll(npzOf(short))).rejects.toThrow(/one length, got 4, 4, 4, 3/);
    const text = { ...columns, p: npyOf("'<U1'", "(4,)", new Uint8Array(16)) };
    await expect(readAll(npzOf(text))).rejects.toThrow(UnsupportedError);
  });

  test("whose data are damaged give the rows before, then the fault", async () => {
    const random = new Random("damage");
    const events = randomEvents(random, 60_000, SENSOR);
    const good = await written("npz", SENSOR, events);
    const checksum = good.slice();
    // A byte in the middle of the first column, whose checksum or whose blocks then fail.
    checksum[60_000]! ^= 0x55;
    const { events: got, error } = await readUntilError(checksum, { sensor: SENSOR });
    expect(error).toBeInstanceOf(FormatError);
    expect((error as FormatError).format).toBe("npz");
    expect(got.t.length).toBeGreaterThan(0);
    const { recording } = await readAll(checksum, { sensor: SENSOR, mode: "recover" });
    expect(recording.report.count).toBeGreaterThan(0);
  });

  test("whose checksum alone is wrong give all rows, then the fault", async () => {
    const good = npzOf(columnsOf(["<i8", "<u2", "<u2", "|u1"]), 0);
    const directory = good.lastIndexOf(0x02, good.length - 30);
    const bad = good.slice();
    bad[directory - 3 + 16]! ^= 1;
    expect([...good.subarray(directory - 3, directory + 1)]).toEqual([0x50, 0x4b, 1, 2]);
    const { events, error } = await readUntilError(bad, { sensor: SENSOR });
    expect(events).toEqual(EVENTS);
    expect(String(error)).toContain("p.npy: expected bytes that match their checksum");
  });

  test("that claim more than they hold stop at what they claim", async () => {
    const bomb = npyOf("'<i8'", "(100000000,)", new Uint8Array(1 << 16));
    const columns = columnsOf(["<i8", "<u2", "<u2", "|u1"]);
    await expect(readAll(npzOf({ ...columns, t: bomb }))).rejects.toThrow(FormatError);
    const all = { t: bomb, x: bomb, y: bomb, p: bomb };
    const { error, events } = await readUntilError(npzOf(all), { sensor: SENSOR });
    expect(events.t.length).toBe(8192);
    expect(String(error)).toContain("expected columns of 100000000 rows, got the end after 8192");
  });

  test("beyond 4 GiB by their directory are read as zip64", async () => {
    const bytes = zip64(
      npzOf({
        events: recordsOf([
          ["t", "<i8"],
          ["x", "<u2"],
          ["y", "<u2"],
          ["p", "|u1"],
        ]),
      }),
    );
    expect((await readAll(bytes)).events).toEqual(EVENTS);
  });
});

/** The same archive of one entry, with the numbers of its directory in the records of zip64. */
function zip64(bytes: Uint8Array): Uint8Array {
  const end = bytes.length - 22;
  const old = new DataView(bytes.buffer, bytes.byteOffset);
  const begin = old.getUint32(end + 16, true);
  const nameBytes = old.getUint16(begin + 28, true);
  const entry = joined(bytes.subarray(begin, begin + 46 + nameBytes), new Uint8Array(28));
  const view = new DataView(entry.buffer);
  const extra = 46 + nameBytes;
  view.setUint16(30, 28, true);
  view.setUint16(extra, 1, true);
  view.setUint16(extra + 2, 24, true);
  view.setBigUint64(extra + 4, BigInt(view.getUint32(24, true)), true);
  view.setBigUint64(extra + 12, BigInt(view.getUint32(20, true)), true);
  view.setBigUint64(extra + 20, BigInt(view.getUint32(42, true)), true);
  for (const at of [20, 24, 42]) view.setUint32(at, 0xffffffff, true);
  const record = new DataView(new ArrayBuffer(56 + 20 + 22));
  record.setUint32(0, 0x06064b50, true);
  record.setBigUint64(24, 1n, true);
  record.setBigUint64(32, 1n, true);
  record.setBigUint64(40, BigInt(entry.length), true);
  record.setBigUint64(48, BigInt(begin), true);
  record.setUint32(56, 0x07064b50, true);
  record.setBigUint64(64, BigInt(begin + entry.length), true);
  record.setUint32(76, 0x06054b50, true);
  record.setUint16(76 + 8, 0xffff, true);
  record.setUint16(76 + 10, 0xffff, true);
  record.setUint32(76 + 16, 0xffffffff, true);
  return joined(bytes.subarray(0, begin), entry, new Uint8Array(record.buffer));
}

suite("headers of arrays", () => {
  const records = "[('t', '<i8'), ('x', '<u2'), ('y', '<u2'), ('p', '|u1')]";
  test.each([
    ["more values than a number holds", records, "(9007199254740993,)", /at most 2\^53 values/],
    ["a product beyond it", "'<i4'", "(4294967296, 4294967296)", /at most 2\^53 values/],
    ["a negative shape", records, "(-1,)", /at most 2\^53 values, got \[-1\]/],
    ["a shape of text", records, "('4',)", /at most 2\^53 values/],
    [
      "no column y",
      "[('t', '<i8'), ('x', '<u2'), ('p', '|u1')]",
      "(1,)",
      /fields for t, x, y and p, got t, x, p/,
    ],
    [
      "a column of text",
      "[('t', '<i8'), ('x', '<U2'), ('y', '<u2'), ('p', '|u1')]",
      "(1,)",
      /numbers in the field x/,
    ],
    [
      "objects among records",
      "[('t', '|O'), ('x', '<u2'), ('y', '<u2'), ('p', '|u1')]",
      "(1,)",
      /expected a dtype/,
    ],
    [
      "enormous records",
      "[('t', '<i8'), ('x', '<u2'), ('y', '<u2'), ('p', '|u1'), ('', '|V99999999')]",
      "(1,)",
      /at most 65536/,
    ],
    ["records in a plane", records, "(2, 2)", /one axis, got shape \[2, 2\]/],
    ["three columns", "'<i4'", "(7, 3)", /N rows of 4 numbers or 4 of N, got shape \[7, 3\]/],
    ["nesting without end", "[".repeat(1000), "(1,)", /expected a dict/],
    ["code", "__import__('os')", "(1,)", /expected a dict/],
  ])("with %s are refused", async (_, descr, shape, what) => {
    const error = await readAll(npyOf(descr, shape, new Uint8Array(16))).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as FormatError).message).toMatch(what);
  });

  test("of objects, text and complex numbers are refused as such", async () => {
    for (const type of ["'|O'", "'<U4'", "'<c8'", "'<f2'"]) {
      await expect(readAll(npyOf(type, "(1, 4)", new Uint8Array(64)))).rejects.toThrow(UnsupportedError);
    }
  });

  test("longer than 64 KiB are refused before they are read", async () => {
    const bytes = npyOf(records, "(1,)", new Uint8Array(13), { version: 2 });
    new DataView(bytes.buffer).setUint32(8, 1e9, true);
    await expect(readAll(bytes)).rejects.toThrow(/header of at most 65535 bytes, got 1000000000/);
  });

  test("that claim many events allocate for none", async () => {
    const bytes = npyOf(records, "(600000000000,)", new Uint8Array(13));
    const before = process.memoryUsage().arrayBuffers;
    const { events, error } = await readUntilError(bytes, { sensor: SENSOR });
    expect(events.t.length).toBe(1);
    expect(String(error)).toContain("got the end of the file in record 1");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 23);
  });

  test("of an empty array give no events", async () => {
    const bytes = npyOf(records, "(0,)", new Uint8Array(0));
    expect((await readAll(bytes, { sensor: SENSOR })).events.t.length).toBe(0);
    await expect(readAll(bytes)).rejects.toThrow(/expected an event or the option `sensor`/);
  });
});

test("a pipe is read without being held", async () => {
  const bytes = await written("npy", SENSOR, randomEvents(new Random("pipe"), 200_000, SENSOR));
  let pulled = 0;
  async function* counted() {
    for await (const chunk of chunked(bytes, 10_000)) {
      pulled += chunk.length;
      yield chunk;
    }
  }
  const recording = await openEvents(counted(), { sensor: SENSOR });
  let most = 0;
  for await (const _ of recording) most = Math.max(most, pulled - recording.offset);
  expect(pulled).toBe(bytes.length);
  expect(most).toBeLessThan(20_000);
});
