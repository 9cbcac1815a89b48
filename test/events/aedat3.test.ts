import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, suite, test } from "vitest";
import { FormatError, UnsupportedError } from "../../src/core/index.ts";
import { type Frame, type ImuSample, openEvents, type Trigger } from "../../src/events/index.ts";
import { aedat3, packed, packet3, polarity3 } from "./aedat-files.ts";
import { DATA, eventsOf, readAll, readUntilError } from "./support.ts";

const [SPECIAL, POLARITY, FRAME, IMU6, IMU9, EAR] = [0, 1, 2, 3, 4, 5];
const one = packet3(POLARITY, [polarity3(7, 239, 179, 1), polarity3(8, 0, 3, 0)]);

suite("AEDAT 3.1", () => {
  test("packets of polarity are events, with 31 bits of time and their overflows", async () => {
    const late = packet3(POLARITY, [polarity3(5, 1, 2, 1)], { overflow: 3 });
    const { recording, events } = await readAll(aedat3([one, packet3(POLARITY, []), late]));
    expect(recording.format).toBe("aedat3");
    expect(recording.sensor).toEqual({ width: 240, height: 180 });
    expect(events).toEqual(
      eventsOf([
        [7, 239, 179, 1],
        [8, 0, 3, 0],
        [3 * 2 ** 31 + 5, 1, 2, 1],
      ]),
    );
  });

  test("version 3.0 has no end of the header and is read alike", async () => {
    const { events } = await readAll(aedat3([one], { version: "3.0", end: false }));
    expect(events.t.length).toBe(2);
    await expect(openEvents(aedat3([one], { end: false }))).rejects.toThrow(FormatError);
  });

  test.each([
    ["DVS128", 128, 128],
    ["DAVIS346bMono", 346, 260],
    ["DAVIS640", 640, 480],
    ["DVS132S", 132, 104],
  ])("the source %s has %ix%i pixels", async (name, width, height) => {
    const lines = ["#Format: RAW", "#-Source 0: DAVIS240C", `#Source 1: ${name}`];
    expect((await readAll(aedat3([], { lines }))).recording.sensor).toEqual({ width, height });
  });

  test("an unknown source is as large as its events, or as the option says", async () => {
    const file = aedat3([one], { lines: ["#Source 1: File"] });
    expect((await readAll(file)).recording.sensor).toEqual({ width: 240, height: 180 });
    const sensor = { width: 300, height: 200 };
    expect((await readAll(file, { sensor })).recording.sensor).toEqual(sensor);
    await expect(openEvents(aedat3([], { lines: [] }))).rejects.toThrow(FormatError);
  });

  test("events marked invalid are dropped, unless their packet says that all are valid", async () => {
    const events = [polarity3(1, 1, 1, 1, 0), polarity3(2, 2, 2, 0), polarity3(3, 3, 3, 1, 0)];
    const filtered = await readAll(aedat3([packet3(POLARITY, events, { valid: 1 })]));
    expect([...filtered.events.t]).toEqual([2]);
    expect(filtered.recording.report).toMatchObject({ count: 0, droppedEvents: 2 });
    expect((await readAll(aedat3([packet3(POLARITY, events)]))).events.t.length).toBe(3);
  });

  test("packets of other types and of other sources of events are passed over", async () => {
    const other = packet3(POLARITY, [polarity3(9, 1, 1, 1)], { source: 2 });
    const ear = packet3(EAR!, [packed("i", [1, 2, 3])]);
    expect((await readAll(aedat3([ear, one, other, ear]))).events.t.length).toBe(2);
  });

  test("compressed packets are refused by name", async () => {
    const file = aedat3([], { lines: ["#Format: Serial-TS", "#Source 1: DVS128"] });
    await expect(openEvents(file)).rejects.toThrow(UnsupportedError);
    await expect(openEvents(file)).rejects.toThrow("Serial-TS");
  });

  test("events outside the sensor or back in time are errors, or lose just these", async () => {
    const file = aedat3([
      packet3(POLARITY, [
        polarity3(5, 1, 1, 1),
        polarity3(6, 240, 1, 1),
        polarity3(4, 1, 1, 1),
        polarity3(6, 2, 2, 0),
      ]),
    ]);
    const { events, error } = await readUntilError(file);
    expect([...events.t]).toEqual([5]);
    expect(String(error)).toContain("expected an event within 240x180, got (240, 1)");
    const { recording, events: kept } = await readAll(file, { mode: "recover" });
    expect([...kept.t]).toEqual([5, 6]);
    expect(recording.report.droppedEvents).toBe(2);
  });

  test.each([
    ["events of no size", 4, 0],
    ["events of less than their least size", 4, 7],
    ["a negative size", 4, -8],
    ["a negative number", 20, -1],
    ["more than a packet can have", 20, 2 ** 30],
  ])("a packet header with %s ends the recording", async (_, at, value) => {
    const file = aedat3([one, one.slice(), one]);
    const start = file.length - 2 * one.length;
    new DataView(file.buffer, file.byteOffset).setInt32(start + at, value, true);
    const { events, error } = await readUntilError(file);
    expect(events.t.length).toBe(2);
    expect((error as FormatError).offset).toBe(start);
    const { recording } = await readAll(file, { mode: "recover" });
    expect(recording.report.count).toBe(1);
  });

  test("cut at every byte it gives the whole events before the cut", async () => {
    const file = aedat3([
      one,
      packet3(SPECIAL!, [packed("i", [1, 9])]),
      packet3(POLARITY, [polarity3(9, 1, 1, 1)]),
    ]);
    const header = aedat3([]).length;
    const whole = [header, header + 44, header + 44 + 36, file.length];
    const eventEnds = [header + 36, header + 44, file.length];
    for (let length = 0; length <= file.length; length++) {
      for (const callbacks of [{}, { onTrigger: () => {} }]) {
        const { events, error } = await readUntilError(file.subarray(0, length), callbacks);
        expect(events.t.length).toBe(eventEnds.filter((end) => end <= length).length);
        if (whole.includes(length)) expect(error).toBeUndefined();
        else expect(error).toBeInstanceOf(FormatError);
        if (length < header) continue;
        const recovered = await readAll(file.subarray(0, length), { mode: "recover", ...callbacks });
        expect(recovered.events).toEqual(events);
        expect(recovered.recording.report.count).toBe(whole.includes(length) ? 0 : 1);
      }
    }
  });
});

