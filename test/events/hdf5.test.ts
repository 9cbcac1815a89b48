import fc from "fast-check";
import h5wasm from "h5wasm/node";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, suite, test } from "vitest";
import { ArgumentError, FormatError, Random, UnsupportedError } from "../../src/core/index.ts";
import {
  encodeHdf5,
  type Events,
  memoryFile,
  openEvents,
  type Trigger,
  writeFormatOf,
} from "../../src/events/index.ts";
import { openRecording, writeRecording } from "../../src/events/node.ts";
import type { FilePiece } from "../../src/events/write.ts";
import {
  anyEvents,
  chunked,
  DATA,
  eventsOf,
  randomEvents,
  readAll,
  readUntilError,
  sameEvents,
} from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "saccade-events-hdf5-"));
afterAll(() => rmSync(folder, { recursive: true }));
await h5wasm.ready;

const SENSOR = { width: 64, height: 48 };
const fixture = (name: string) => new Uint8Array(readFileSync(`test/fixtures/hdf5/${name}`));

/** The events of all fixtures. */
const TRUTH = eventsOf(
  Array.from({ length: 300 }, (_, i) => [
    1000 + 13 * i + (i % 5),
    (7 * i + (i >> 3)) % 64,
    (5 * i + (i >> 4)) % 48,
    (Math.floor(i / 3) + Math.floor(i / 7)) % 2,
  ]),
);

/** A file given piece by piece, patches included. */
async function fileOf(pieces: AsyncIterable<FilePiece>): Promise<Uint8Array> {
  let bytes = new Uint8Array(0);
  for await (const piece of pieces) {
    const { at, bytes: part } = piece instanceof Uint8Array ? { at: bytes.length, bytes: piece } : piece;
    const grown = new Uint8Array(Math.max(bytes.length, at + part.length));
    grown.set(bytes);
    grown.set(part, at);
    bytes = grown;
  }
  return bytes;
}

type Data = { data: Float64Array | Int32Array | Uint16Array | Int8Array | Float32Array; shape?: number[] };

/** A file that h5wasm writes: datasets by path, attributes of the root. */
function made(
  datasets: Record<string, Data | Data["data"]>,
  attributes: Record<string, number | string> = {},
) {
  const path = join(folder, "made.h5");
  const file = new h5wasm.File(path, "w");
  for (const [name, value] of Object.entries(datasets)) {
    const { data, shape } = ArrayBuffer.isView(value) ? { data: value, shape: undefined } : value;
    const parts = name.split("/");
    let group: InstanceType<typeof h5wasm.Group> = file;
    for (const part of parts.slice(0, -1)) {
      const there = group.keys().includes(part) ? group.get(part) : group.create_group(part);
      group = there as InstanceType<typeof h5wasm.Group>;
    }
    group.create_dataset({ name: parts.at(-1)!, data, ...(shape !== undefined && { shape }) });
  }
  for (const [name, value] of Object.entries(attributes)) file.create_attribute(name, value);
  file.flush();
  file.close();
  return new Uint8Array(readFileSync(path));
}

const X = Uint16Array.of(3, 1, 2);
const Y = Uint16Array.of(0, 5, 6);
const P = Int8Array.of(1, 0, 1);

