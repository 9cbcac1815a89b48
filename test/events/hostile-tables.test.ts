import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { ArgumentError, FormatError, Random, UnsupportedError } from "../../src/core/index.ts";
import {
  type Events,
  joinEvents,
  openEvents,
  type OpenOptions,
  sliceEvents,
} from "../../src/events/index.ts";
import { chunked, randomEvents, readAll, readUntilError, sameEvents } from "./support.ts";
import { joined, MatFile, npyOf, numbersOf, written } from "./tables.ts";

const SENSOR = { width: 64, height: 48 };
const events = randomEvents(new Random("hostile"), 60, SENSOR, 300, 5000);

function matOf(compress: boolean, big: boolean): Uint8Array {
  const mat = new MatFile(big);
  const struct = mat.struct("TD", {
    x: mat.numbers("", "u1", [...events.x]),
    y: mat.numbers("", "f8", [...events.y]),
    p: mat.numbers("", "u1", [...events.on]),
    ts: mat.numbers("", "u4", [...events.t]),
  });
  const other = mat.numbers("other", "f8", [1, 2, 3]);
  return mat.file(other, compress ? mat.compressed(struct) : struct);
}

const rows = [...events.t].flatMap((t, i) => [t, events.x[i]!, events.y[i]!, events.on[i]!]);
const files = {
  "npy records": await written("npy", SENSOR, events),
  "npy rows": npyOf("'<i4'", "(60, 4)", numbersOf("<i4", rows)),
  "npy columns": npyOf(
    "'>i4'",
    "(4, 60)",
    numbersOf(
      ">i4",
      [0, 1, 2, 3].flatMap((k) => rows.filter((_, i) => i % 4 === k)),
    ),
  ),
  npz: await written("npz", SENSOR, events),
  mat: matOf(false, false),
  "mat compressed": matOf(true, true),
  csv: await written("csv", SENSOR, events),
  txt: await written("txt", SENSOR, events),
};

/** Reads to the end and checks what may be relied on: known errors only, and events that keep to the sensor. */
async function probe(bytes: Uint8Array, options: OpenOptions): Promise<void> {
  const { events: got, error } = await readUntilError(bytes, options);
  if (error !== undefined) {
    const known =
      error instanceof FormatError || error instanceof UnsupportedError || error instanceof ArgumentError;
    if (!known) throw error;
    expect(error.message).toMatch(/expected .*, got /);
  }
  const { width, height } = options.sensor ?? { width: 65536, height: 65536 };
  for (let i = 0; i < got.t.length; i++) {
    const good = got.t[i]! >= (got.t[i - 1] ?? 0) && Number.isSafeInteger(got.t[i]) && got.on[i]! <= 1;
    if (!(good && got.x[i]! < width && got.y[i]! < height)) throw new Error("a bad event");
  }
}

suite.each(Object.entries(files))("a hostile file, %s", (name, file) => {
  test("is good before it is changed", async () => {
    expect((await readAll(file, { sensor: SENSOR })).events).toEqual(events);
  });

  test("with bytes changed, cut out or doubled ends in a known error or in events", async () => {
    const change = fc.record({
      kind: fc.constantFrom("set", "flip", "cut", "double", "word"),
      at: fc.oneof(fc.nat(file.length - 1), fc.nat(Math.min(300, file.length - 1))),
      value: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 127, 128, 255, 0x30, 0x2e, 0x0a)),
      length: fc.nat(40),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.constantFrom("strict", "recover"),
        fc.boolean(),
        async (changes, mode, sized) => {
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
          await probe(bytes, { mode, ...(sized && { sensor: SENSOR }) });
        },
      ),
      { numRuns: 300 },
    );
  });

  test("cut at every byte ends in a known error, after events that were written", async () => {
    for (let length = 0; length < file.length; length++) {
      const cut = file.subarray(0, length);
      await probe(cut, { mode: "recover", sensor: SENSOR });
      const { events: got, error } = await readUntilError(cut, { sensor: SENSOR });
      const text = name === "csv" || name === "txt";
      // A text may end after any line, and its last line may lack its end; all else knows how long it is.
      if (!text) expect(error).toBeInstanceOf(FormatError);
      else if (error !== undefined) expect(error).toBeInstanceOf(FormatError);
      expect(sameEvents(got, sliceEvents(events, 0, got.t.length))).toBe(true);
    }
  });

  test("broken in the middle is the same in chunks of any size", async () => {
    const broken = file.slice();
    broken[Math.floor(file.length * 0.7)]! ^= 0x11;
    const read = async (input: Uint8Array | AsyncIterable<Uint8Array>) => {
      const batches: Events[] = [];
      try {
        const recording = await openEvents(input, { mode: "recover", sensor: SENSOR });
        for await (const batch of recording) batches.push(batch);
        return { events: joinEvents(batches), report: { ...recording.report } };
      } catch (error) {
        return { error };
      }
    };
    const whole = await read(broken);
    for (const size of [1, 13, 1000]) expect(await read(chunked(broken, size))).toEqual(whole);
  });
});
