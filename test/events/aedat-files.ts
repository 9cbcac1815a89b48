/** AEDAT files made for tests, by other means than the code under test. */
import { Builder } from "flatbuffers";

/** Bytes one after another. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** An AEDAT 2.0 file: header lines after the version, then records `[address, stamp]`. */
export function aedat2(
  lines: readonly string[],
  records: readonly (readonly [number, number])[],
): Uint8Array {
  const header = ["#!AER-DAT2.0", ...lines].map((line) => `${line}\r\n`).join("");
  const view = new DataView(new ArrayBuffer(8 * records.length));
  records.forEach(([address, stamp], i) => {
    view.setUint32(8 * i, address >>> 0, false);
    view.setUint32(8 * i + 4, stamp >>> 0, false);
  });
  return joined(Buffer.from(header, "latin1"), new Uint8Array(view.buffer));
}

/** The address of an event of a DAVIS. */
export function davisEvent(x: number, y: number, on: number): number {
  return y * 2 ** 22 + x * 2 ** 12 + on * 2 ** 11;
}

/** The address of a reading of a pixel of a DAVIS: type 0 after the reset, 1 after the exposure. */
export function davisReading(x: number, y: number, type: number, level: number): number {
  return 2 ** 31 + y * 2 ** 22 + x * 2 ** 12 + type * 2 ** 10 + level;
}

/** The seven words of an IMU sample of a DAVIS. */
export function davisImu(values: readonly number[]): number[] {
  return values.map((value, code) => 2 ** 31 + code * 2 ** 28 + (value & 0xffff) * 2 ** 12 + 3 * 2 ** 10);
}

/** One packet of AEDAT 3: events of one size. */
export function packet3(
  type: number,
  events: readonly Uint8Array[],
  { source = 1, overflow = 0, valid = events.length, size = events[0]?.length ?? 8 } = {},
): Uint8Array {
  const head = new DataView(new ArrayBuffer(28));
  head.setInt16(0, type, true);
  head.setInt16(2, source, true);
  [size, 4, overflow, events.length, events.length, valid].forEach((value, i) =>
    head.setInt32(4 + 4 * i, value, true),
  );
  return joined(new Uint8Array(head.buffer), ...events);
}

/** The bytes of little-endian values: `i` int32, `f` float32, `u` uint16. */
export function packed(kinds: string, values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  let at = 0;
  values.forEach((value, i) => {
    const kind = kinds[Math.min(i, kinds.length - 1)];
    if (kind === "f") view.setFloat32(at, value, true);
    else if (kind === "u") view.setUint16(at, value, true);
    else view.setInt32(at, value, true);
    at += kind === "u" ? 2 : 4;
  });
  return new Uint8Array(view.buffer, 0, at);
}

/** A polarity event of AEDAT 3. */
export function polarity3(t: number, x: number, y: number, on: number, valid = 1): Uint8Array {
  return packed("i", [(x << 17) | (y << 2) | (on << 1) | valid, t]);
}

/** An AEDAT 3 file of packets. */
export function aedat3(
  packets: readonly Uint8Array[],
  { version = "3.1", lines = ["#Format: RAW", "#Source 1: DAVIS240C"], end = true } = {},
): Uint8Array {
  const header = [`#!AER-DAT${version}`, ...lines, ...(end ? ["#!END-HEADER"] : [])];
  return joined(Buffer.from(header.map((line) => `${line}\r\n`).join("")), ...packets);
}

/** Types of the streams of {@link aedat4}, by their number. */
export const STREAMS = ["EVTS", "FRME", "IMUS", "TRIG", "XTRA", "EVTS"] as const;

