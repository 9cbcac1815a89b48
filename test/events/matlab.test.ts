import { expect, suite, test } from "vitest";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FormatError, Random } from "../../src/core/index.ts";
import { type Events, joinEvents, openEvents } from "../../src/events/index.ts";
import { chunked, DATA, eventsOf, randomEvents, readAll, readUntilError, sameEvents } from "./support.ts";
import { joined, MatFile } from "./tables.ts";

const EVENTS = eventsOf([
  [10, 0, 7, 1],
  [12, 4, 0, 0],
  [12, 240, 179, 1],
  [900, 1, 1, 0],
]);

type Types = { readonly t: string; readonly x: string; readonly y: string; readonly p: string };
const TYPES: Types = { t: "u2", x: "u1", y: "u1", p: "u1" };

/** The four columns as MATLAB's toolbox has them: from 1 on, polarities 1 and 2. */
function fieldsOf(
  mat: MatFile,
  { t, x, y, on }: Events,
  { types = TYPES, base = 1, polarity = [1, 2] } = {},
) {
  return {
    x: mat.numbers(
      "",
      types.x,
      Array.from(x, (v) => v + base),
    ),
    y: mat.numbers(
      "",
      types.y,
      Array.from(y, (v) => v + base),
    ),
    p: mat.numbers(
      "",
      types.p,
      Array.from(on, (v) => polarity[v]!),
    ),
    ts: mat.numbers("", types.t, [...t]),
  };
}

