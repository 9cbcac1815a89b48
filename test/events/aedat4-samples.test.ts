import fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, suite, test } from "vitest";
import { FormatError } from "../../src/core/index.ts";
import {
  type Frame,
  type ImuSample,
  openEvents,
  type ReaderOptions,
  type Trigger,
} from "../../src/events/index.ts";
import { aedat4, events4, type Frame4, frame4, imu4, triggers4 } from "./aedat-files.ts";
import { chunked, DATA, eventsOf, readAll, readUntilError } from "./support.ts";

const [EVENTS, FRAMES, IMU, TRIGGERS, UNKNOWN, MORE_EVENTS] = [0, 1, 2, 3, 4, 5] as const;
const some = events4([
  [10, 1, 2, 1],
  [20, 3, 4, 0],
]);
const small: Frame4 = {
  t: 50,
  start: 40,
  end: 61,
  format: 0,
  width: 2,
  height: 3,
  x: 5,
  y: 6,
  pixels: Uint8Array.of(1, 2, 3, 4, 5, 6),
};

/** Everything that a file gives. */
async function readSamples(bytes: Uint8Array, options: ReaderOptions = {}) {
  const [frames, samples, triggers]: [Frame[], ImuSample[], Trigger[]] = [[], [], []];
  const order: string[] = [];
  const { recording, events } = await readAll(bytes, {
    ...options,
    onFrame: (frame) => (frames.push(frame), order.push("frame")),
    onImu: (sample) => (samples.push(sample), order.push("imu")),
    onTrigger: (trigger) => (triggers.push(trigger), order.push("trigger")),
  });
  return { frames, samples, triggers, order, events, report: recording.report };
}

suite("AEDAT 4 frames", () => {
  test("come with times, size and position", async () => {
    const { frames } = await readSamples(aedat4([[FRAMES, frame4(small)]]));
    expect(frames).toEqual([
      {
        tUs: 50,
        exposureStartUs: 40,
        exposureEndUs: 61,
        width: 2,
        height: 3,
        x: 5,
        y: 6,
        format: "8UC1",
        channels: 1,
        pixels: Uint8Array.of(1, 2, 3, 4, 5, 6),
      },
    ]);
  });

  const { start: _, end: __, ...plain } = small;
  test.each([
    ["without times of exposure", plain, 50, 50],
    ["with its length alone", { ...plain, exposure: 7 }, 50, 57],
  ])("%s start to be exposed at their time", async (_name, frame, start, end) => {
    const { frames } = await readSamples(aedat4([[FRAMES, frame4(frame)]]));
    expect([frames[0]!.exposureStartUs, frames[0]!.exposureEndUs]).toEqual([start, end]);
  });

  const values = [
    -1.5, 0, 1, 2.5, 200, 65504, -3, 7, 0.25, 100, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
  ];
  const halves: Readonly<Record<number, number>> = {
    0x3c00: 1,
    0xc000: -2,
    0x7bff: 65504,
    0x0001: 2 ** -24,
    0x8400: -(2 ** -14),
    0x7c00: Infinity,
    0xfc00: -Infinity,
    0x3555: 0.333251953125,
  };
  const depths = [
    ["8U", Uint8Array.from(values)],
    ["8S", Int8Array.from(values)],
    ["16U", Uint16Array.from(values)],
    ["16S", Int16Array.from(values)],
    ["32S", Int32Array.from(values)],
    ["32F", Float32Array.from(values)],
    ["64F", Float64Array.from(values)],
    ["16F", Uint16Array.from({ length: 24 }, (_v, i) => Number(Object.keys(halves)[i % 8]))],
  ] as const;
  const formats = depths.flatMap(([name, pixels], depth) =>
    [1, 2, 3, 4].map((channels) => ({
      name: `${name}C${channels}`,
      pixels,
      channels,
      code: depth + 8 * (channels - 1),
    })),
  );

  test.each(formats)("of pixel format $name come exactly", async ({ name, pixels, channels, code }) => {
    const [width, height] = [2, 12 / channels];
    const bytes = new Uint8Array(pixels.buffer);
    const { frames } = await readSamples(
      aedat4([[FRAMES, frame4({ t: 1, format: code, width, height, pixels: bytes })]]),
    );
    expect(frames[0]).toMatchObject({ format: name, channels, width, height });
    const expected = name.startsWith("16F") ? Float32Array.from(pixels, (half) => halves[half]!) : pixels;
    expect(frames[0]!.pixels).toEqual(expected);
  });

  test("that cannot be are faults that cost nothing but the frame", async () => {
    const bad: Frame4[] = [
      { ...small, format: 32 },
      { ...small, format: -1 },
      { ...small, width: 0 },
      { ...small, height: -3 },
      { ...small, format: 2 },
      { ...small, pixels: small.pixels.subarray(1) },
    ];
    for (const frame of bad) {
      const file = aedat4([
        [EVENTS, some],
        [FRAMES, frame4(frame)],
        [FRAMES, frame4(small)],
      ]);
      await expect(readSamples(file)).rejects.toThrow(FormatError);
      const { frames, report } = await readSamples(file, { mode: "recover" });
      expect([frames.length, report.count]).toEqual([1, 1]);
      expect((await readUntilError(file)).error).toBeUndefined();
    }
  });
});