/** An AEDAT 4 file without compression: packets `[stream, content]`, and a table position. */
export function aedat4(packets: readonly (readonly [number, Uint8Array])[], position = -1n): Uint8Array {
  const builder = new Builder();
  const info = STREAMS.map(
    (type, id) =>
      `<node name="${id}"><attr key="typeIdentifier" type="string">${type}</attr><node name="info">` +
      `<attr key="sizeX" type="int">346</attr><attr key="sizeY" type="int">260</attr></node></node>`,
  );
  const text = builder.createString(`<dv version="2.0"><node name="outInfo">${info.join("")}</node></dv>`);
  builder.startObject(3);
  builder.addFieldInt32(0, 0, 1);
  builder.addFieldInt64(1, position, 0n);
  builder.addFieldOffset(2, text, 0);
  builder.finishSizePrefixed(builder.endObject(), "IOHE");
  const parts = packets.flatMap(([stream, content]) => [packed("i", [stream, content.length]), content]);
  return joined(Buffer.from("#!AER-DAT4.0\r\n"), builder.asUint8Array(), ...parts);
}

/** The flatbuffer of one packet of events `[t, x, y, on]`. */
export function events4(events: readonly (readonly [number, number, number, number])[]): Uint8Array {
  const builder = new Builder();
  builder.startVector(16, events.length, 8);
  for (const [t, x, y, on] of events.toReversed()) {
    builder.prep(8, 16);
    builder.pad(3);
    builder.writeInt8(on);
    builder.writeInt16(y);
    builder.writeInt16(x);
    builder.writeInt64(BigInt(t));
  }
  const elements = builder.endVector();
  builder.startObject(1);
  builder.addFieldOffset(0, elements, 0);
  builder.finishSizePrefixed(builder.endObject(), "EVTS");
  return builder.asUint8Array().slice();
}

/** What a frame of {@link frame4} is made of; fields that are missing are left out of the flatbuffer. */
export type Frame4 = {
  readonly t: number;
  readonly start?: number;
  readonly end?: number;
  readonly exposure?: number;
  readonly format: number;
  readonly width: number;
  readonly height: number;
  readonly x?: number;
  readonly y?: number;
  readonly pixels: Uint8Array;
};

/** The flatbuffer of a frame. */
export function frame4(frame: Frame4): Uint8Array {
  const builder = new Builder();
  const pixels = builder.createByteVector(frame.pixels);
  builder.startObject(13);
  builder.addFieldInt64(0, BigInt(frame.t), 0n);
  builder.addFieldInt64(3, BigInt(frame.start ?? 0), 0n);
  builder.addFieldInt64(4, BigInt(frame.end ?? 0), 0n);
  builder.addFieldInt8(5, frame.format, 0);
  builder.addFieldInt16(6, frame.width, 0);
  builder.addFieldInt16(7, frame.height, 0);
  builder.addFieldInt16(8, frame.x ?? 0, 0);
  builder.addFieldInt16(9, frame.y ?? 0, 0);
  builder.addFieldOffset(10, pixels, 0);
  builder.addFieldInt64(11, BigInt(frame.exposure ?? 0), 0n);
  builder.finishSizePrefixed(builder.endObject(), "FRME");
  return builder.asUint8Array().slice();
}

/** The flatbuffer of IMU samples: time, then temperature and the nine axes. */
export function imu4(samples: readonly (readonly [number, ...number[]])[]): Uint8Array {
  const builder = new Builder();
  const tables = samples.map(([t, ...values]) => {
    builder.startObject(11);
    builder.addFieldInt64(0, BigInt(t), 0n);
    values.forEach((value, i) => builder.addFieldFloat32(1 + i, value, 0));
    return builder.endObject();
  });
  return tablesOf(builder, tables, "IMUS");
}

/** The flatbuffer of triggers `[t, type]`. */
export function triggers4(triggers: readonly (readonly [number, number])[]): Uint8Array {
  const builder = new Builder();
  const tables = triggers.map(([t, type]) => {
    builder.startObject(2);
    builder.addFieldInt64(0, BigInt(t), 0n);
    builder.addFieldInt8(1, type, 0);
    return builder.endObject();
  });
  return tablesOf(builder, tables, "TRIG");
}

function tablesOf(builder: Builder, tables: readonly number[], identifier: string): Uint8Array {
  builder.startVector(4, tables.length, 4);
  for (const table of tables.toReversed()) builder.addOffset(table);
  const elements = builder.endVector();
  builder.startObject(1);
  builder.addFieldOffset(0, elements, 0);
  builder.finishSizePrefixed(builder.endObject(), identifier);
  return builder.asUint8Array().slice();
}