suite("HDF5 of a layout that is known", () => {
  test.each([
    ["dsec-v0.h5"],
    ["dsec-v1.h5"],
    ["dsec-v2-lzf.h5"],
    ["dsec-v3.h5"],
    ["mvsec.h5"],
    ["e2vid.h5"],
    ["structured.h5"],
    ["plain-root.h5"],
    ["prophesee-ecf.h5"],
    ["matlab.mat"],
  ])("%s gives its events", async (name) => {
    const { recording, events } = await readAll(fixture(name));
    expect(recording.format).toBe("hdf5");
    expect(sameEvents(events, TRUTH)).toBe(true);
    expect(recording.report.count).toBe(0);
    const states = ["structured.h5", "plain-root.h5", "prophesee-ecf.h5"].includes(name);
    expect(recording.sensor).toEqual(states ? SENSOR : { width: 62, height: 48 });
  });

  test("gives the same from a pipe", async () => {
    for (const name of ["dsec-v0.h5", "prophesee-ecf.h5"]) {
      const { recording, events } = await readAll(fixture(name));
      const batches: Events[] = [];
      for await (const batch of await openEvents(chunked(fixture(name), 1000))) batches.push(batch);
      expect(batches.length).toBe(1);
      expect(sameEvents(batches[0]!, events)).toBe(true);
      expect(recording.offset).toBe(fixture(name).length);
    }
  });

  test("of Prophesee gives its triggers as well", async () => {
    const triggers: Trigger[] = [];
    const { events } = await readAll(fixture("prophesee-ecf.h5"), { onTrigger: (one) => triggers.push(one) });
    expect(sameEvents(events, TRUTH)).toBe(true);
    expect(triggers).toEqual([
      { tUs: 1500, kind: "external-rising", channel: 0 },
      { tUs: 2500, kind: "external-falling", channel: 0 },
    ]);
  });

  test("takes a sensor that the file does not state, and believes one that does", async () => {
    const sensor = { width: 640, height: 480 };
    expect((await openEvents(fixture("dsec-v0.h5"), { sensor })).sensor).toEqual(sensor);
    expect((await openEvents(fixture("plain-root.h5"), { sensor })).sensor).toEqual(SENSOR);
    const small = await readAll(fixture("dsec-v0.h5"), {
      sensor: { width: 32, height: 48 },
      mode: "recover",
    });
    expect(small.events.x.every((x) => x < 32)).toBe(true);
    expect(small.recording.report.droppedEvents).toBe(300 - small.events.t.length);
  });

  test("prefers the left camera of two", async () => {
    const other = { "b/right/x": X, "b/right/y": Y, "b/right/t": Int32Array.of(1, 2, 3), "b/right/p": P };
    const left = { "b/left/x": X, "b/left/y": Y, "b/left/t": Int32Array.of(7, 8, 9), "b/left/p": P };
    const { events } = await readAll(made({ ...other, ...left }));
    expect([...events.t]).toEqual([7, 8, 9]);
  });

  test.each([
    ["integers are µs", Int32Array.of(5, 6, 2_000_000), [5, 6, 2_000_000]],
    ["floats are seconds", Float64Array.of(0.5, 1.25, 1.250001), [500_000, 1_250_000, 1_250_001]],
    [
      "floats that are Unix times are seconds",
      Float64Array.of(1.5e9, 1.5e9 + 0.5, 1.5e9 + 1),
      [1.5e15, 1.5e15 + 5e5, 1.5e15 + 1e6],
    ],
    ["whole floats are µs", Float64Array.of(5, 6, 70), [5, 6, 70]],
    ["floats that would be more than a day are µs", Float64Array.of(0.25, 6.5, 86_401), [0, 7, 86_401]],
  ])("where %s", async (_, t, expected) => {
    const { events } = await readAll(made({ "events/x": X, "events/y": Y, "events/t": t, "events/p": P }));
    expect([...events.t]).toEqual(expected);
    expect([...events.on]).toEqual([1, 0, 1]);
  });

  test("has polarities of 1 and -1, 1 and 0, or truth values", async () => {
    const t = Int32Array.of(1, 2, 3);
    for (const p of [Int8Array.of(1, -1, 1), Float32Array.of(1, 0, 1), Float64Array.of(1, -1, 1)]) {
      expect([...(await readAll(made({ xs: X, ys: Y, ts: t, ps: p }))).events.on]).toEqual([1, 0, 1]);
    }
  });

  test("may have columns that are matrices of one row or column, whose pixels count from 1 in MATLAB", async () => {
    const columns = {
      "TD/x": { data: Float64Array.of(4, 2, 3), shape: [1, 3] },
      "TD/y": { data: Float64Array.of(1, 6, 7), shape: [3, 1] },
      "TD/ts": Float64Array.of(5, 6, 7),
      "TD/p": { data: Float64Array.of(2, 1, 2), shape: [1, 3] },
    };
    const plain = made(columns);
    const block = new Uint8Array(512 + plain.length);
    block.set(new TextEncoder().encode("MATLAB 7.3 MAT-file, Platform: GLNXA64"));
    block.set(plain, 512);
    const { events } = await readAll(block);
    expect(
      sameEvents(
        events,
        eventsOf([
          [5, 3, 0, 1],
          [6, 1, 5, 0],
          [7, 2, 6, 1],
        ]),
      ),
    ).toBe(true);
  });
});