suite("AEDAT 4 samples", () => {
  test("of an IMU come in their order, with zeros that writers leave out", async () => {
    const file = aedat4([
      [
        IMU,
        imu4([
          [100, 31.5, 1, -2, 3, 4, 5, -6, 7, 8, 9],
          [101, 0],
        ]),
      ],
    ]);
    const { samples } = await readSamples(file);
    expect(samples).toEqual([
      {
        tUs: 100,
        temperature: 31.5,
        accelerometer: [1, -2, 3],
        gyroscope: [4, 5, -6],
        magnetometer: [7, 8, 9],
      },
      { tUs: 101, temperature: 0, accelerometer: [0, 0, 0], gyroscope: [0, 0, 0], magnetometer: [0, 0, 0] },
    ]);
  });

  test("of triggers say what they are", async () => {
    const types = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    const { triggers } = await readSamples(
      aedat4([[TRIGGERS, triggers4(types.map((type) => [type, type]))]]),
    );
    expect(triggers.map(({ kind }) => kind)).toEqual([
      "timestamp-reset",
      "external-rising",
      "external-falling",
      "external-pulse",
      "generator-rising",
      "generator-falling",
      "frame-start",
      "frame-end",
      "exposure-start",
      "exposure-end",
      "type-10",
    ]);
    expect(triggers[10]).toEqual({ tUs: 10, kind: "type-10", channel: 0 });
  });

  const mixed = aedat4([
    [TRIGGERS, triggers4([[1, 6]])],
    [UNKNOWN, Uint8Array.of(1, 2, 3)],
    [FRAMES, frame4(small)],
    [EVENTS, some],
    [MORE_EVENTS, events4([[1, 300, 200, 1]])],
    [IMU, imu4([[100, 1]])],
    [EVENTS, events4([[30, 5, 6, 1]])],
  ]);

  test("come in the order of the packets; unknown streams and a second one of events are passed over", async () => {
    const { order, events } = await readSamples(mixed);
    expect(order).toEqual(["trigger", "frame", "imu"]);
    expect(events).toEqual(
      eventsOf([
        [10, 1, 2, 1],
        [20, 3, 4, 0],
        [30, 5, 6, 1],
      ]),
    );
  });

  test("are not looked at where nobody asked for them", async () => {
    const broken = aedat4([
      [FRAMES, Uint8Array.of(9)],
      [IMU, Uint8Array.of(9)],
      [TRIGGERS, Uint8Array.of(9)],
      [EVENTS, some],
    ]);
    expect((await readUntilError(broken)).error).toBeUndefined();
    await expect(readSamples(broken)).rejects.toThrow(FormatError);
    expect((await readSamples(broken, { mode: "recover" })).report.count).toBe(3);
  });

  test("an error of a callback is not a fault of the file", async () => {
    const onFrame = () => {
      throw new RangeError("mine");
    };
    const error = await readUntilError(aedat4([[FRAMES, frame4(small)]]), { mode: "recover", onFrame });
    expect(error.error).toBeInstanceOf(RangeError);
  });

  test("of flatbuffers changed anywhere end in a known error or in samples", async () => {
    const anywhere = fc.record({
      at: fc.nat(mixed.length - 1),
      value: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 127, 128, 255)),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(anywhere, { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        async (changes, strict) => {
          const bytes = mixed.slice();
          for (const { at, value } of changes) bytes[at] = value;
          try {
            const { frames, samples } = await readSamples(bytes, { mode: strict ? "strict" : "recover" });
            for (const { pixels } of frames) expect(pixels.byteLength).toBeLessThan(2 * bytes.length);
            expect(samples.length).toBeLessThan(bytes.length);
          } catch (error) {
            expect(String(error)).toMatch(/expected .*, got /);
          }
        },
      ),
      { numRuns: 1500 },
    );
  });

  test("cut at every byte give what is whole before the cut", async () => {
    const { order } = await readSamples(mixed);
    let most = 0;
    for (let length = aedat4([]).length; length < mixed.length; length++) {
      const part = await readSamples(mixed.subarray(0, length), { mode: "recover" });
      expect(order.slice(0, part.order.length)).toEqual(part.order);
      expect(part.order.length).toBeGreaterThanOrEqual(most);
      expect(part.report.count).toBeLessThanOrEqual(1);
      most = part.order.length;
    }
  });

  test("come in chunks of any size", async () => {
    const whole = await readSamples(mixed);
    for (const size of [1, 7, 64]) {
      const frames: Frame[] = [];
      for await (const _ of await openEvents(chunked(mixed, size), {
        onFrame: (frame) => frames.push(frame),
      }));
      expect(frames).toEqual(whole.frames);
    }
  });

  test("a wrong position of the table is a fault that recovery passes", async () => {
    const header = aedat4([]).length;
    const second = header + 8 + triggers4([[1, 6]]).length;
    for (const position of [header + 3, header + 40, header, second, mixed.length + 100]) {
      const bytes = aedat4(
        [
          [TRIGGERS, triggers4([[1, 6]])],
          [EVENTS, some],
          [EVENTS, events4([[30, 5, 6, 1]])],
        ],
        BigInt(position),
      );
      expect((await readUntilError(bytes)).error).toBeInstanceOf(FormatError);
      const { events, report, order } = await readSamples(bytes, { mode: "recover" });
      expect(events.t.length).toBe(3);
      expect(order).toEqual(["trigger"]);
      expect(report.count).toBe(1);
    }
  });
});