suite("MAT-files", () => {
  test("of both endiannesses, compressed or not, of any type of numbers are read", async () => {
    for (const big of [false, true]) {
      const mat = new MatFile(big);
      for (const types of [
        TYPES,
        { t: "f8", x: "f8", y: "f8", p: "f8" },
        { t: "u4", x: "i2", y: "u2", p: "i1" },
      ]) {
        const struct = mat.struct("TD", fieldsOf(mat, EVENTS, { types }));
        for (const bytes of [mat.file(struct), mat.file(mat.compressed(struct))]) {
          const { recording, events } = await readAll(bytes);
          expect(recording.format).toBe("mat");
          expect(recording.sensor).toEqual({ width: 241, height: 180 });
          expect(events).toEqual(EVENTS);
        }
      }
    }
  });

  test("hold short columns in small elements", async () => {
    const mat = new MatFile();
    const one = eventsOf([[300, 4, 5, 1]]);
    for (const element of [
      mat.struct("TD", fieldsOf(mat, one)),
      mat.compressed(mat.struct("TD", fieldsOf(mat, one))),
    ]) {
      expect((await readAll(mat.file(element))).events).toEqual(one);
    }
  });

  test("count from 0 where a 0 is among the coordinates", async () => {
    const mat = new MatFile();
    const bytes = mat.file(mat.struct("TD", fieldsOf(mat, EVENTS, { base: 0 })));
    expect((await readAll(bytes)).events).toEqual(EVENTS);
  });

  test.each([
    ["1 and 2", "u1", [1, 2]],
    ["0 and 1", "u1", [0, 1]],
    ["-1 and 1", "i1", [-1, 1]],
  ])("have polarities of %s", async (_, type, polarity) => {
    const mat = new MatFile();
    const bytes = mat.file(
      mat.struct("TD", fieldsOf(mat, EVENTS, { types: { ...TYPES, p: type }, polarity })),
    );
    expect((await readAll(bytes)).events).toEqual(EVENTS);
  });

  test("have times in seconds where one has a fraction, or the option says so", async () => {
    const mat = new MatFile();
    const types = { ...TYPES, t: "f8" };
    const inSeconds = { ...EVENTS, t: EVENTS.t.map((t) => t / 1e6) };
    expect((await readAll(mat.file(mat.struct("TD", fieldsOf(mat, inSeconds, { types }))))).events).toEqual(
      EVENTS,
    );
    const { events } = await readAll(mat.file(mat.struct("TD", fieldsOf(mat, EVENTS))), {
      layout: { timeUnit: "s" },
    });
    expect([...events.t]).toEqual([10e6, 12e6, 12e6, 900e6]);
  });

  test("may hold the columns as variables, or in structs of structs", async () => {
    const mat = new MatFile();
    const column = (name: string, type: string, values: Iterable<number>) =>
      mat.numbers(name, type, [...values]);
    const variables = [
      column("pol", "u1", EVENTS.on),
      column("t", "f8", EVENTS.t),
      column("x", "u2", EVENTS.x),
      column("y", "u2", EVENTS.y),
    ];
    expect((await readAll(mat.file(...variables.map((v) => mat.compressed(v))))).events).toEqual(EVENTS);
    const polarity = mat.struct("", {
      timeStam: column("", "u4", EVENTS.t),
      t: column("", "u4", EVENTS.t),
      x: column("", "u2", EVENTS.x),
      y: column("", "u2", EVENTS.y),
      polarity: column("", "u1", EVENTS.on),
    });
    const nested = mat.struct("aedat", { info: column("", "u1", [1]), data: mat.struct("", { polarity }) });
    expect((await readAll(mat.file(nested))).events).toEqual(EVENTS);
  });

  test("of several structs give TD, wherever it stands", async () => {
    const mat = new MatFile();
    const other = mat.struct("EM", fieldsOf(mat, eventsOf([[1, 1, 1, 1]])));
    const td = mat.compressed(mat.struct("TD", fieldsOf(mat, EVENTS)));
    expect((await readAll(mat.file(other, td))).events).toEqual(EVENTS);
    expect((await readAll(mat.file(td, other))).events).toEqual(EVENTS);
  });

  test("are the same in chunks of any size, and however long", async () => {
    const mat = new MatFile();
    const events = randomEvents(new Random("mat"), 50_000, { width: 200, height: 100 });
    const bytes = mat.file(
      mat.compressed(mat.struct("TD", fieldsOf(mat, events, { types: { ...TYPES, t: "u4" } }))),
    );
    expect(sameEvents((await readAll(bytes)).events, events)).toBe(true);
    const batches: Events[] = [];
    for await (const batch of await openEvents(chunked(bytes, 4099))) batches.push(batch);
    expect(sameEvents(joinEvents(batches), events)).toBe(true);
  });

  test("that were cut off give the rows before, then the fault", async () => {
    const mat = new MatFile();
    const events = randomEvents(new Random("cut"), 50_000, { width: 200, height: 100 });
    const fields = fieldsOf(mat, events, { types: { ...TYPES, t: "u4" } });
    const whole = mat.file(mat.struct("TD", fields));
    const { events: got, error } = await readUntilError(whole.subarray(0, -100_000));
    expect(got.t.length).toBe(25_000);
    expect(
      sameEvents(got, {
        ...events,
        t: events.t.subarray(0, 25_000),
        x: events.x.subarray(0, 25_000),
        y: events.y.subarray(0, 25_000),
        on: events.on.subarray(0, 25_000),
      }),
    ).toBe(true);
    expect(error).toBeInstanceOf(FormatError);
    const { recording } = await readAll(whole.subarray(0, -100_000), { mode: "recover" });
    expect(recording.report.count).toBe(1);
    const packed = mat.file(mat.compressed(mat.struct("TD", fields)));
    const half = await readUntilError(packed.subarray(0, -10_000));
    expect(half.error).toBeInstanceOf(FormatError);
    expect(half.events.t.length).toBeGreaterThan(1000);
  });

  test("without events are refused with the variables that there are", async () => {
    const mat = new MatFile();
    const bytes = mat.file(
      mat.numbers("spiketrain", "f8", [1, 2, 3]),
      mat.struct("S", { x: mat.numbers("", "u1", [1]) }),
    );
    await expect(readAll(bytes)).rejects.toThrow(
      "expected a struct with x, y, p and t or ts, got spiketrain (double 1x3), S.x (double 1x1)",
    );
    await expect(readAll(mat.file())).rejects.toThrow(/got no variable$/);
  });

  test("with columns of several lengths are refused", async () => {
    const mat = new MatFile();
    const fields = { ...fieldsOf(mat, EVENTS), p: mat.numbers("", "u1", [1]) };
    await expect(readAll(mat.file(mat.struct("TD", fields)))).rejects.toThrow(/one length, got 4, 4, 4, 1/);
  });

  test("that nest compressed elements, or claim more than zlib can hold, are refused", async () => {
    const mat = new MatFile();
    const struct = mat.struct("TD", fieldsOf(mat, EVENTS));
    await expect(readAll(mat.file(mat.compressed(mat.compressed(struct))))).rejects.toThrow(
      /a matrix in it, got type 15/,
    );
    const huge = struct.slice();
    new DataView(huge.buffer).setUint32(4, 0xfffffff8, true);
    await expect(readAll(mat.file(mat.compressed(huge)))).rejects.toThrow(
      /expected at most \d+ bytes in it, got 4294967288/,
    );
    await expect(readAll(mat.file(huge))).rejects.toThrow(FormatError);
    const bad = joined(mat.file(), mat.element(15, new Uint8Array(40)));
    await expect(readAll(bad)).rejects.toThrow(/expected a header of zlib, got 0, 0/);
  });
});

test.skipIf(DATA === undefined).each([
  ["stmnist_sample.mat", /got spiketrain \(double 101x2346\)$/],
  ["gtRotatingBar.mat", /got ts \(double 1x2\), vxGT \(double 180x240\), vyGT \(double 180x240\)$/],
])("%s is refused with what it holds", async (name, what) => {
  const bytes = new Uint8Array(readFileSync(join(DATA!, "events", "mat", name)));
  await expect(readAll(bytes)).rejects.toThrow(what);
});
