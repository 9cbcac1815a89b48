import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, suite, test } from "vitest";
import { FormatError, UnsupportedError } from "../../src/core/index.ts";
import { type Frame, type ImuSample, openEvents, type Trigger } from "../../src/events/index.ts";
import { aedat2, davisEvent, davisImu, davisReading, joined } from "./aedat-files.ts";
import { chunked, DATA, eventsOf, readAll, readUntilError } from "./support.ts";

const DAVIS346 = "# AEChip: eu.seebetter.ini.chips.davis.Davis346red";
const DAVIS128 = "# AEChip: eu.seebetter.ini.chips.davis.Davis128";
const DVS128 = "# AEChip: ch.unizh.ini.jaer.chip.retina.DVS128";

suite("AEDAT 2.0", () => {
  test("events of a DAVIS reach the last pixel of a 346x260 sensor", async () => {
    const { recording, events } = await readAll(
      aedat2(
        [DAVIS346],
        [
          [davisEvent(345, 259, 1), 5],
          [davisEvent(0, 0, 0), 6],
          [davisEvent(7, 200, 1), 6],
        ],
      ),
    );
    expect(recording.format).toBe("aedat2");
    expect(recording.sensor).toEqual({ width: 346, height: 260 });
    expect(events).toEqual(
      eventsOf([
        [5, 345, 259, 1],
        [6, 0, 0, 0],
        [6, 7, 200, 1],
      ]),
    );
  });

  test("events of a DVS128 have 7 bits a coordinate, and a clear bit of polarity is ON", async () => {
    const { recording, events } = await readAll(
      aedat2(
        [DVS128],
        [
          [(127 << 8) | (3 << 1), 5],
          [(1 << 8) | (127 << 1) | 1, 9],
        ],
      ),
    );
    expect(recording.sensor).toEqual({ width: 128, height: 128 });
    expect(events).toEqual(
      eventsOf([
        [5, 3, 127, 1],
        [9, 127, 1, 0],
      ]),
    );
  });

  test.each([
    ["eu.seebetter.ini.chips.davis.DAVIS240C", 240, 180],
    ["eu.seebetter.ini.chips.davis.DAVIS240B", 240, 180],
    ["eu.seebetter.ini.chips.sbret10.SBret10", 240, 180],
    ["eu.seebetter.ini.chips.davis.Davis346blue", 346, 260],
    ["eu.seebetter.ini.chips.davis.Davis640", 640, 480],
    ["ch.unizh.ini.jaer.chip.retina.Tmpdiff128", 128, 128],
  ])("the chip %s has %ix%i pixels", async (chip, width, height) => {
    const { recording, events } = await readAll(aedat2([`# AEChip: ${chip}`], []));
    expect(recording.sensor).toEqual({ width, height });
    expect(events.t.length).toBe(0);
  });

  test("without a chip, large addresses are a DAVIS, of the smallest common size or that of the option", async () => {
    const file = (x: number) =>
      aedat2(
        [],
        [
          [davisEvent(1, 2, 1), 5],
          [davisEvent(x, 2, 0), 6],
        ],
      );
    expect((await readAll(file(100))).recording.sensor).toEqual({ width: 240, height: 180 });
    expect((await readAll(file(240))).recording.sensor).toEqual({ width: 346, height: 260 });
    expect((await readAll(file(1000))).recording.sensor).toEqual({ width: 1001, height: 3 });
    const sensor = { width: 400, height: 300 };
    expect((await readAll(file(100), { sensor })).recording.sensor).toEqual(sensor);
    const piped = await openEvents(chunked(file(100), 7));
    expect(piped.sensor).toEqual({ width: 240, height: 180 });
  });

  test("without a chip, small addresses are a DVS128", async () => {
    const { recording, events } = await readAll(aedat2([], [[(5 << 8) | (6 << 1), 1]]));
    expect(recording.sensor).toEqual({ width: 128, height: 128 });
    expect([events.x[0], events.y[0]]).toEqual([6, 5]);
  });

  test("without a chip and without events there is no sensor", async () => {
    await expect(openEvents(aedat2([], []))).rejects.toThrow(FormatError);
    const sensor = { width: 240, height: 180 };
    expect((await readAll(aedat2([], []), { sensor })).recording.sensor).toEqual(sensor);
  });

  test("a header ends where data starts, be it with the byte of a header line", async () => {
    const first = davisEvent(0, 140, 1);
    expect(first >>> 24).toBe(0x23);
    const { events } = await readAll(
      aedat2(
        [DAVIS346, "# end"],
        [
          [first, 8],
          [first, 2573],
        ],
      ),
    );
    expect(events).toEqual(
      eventsOf([
        [8, 0, 140, 1],
        [2573, 0, 140, 1],
      ]),
    );
    const marked = aedat2([DAVIS346, "#End Of ASCII Header"], [[0x230d2020, 0x20202020]]);
    expect((await readUntilError(marked)).events.t.length).toBe(1);
  });

  test("time goes on where signed stamps overflow and where unsigned ones wrap around", async () => {
    const a = davisEvent(1, 1, 1);
    const times = [2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 5, 2 ** 32 + 2 ** 31 + 6];
    const { events } = await readAll(
      aedat2(
        [DAVIS346],
        times.map((time) => [a, time % 2 ** 32]),
      ),
    );
    expect([...events.t]).toEqual(times);
  });

  test("events outside the sensor or back in time are errors, or lose just these", async () => {
    const file = aedat2(
      [DAVIS346],
      [
        [davisEvent(1, 1, 1), 50],
        [davisEvent(346, 1, 1), 51],
        [davisEvent(2, 2, 1), 20],
        [davisEvent(3, 3, 1), 60],
      ],
    );
    const { events, error } = await readUntilError(file);
    expect([...events.t]).toEqual([50]);
    expect(String(error)).toMatch(/expected an event within 346x260, got \(346, 1\)/);
    const back = await readAll(file, { mode: "recover" });
    expect([...back.events.t]).toEqual([50, 60]);
    expect(back.recording.report.droppedEvents).toBe(2);
    expect(back.recording.report.faults[1]!.what).toContain("a time of 50 µs or later, got 20");
    expect(back.recording.report.faults[1]!.offset).toBe(file.length - 16);
  });

  test("cut at every byte it gives the whole records before the cut", async () => {
    const file = aedat2(
      [DAVIS346],
      Array.from({ length: 9 }, (_, i) => [davisEvent(i, i, 1), i] as const),
    );
    const start = file.length - 72;
    for (let length = 0; length <= file.length; length++) {
      const records = Math.max(0, Math.floor((length - start) / 8));
      const { events, error } = await readUntilError(file.subarray(0, length));
      expect(events.t.length).toBe(records);
      const lineEnds = [14, start].includes(length) || (length > start && (length - start) % 8 === 0);
      if (!lineEnds || length === 14) expect(error).toBeInstanceOf(FormatError);
      else expect(error).toBeUndefined();
      if (length > start) {
        const { recording, events: kept } = await readAll(file.subarray(0, length), { mode: "recover" });
        expect(kept.t.length).toBe(records);
        expect(recording.report.droppedBytes).toBe((length - start) % 8);
      }
    }
  });

  test("external events are triggers, and cost no event", async () => {
    const triggers: Trigger[] = [];
    const special = 1 << 10;
    const records = [
      [davisEvent(1, 1, 1), 1],
      [special, 2],
      [special | 2, 3],
      [special | 3, 4],
      [special | 4, 5],
    ] as const;
    const options = { onTrigger: (trigger: Trigger) => triggers.push(trigger) };
    expect((await readAll(aedat2([DAVIS346], records), options)).events.t.length).toBe(1);
    expect(triggers).toEqual(
      ["external", "external-falling", "external-rising", "external-pulse"].map((kind, i) => ({
        tUs: 2 + i,
        kind,
        channel: 0,
      })),
    );
    expect((await readAll(aedat2([DAVIS346], records))).events.t.length).toBe(1);
    triggers.length = 0;
    expect((await readAll(aedat2([DVS128], [[1 << 15, 7]]), options)).events.t.length).toBe(0);
    expect(triggers).toEqual([{ tUs: 7, kind: "external", channel: 0 }]);
  });
});