suite("HDF5 that is refused", () => {
  const t = Int32Array.of(1, 2, 3);

  test.each([
    ["without events", { picture: Float32Array.of(1, 2) }, "expected datasets of events"],
    [
      "of many recordings",
      { "train/0/pos": { data: X, shape: [1, 3] }, "train/0/time": t },
      "expected one recording, got a set of many (/train/0/ holds one of them)",
    ],
    [
      "with a matrix for a column",
      { x: { data: new Float64Array(4), shape: [2, 2] }, y: Y, t, p: P },
      "expected a column of numbers in /x, got float 2x2",
    ],
  ])("%s is named", async (_, datasets, message) => {
    const error = await openEvents(made(datasets), { file: "x.h5" }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UnsupportedError);
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).toMatch(/^x\.h5: hdf5: /);
  });

  test("for columns of unequal length is broken", async () => {
    const file = made({ x: X, y: Y, t: Int32Array.of(1, 2), p: P });
    await expect(openEvents(file)).rejects.toThrow(
      /expected columns x, y, t, p of one length in \/, got 3, 3, 2, 3/,
    );
  });

  test("for having no event and no sensor asks for the sensor", async () => {
    const empty = made({
      x: new Uint16Array(0),
      y: new Uint16Array(0),
      t: new Int32Array(0),
      p: new Int8Array(0),
    });
    await expect(openEvents(empty)).rejects.toThrow("expected an event or the option `sensor`");
    expect((await readAll(empty, { sensor: SENSOR })).events.t.length).toBe(0);
  });

  test.skipIf(DATA === undefined)("as a data set of many recordings is named", async () => {
    const path = join(DATA!, "events", "hdf5", "thirdparty_dvs_gestures_unittest.hdf5");
    await expect(openRecording(path)).rejects.toThrow("got a set of many");
  });
});

suite("Faults in HDF5", () => {
  const faulty = (): Uint8Array =>
    made({
      x: Uint16Array.of(1, 9, 3, 4, 5, 6),
      y: Uint16Array.of(1, 2, 3, 4, 5, 6),
      t: Float64Array.of(1, 2, NaN, 0, 5, 6),
      p: Int8Array.of(1, 0, 1, 0, 7, 1),
    });
  const sensor = { width: 8, height: 8 };

  test("in single events stop strict mode after the events before", async () => {
    const { events, error } = await readUntilError(faulty(), { sensor });
    expect([...events.t]).toEqual([1]);
    expect((error as Error).message).toMatch(
      /hdf5 at byte \d+: expected an event within 8x8, got \(9, 2\) \(event 1\)/,
    );
  });

  test("in single events are left out and reported in recover mode", async () => {
    const { recording, events } = await readAll(faulty(), { sensor, mode: "recover" });
    expect([...events.t]).toEqual([1, 6]);
    expect(recording.report).toMatchObject({ count: 4, droppedEvents: 4 });
    expect(recording.report.faults.map(({ what }) => what)).toEqual([
      "expected an event within 8x8, got (9, 2) (event 1)",
      "expected a time of 1 µs or later, got NaN (event 2)",
      "expected a time of 1 µs or later, got 0 (event 3)",
      "expected a polarity of 0, -1, 1, got 7 (event 4)",
    ]);
  });

  test.each(["dsec-v0.h5", "prophesee-ecf.h5", "mvsec.h5", "structured.h5"])(
    "in one chunk of %s cost the events of that chunk",
    async (name) => {
      const original = fixture(name);
      let met = 0;
      for (let at = 600; at < original.length; at += 41) {
        const bytes = original.slice();
        bytes[at]! ^= 0x55;
        const strict = await readUntilError(bytes, { sensor: SENSOR });
        const n = strict.events.t.length;
        const single = strict.error instanceof FormatError && n > 0 && n < 300 && n % 64 === 0;
        if (!single || !/chunk|zlib|checksum|ECF/.test((strict.error as Error).message)) continue;
        const recovered = await readAll(bytes, { sensor: SENSOR, mode: "recover" });
        const { report } = recovered.recording;
        if (report.count !== 1) continue;
        met++;
        const end = Math.min(300, n + 64);
        const left = [...TRUTH.t].filter((_, i) => i < n || i >= end);
        expect([...strict.events.t]).toEqual([...TRUTH.t.subarray(0, n)]);
        expect([...recovered.events.t]).toEqual(left);
        expect(report.droppedEvents).toBe(end - n);
      }
      expect(met).toBeGreaterThan(2);
    },
  );
});