suite("samples of AEDAT 3.1", () => {
  const read = async (packet: Uint8Array, mode: "strict" | "recover" = "strict") => {
    const [frames, samples, triggers]: [Frame[], ImuSample[], Trigger[]] = [[], [], []];
    const { recording, events } = await readAll(aedat3([one, packet, one.slice(0, 0)]), {
      mode,
      onFrame: (frame) => frames.push(frame),
      onImu: (sample) => samples.push(sample),
      onTrigger: (trigger) => triggers.push(trigger),
    });
    expect(events.t.length).toBe(2);
    return { frames, samples, triggers, report: recording.report };
  };
  const frame = (channels: number, width: number, height: number, pixels: readonly number[], valid = 1) =>
    new Uint8Array(
      Buffer.concat([
        packed("i", [(channels << 1) | valid, 10, 90, 20, 61, width, height, 3, 4]),
        packed("u", pixels),
      ]),
    );

  test("frames come with exposure and position, colours with blue first", async () => {
    const grey = await read(packet3(FRAME!, [frame(1, 3, 2, [1, 2, 3, 4, 5, 65535])], { overflow: 1 }));
    expect(grey.frames).toEqual([
      {
        tUs: 2 ** 31 + 40,
        exposureStartUs: 2 ** 31 + 20,
        exposureEndUs: 2 ** 31 + 61,
        width: 3,
        height: 2,
        x: 3,
        y: 4,
        format: "16UC1",
        channels: 1,
        pixels: Uint16Array.of(1, 2, 3, 4, 5, 65535),
      },
    ]);
    const colour = await read(
      packet3(FRAME!, [frame(3, 2, 1, [1, 2, 3, 4, 5, 6]), frame(3, 1, 1, [7, 8, 9, 0, 0, 0])]),
    );
    expect(colour.frames.map(({ pixels, format }) => [format, ...pixels])).toEqual([
      ["16UC3", 3, 2, 1, 6, 5, 4],
      ["16UC3", 9, 8, 7],
    ]);
    const alpha = await read(packet3(FRAME!, [frame(4, 1, 1, [1, 2, 3, 4])]));
    expect([...alpha.frames[0]!.pixels]).toEqual([3, 2, 1, 4]);
  });

  test("frames that do not fit their bytes are faults, invalid ones are passed over", async () => {
    for (const bad of [
      frame(1, 3, 2, [1, 2]),
      frame(2, 1, 1, [1, 2]),
      frame(1, -1, -1, [1]),
      frame(1, 2 ** 30, 2 ** 30, [1]),
    ]) {
      await expect(read(packet3(FRAME!, [bad]))).rejects.toThrow(FormatError);
      const { frames, report } = await read(packet3(FRAME!, [bad]), "recover");
      expect([frames.length, report.count]).toEqual([0, 1]);
    }
    expect((await read(packet3(FRAME!, [frame(1, 1, 1, [5], 0)], { valid: 0 }))).frames).toEqual([]);
  });

  test("IMU samples have six or nine axes", async () => {
    const values = [1, -0.5, 0.25, 100, -200, 300, 31.5];
    const sample = {
      tUs: 12,
      accelerometer: [1, -0.5, 0.25],
      gyroscope: [100, -200, 300],
      temperature: 31.5,
    };
    const six = await read(packet3(IMU6!, [packed("iif", [1, 12, ...values])]));
    expect(six.samples).toEqual([{ ...sample, magnetometer: [NaN, NaN, NaN] }]);
    const nine = await read(packet3(IMU9!, [packed("iif", [1, 12, ...values, 7, 8, 9])]));
    expect(nine.samples).toEqual([{ ...sample, magnetometer: [7, 8, 9] }]);
  });

  test("special events are triggers", async () => {
    const types = [1, 2, 3, 7, 11, 14, 99];
    const { triggers } = await read(
      packet3(
        SPECIAL!,
        types.map((type, i) => packed("i", [(type << 1) | 1, i])),
      ),
    );
    expect(triggers.map(({ tUs, kind, channel }) => [tUs, kind, channel])).toEqual([
      [0, "timestamp-reset", 0],
      [1, "external-rising", 0],
      [2, "external-falling", 0],
      [3, "external-falling", 1],
      [4, "external-pulse", 2],
      [5, "frame-start", 0],
      [6, "type-99", 0],
    ]);
  });
});

test.skipIf(DATA === undefined)(
  "a file made by hand, all of its events marked invalid, gives its events",
  async () => {
    const { recording, events } = await readAll(
      readFileSync(join(DATA!, "events", "aedat3", "thirdparty_handmade_a.aedat")),
    );
    expect([...events.t].slice(0, 9)).toEqual([10, 25, 38, 48, 59, 102865, 102898, 119579, 126562]);
    expect(events.t.length).toBe(12);
    expect([events.x[1], events.y[1], events.on[0]]).toEqual([10, 20, 1]);
    expect(recording.report.count).toBe(0);
    expect(Math.max(...events.x)).toBe(recording.sensor.width - 1);
  },
);