suite("frames of AEDAT 2.0", () => {
  const side = Array.from({ length: 128 }, (_, i) => i);
  const level = (x: number, y: number) => (3 * x + 5 * y) % 400;
  const readings = (type: number, startUs: number): [number, number][] =>
    side.flatMap((x) =>
      side.map((y): [number, number] => [
        davisReading(x, y, type, type === 0 ? 900 : 900 - level(x, y)),
        startUs + x,
      ]),
    );
  const framesOf = async (records: [number, number][]) => {
    const frames: Frame[] = [];
    const { recording, events } = await readAll(aedat2([DAVIS128], records), {
      onFrame: (f) => frames.push(f),
    });
    return { frames, events, report: recording.report };
  };

  test("are the first reading minus the second, with columns mirrored as those of events are", async () => {
    const { frames, events, report } = await framesOf([
      [davisEvent(5, 6, 1), 0],
      ...readings(0, 1000),
      [davisEvent(5, 6, 0), 2000],
      ...readings(1, 5000),
      ...readings(0, 6000),
      ...readings(1, 7000),
    ]);
    expect(events.t.length).toBe(2);
    expect(frames.length).toBe(2);
    const { pixels, ...rest } = frames[0]!;
    expect(rest).toEqual({
      tUs: 3063,
      exposureStartUs: 1127,
      exposureEndUs: 5000,
      width: 128,
      height: 128,
      x: 0,
      y: 0,
      format: "16UC1",
      channels: 1,
    });
    expect([...pixels]).toEqual(side.flatMap((y) => side.map((x) => level(127 - x, y))));
    expect(frames[1]!.pixels).toEqual(pixels);
    expect(frames[1]!.pixels).not.toBe(pixels);
    expect(report.droppedBytes).toBe(0);
  });

  test("of a rolling shutter, whose readings of columns alternate, come whole", async () => {
    const columns = (records: [number, number][], x: number) => records.slice(128 * x, 128 * (x + 1));
    const [resets, signals] = [readings(0, 0), readings(1, 0)];
    const rolling = side
      .concat(128, 129)
      .flatMap((x) => [...columns(resets, x), ...(x < 2 ? [] : columns(signals, x - 2))]);
    expect((await framesOf(rolling.map(([a], i) => [a, i]))).frames.length).toBe(1);
  });

  test("that miss readings are left out and counted as dropped bytes", async () => {
    const [resets, signals] = [readings(0, 0), readings(1, 200)];
    const { frames, report } = await framesOf(
      [...signals.slice(0, 9), ...resets, ...signals.slice(1), ...resets, ...signals].map(([a], i) => [a, i]),
    );
    expect(frames.length).toBe(1);
    expect(report.count).toBe(0);
    expect(report.droppedBytes).toBe(8 * (9 + 2 * 128 * 128 - 1));
  });

  test("with readings outside the sensor are faults", async () => {
    const file = aedat2([DAVIS128], [[davisReading(128, 0, 0, 5), 1]]);
    expect((await readUntilError(file, { onFrame: () => {} })).error).toBeInstanceOf(FormatError);
    expect((await readUntilError(file)).error).toBeUndefined();
  });
});