test("rows that were never written are a fault, not zeros", async () => {
  const { events, error } = await readUntilError(fixture("hole.h5"), { sensor: SENSOR });
  expect([...events.t]).toEqual([...TRUTH.t.subarray(0, 64)]);
  expect((error as Error).message).toMatch("expected a chunk at 64 that was written, got none");
  const recovered = await readAll(fixture("hole.h5"), { sensor: SENSOR, mode: "recover" });
  expect([...recovered.events.t]).toEqual([...TRUTH.t].filter((_, i) => i < 64 || i >= 128));
  expect(recovered.recording.report.droppedEvents).toBe(64);
});

suite("A hostile HDF5 recording", () => {
  /** Reads to the end and checks what may be relied on: known errors only, and events that keep to the sensor. */
  async function probe(bytes: Uint8Array, mode: "strict" | "recover"): Promise<number> {
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
    // Deflate expands 1032-fold at most.
    expect(count).toBeLessThanOrEqual(1032 * bytes.length);
    return count;
  }

  const names = [
    "dsec-v0.h5",
    "dsec-v3.h5",
    "mvsec.h5",
    "structured.h5",
    "prophesee-ecf.h5",
    "matlab.mat",
    "e2vid.h5",
  ];

  test.each(names)("%s with bytes changed ends in a known error or in events, soon", async (name) => {
    const original = fixture(name);
    const random = new Random(name);
    for (let run = 0; run < 400; run++) {
      const bytes = original.slice();
      for (let k = random.integer(1, 5); k > 0; k--) {
        const at = random.integer(0, run % 3 === 0 ? 2500 : bytes.length);
        const kind = random.integer(0, 4);
        if (kind === 0) bytes[at] = random.integer(0, 256);
        else if (kind === 1) bytes[at]! ^= 1 << random.integer(0, 8);
        else if (kind === 2) bytes.fill(random.integer(0, 2) * 255, at, at + 8);
        else
          new DataView(bytes.buffer).setUint32(
            Math.min(at, bytes.length - 4),
            random.integer(0, bytes.length),
            true,
          );
      }
      await probe(bytes, run % 2 === 0 ? "strict" : "recover");
    }
  });

  test("cut at any byte gives the first events and an error, in strict mode, or some events", async () => {
    const own = await fileOf(encodeHdf5(SENSOR, [TRUTH]));
    for (const file of [fixture("dsec-v3.h5"), own]) {
      for (let length = 0; length < file.length; length++) {
        const cut = file.subarray(0, length);
        const { events, error } = await readUntilError(cut, { sensor: SENSOR });
        expect(error).toBeInstanceOf(FormatError);
        expect(
          sameEvents(events, {
            t: TRUTH.t.subarray(0, events.t.length),
            x: TRUTH.x.subarray(0, events.t.length),
            y: TRUTH.y.subarray(0, events.t.length),
            on: TRUTH.on.subarray(0, events.t.length),
          }),
        ).toBe(true);
        await probe(cut, "recover");
      }
    }
  });

  test("cut within plain columns gives the rows that are whole", async () => {
    const file = fixture("e2vid.h5");
    const counts = new Set<number>();
    for (let length = 2000; length < file.length; length += 7) {
      const { events } = await readUntilError(file.subarray(0, length), { sensor: SENSOR });
      counts.add(events.t.length);
    }
    expect(counts.size).toBeGreaterThan(20);
  });

  test("is read in no more memory than its bytes allow, whatever it claims", async () => {
    const bytes = fixture("dsec-user-block-512.h5").slice(512);
    const view = new DataView(bytes.buffer);
    for (let at = 0; at + 8 <= bytes.length; at++) {
      if (view.getBigUint64(at, true) === 300n) view.setBigUint64(at, 2n ** 40n, true);
    }
    await expect(readAll(bytes, { sensor: SENSOR })).rejects.toThrow(FormatError);
    const { recording } = await readAll(bytes, { sensor: SENSOR, mode: "recover" });
    expect(recording.report.droppedEvents).toBeGreaterThan(2 ** 39);
  });
});