suite.skipIf(DATA === undefined)("AEDAT 4 samples of real recordings", () => {
  test.each(["davis346_lz4.aedat4", "davis346_zstd_reencoded.aedat4"])("%s", async (name) => {
    const { frames, samples, triggers, events, report } = await readSamples(
      readFileSync(join(DATA!, "events", "aedat4", name)),
    );
    expect([frames.length, samples.length, triggers.length, events.t.length]).toEqual([3, 130, 15, 117_667]);
    expect(report.count).toBe(0);
    for (const { width, height, format, pixels, exposureStartUs, exposureEndUs, tUs } of frames) {
      expect([width, height, format]).toEqual([346, 260, "8UC1"]);
      const mean = (pixels as Uint8Array).reduce((sum, value) => sum + value, 0) / pixels.length;
      expect(mean).toBeGreaterThan(45);
      expect(mean).toBeLessThan(60);
      expect(exposureEndUs - exposureStartUs).toBe(4773);
      expect(tUs).toBe(Math.floor((exposureStartUs + exposureEndUs) / 2));
    }
    expect(samples.every(({ accelerometer }) => Math.abs(Math.hypot(...accelerometer) - 1) < 0.1)).toBe(true);
    // The camera marks each exposure with triggers, too: two ways of telling the same times.
    const starts = triggers.filter(({ kind }) => kind === "exposure-start").map(({ tUs }) => tUs);
    expect(frames.every(({ exposureStartUs }) => starts.includes(exposureStartUs))).toBe(true);
  });
});