suite("IMU samples of AEDAT 2.0", () => {
  const values = [8192, -4096, 0, 3400, 655, -131, 32767];
  const samplesOf = async (lines: string[], words: number[]) => {
    const samples: ImuSample[] = [];
    const options = { onImu: (sample: ImuSample) => samples.push(sample) };
    const { recording } = await readAll(
      aedat2(
        [DAVIS346, ...lines],
        words.map((word) => [word, 77]),
      ),
      options,
    );
    return { samples, report: recording.report };
  };

  test("have jAER's default scale", async () => {
    const { samples } = await samplesOf([], davisImu(values));
    expect(samples).toEqual([
      {
        tUs: 77,
        accelerometer: [1, -0.5, 0],
        gyroscope: [10, -2, 32767 / 65.5],
        magnetometer: [NaN, NaN, NaN],
        temperature: 45,
      },
    ]);
  });

  test("have the scale that the header gives", async () => {
    const lines = [
      `#  <entry key="ImuAccelScale" value="ImuAccelScaleG8"/>`,
      `#  <entry key="ImuGyroScale" value="GyroFullScaleDegPerSec1000"/>`,
    ];
    const { samples } = await samplesOf(lines, davisImu(values));
    expect(samples[0]!.accelerometer).toEqual([2, -1, 0]);
    expect(samples[0]!.gyroscope[1]).toBeCloseTo(-131 / 32.8, 12);
  });

  test("that miss words are left out", async () => {
    const words = davisImu(values);
    const { samples, report } = await samplesOf([], [...words.slice(3), ...words.slice(0, 5), ...words]);
    expect(samples.length).toBe(1);
    expect(report.droppedBytes).toBe(8 * 9);
  });
});

test.each([
  ["aedat 1.0", "# This is a raw AE data file - do not edit\r\n"],
  ["aedat 5.0", "#!AER-DAT5.0\r\n"],
  ["aedat 4.1", "#!AER-DAT4.1\r\n"],
])("%s is known and refused by name", async (name, head) => {
  await expect(openEvents(Buffer.from(head))).rejects.toThrow(UnsupportedError);
  await expect(openEvents(Buffer.from(head))).rejects.toThrow(name);
});

suite.skipIf(DATA === undefined)("real recordings of AEDAT 2.0", () => {
  const file = (name: string) => readFileSync(join(DATA!, "events", "aedat2", name));

  test("give an IMU that feels one g", async () => {
    const samples: ImuSample[] = [];
    const onImu = (sample: ImuSample) => samples.push(sample);
    const { recording } = await readAll(file("davis240c_IMU_rotDisk_cut.aedat"), { onImu });
    expect(samples.length).toBe(33257 / 7);
    expect(Math.hypot(...samples[0]!.accelerometer)).toBeCloseTo(1.02, 2);
    expect(samples.every(({ temperature }) => temperature > 20 && temperature < 40)).toBe(true);
    expect(recording.report.droppedBytes).toBe(0);
  });

  test("open with nothing but a header", async () => {
    const { recording, events } = await readAll(file("tonic_header_only.aedat"));
    expect(recording.sensor).toEqual({ width: 346, height: 260 });
    expect(events.t.length).toBe(0);
  });

  test("read the same with all callbacks, in chunks of any size", async () => {
    const bytes = file("davis240c_IMU_rotDisk_cut.aedat").subarray(0, 400_000);
    const cut = bytes.subarray(0, bytes.length - (bytes.length % 8) + 3);
    const whole = await readAll(cut, { mode: "recover" });
    for (const size of [61, 4096]) {
      const batches = [];
      let samples = 0;
      for await (const batch of await openEvents(chunked(joined(cut), size), {
        mode: "recover",
        onImu: () => samples++,
      })) {
        batches.push(...batch.t);
      }
      expect(batches).toEqual([...whole.events.t]);
      expect(samples).toBeGreaterThan(100);
    }
  });
});