suite("Writing HDF5", () => {
  test.each(["none", "deflate"] as const)("decode(encode(e)) = e, %s", async (compression) => {
    await fc.assert(
      fc.asyncProperty(anyEvents(SENSOR), fc.nat(2 ** 40), async (events, start) => {
        const shifted = { ...events, t: events.t.map((t) => t + start) };
        const { recording, events: back } = await readAll(
          await fileOf(encodeHdf5(SENSOR, [shifted], { compression })),
        );
        expect(recording.sensor).toEqual(SENSOR);
        expect(sameEvents(back, shifted)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test("many events come back over many chunks and nodes of an index, as a file too", async () => {
    const random = new Random("many");
    const sensor = { width: 1280, height: 720 };
    // 70 chunks: more than one node holds.
    const events = randomEvents(random, 70 * 16384 + 5, sensor, 3, 1e12);
    const batches = [0, 100, 100_000, 700_000, events.t.length].map((start, i, all) => {
      const end = all[i + 1] ?? events.t.length;
      return {
        t: events.t.subarray(start, end),
        x: events.x.subarray(start, end),
        y: events.y.subarray(start, end),
        on: events.on.subarray(start, end),
      };
    });
    const path = join(folder, "many.h5");
    await writeRecording(path, "hdf5", sensor, batches);
    let at = 0;
    for await (const batch of await openRecording(path)) {
      const expected = {
        t: events.t.subarray(at, at + batch.t.length),
        x: events.x.subarray(at, at + batch.t.length),
        y: events.y.subarray(at, at + batch.t.length),
        on: events.on.subarray(at, at + batch.t.length),
      };
      expect(sameEvents(batch, expected)).toBe(true);
      at += batch.t.length;
    }
    expect(at).toBe(events.t.length);
    expect(writeFormatOf(path)).toBe("hdf5");
    const theirs = new h5wasm.File(path, "r");
    const column = (name: string) => (theirs.get(name) as InstanceType<typeof h5wasm.Dataset>).value;
    expect(Buffer.compare(Buffer.from(column("events/x") as Uint16Array), Buffer.from(events.x))).toBe(0);
    expect(Number(column("t_offset"))).toBe(events.t[0]);
    theirs.close();
  });

  test.each(["none", "deflate"] as const)("gives what h5wasm reads, %s", async (compression) => {
    const path = join(folder, "written.h5");
    await writeRecording(path, "hdf5", SENSOR, [TRUTH], { compression });
    const file = new h5wasm.File(path, "r");
    const values = (name: string) =>
      Array.from((file.get(name) as InstanceType<typeof h5wasm.Dataset>).value as ArrayLike<number>, Number);
    expect(values("events/x")).toEqual([...TRUTH.x]);
    expect(values("events/y")).toEqual([...TRUTH.y]);
    expect(values("events/p")).toEqual([...TRUTH.on]);
    expect(values("events/t")).toEqual([...TRUTH.t].map((t) => t - 1000));
    const milliseconds = values("ms_to_idx");
    expect(milliseconds).toEqual(
      Array.from({ length: 4 }, (_, ms) => TRUTH.t.findIndex((t) => t - 1000 >= 1000 * ms)),
    );
    expect(file.attrs["width"]!.value).toBe(64);
    expect(file.attrs["height"]!.value).toBe(48);
    file.close();
  });

  test("no event makes a file without events", async () => {
    const { recording, events } = await readAll(await fileOf(encodeHdf5(SENSOR, [])));
    expect(recording.sensor).toEqual(SENSOR);
    expect(events.t.length).toBe(0);
  });

  test("what does not fit is an ArgumentError", async () => {
    const one = (t: number, x = 0) => eventsOf([[t, x, 0, 1]]);
    const write = (batches: Events[], sensor = SENSOR) => fileOf(encodeHdf5(sensor, batches));
    await expect(write([one(0, 64)])).rejects.toThrow(ArgumentError);
    await expect(write([one(5), one(4)])).rejects.toThrow("expected an integer time of 5");
    await expect(write([one(0), one(86_401e6)])).rejects.toThrow("expected a time within a day of 0");
    await expect(write([], { width: 0, height: 1 })).rejects.toThrow("expected 1 to 65536 pixels a side");
  });

  test("a file that can be read anywhere is not read whole", async () => {
    const random = new Random("anywhere");
    const bytes = await fileOf(
      encodeHdf5(SENSOR, [randomEvents(random, 200_000, SENSOR)], { compression: "none" }),
    );
    const file = memoryFile(bytes);
    let read = 0;
    const counting = {
      size: file.size,
      close: () => file.close(),
      read: (offset: number, length: number) => {
        read += length;
        return file.read(offset, length);
      },
    };
    for await (const batch of await openEvents(counting, { maxEvents: 1000 }))
      expect(batch.t.length).toBe(1000);
    expect(read).toBeLessThan(bytes.length / 2);
  });
});
