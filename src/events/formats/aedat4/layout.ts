/**
 * The layout of AEDAT 4.0 (iniVation, docs.inivation.com, "AEDAT 4.0 format specification"): a version line, a
 * size-prefixed flatbuffer `IOHeader`, packets, and a table of the packets at the end.
 */

/** The version line. */
export const VERSION_LINE = "#!AER-DAT4.0\r\n";

/** The ways a packet may be compressed, by their number in the header. */
export const COMPRESSIONS = ["none", "lz4", "lz4-high", "zstd", "zstd-high"] as const;

/** How the packets of a file are compressed. */
export type Compression = (typeof COMPRESSIONS)[number];

/** `IOHeader { compression: int32; dataTablePosition: int64 = -1; infoNode: string }`, slots of its vtable. */
export const IO_HEADER = { identifier: "IOHE", compression: 0, dataTablePosition: 1, infoNode: 2 } as const;

/** `EventPacket { elements: [Event] }`. */
export const EVENT_PACKET = { identifier: "EVTS", elements: 0 } as const;

/** The struct `Event { timestamp: int64; x: int16; y: int16; on: bool }`, padded. */
export const EVENT = { bytes: 16, t: 0, x: 8, y: 10, on: 12 } as const;

/**
 * `Frame`: times of the middle (or start) and of the ends of frame and exposure; pixel format as an OpenCV type; size and
 * position on the sensor, int16; pixels; length of the exposure, which newer recorders write in place of its ends.
 */
export const FRAME = {
  identifier: "FRME",
  timestamp: 0,
  exposureStart: 3,
  exposureEnd: 4,
  format: 5,
  sizeX: 6,
  sizeY: 7,
  positionX: 8,
  positionY: 9,
  pixels: 10,
  exposure: 11,
} as const;

/** `IMUPacket { elements: [IMU] }`, tables with float32 fields: temperature, then x, y and z of each instrument. */
export const IMU_PACKET = { identifier: "IMUS", elements: 0 } as const;

/** Slots of the table `IMU`; of an instrument that of x, followed by y and z. */
export const IMU = { timestamp: 0, temperature: 1, accelerometer: 2, gyroscope: 5, magnetometer: 8 } as const;

/** `TriggerPacket { elements: [Trigger] }`. */
export const TRIGGER_PACKET = { identifier: "TRIG", elements: 0 } as const;

/** Slots of the table `Trigger`. */
export const TRIGGER = { timestamp: 0, type: 1 } as const;

/** What a trigger says, by its type. */
export const TRIGGER_KINDS = [
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
] as const;

/**
 * `FileDataTable { Table: [FileDataDefinition] }` and the slots of `FileDataDefinition`: offset of the content of a
 * packet (after its header), the header as a struct, number of elements, first and last time.
 */
export const FILE_DATA_TABLE = {
  identifier: "FTAB",
  table: 0,
  byteOffset: 0,
  packetInfo: 1,
  numElements: 2,
  timestampStart: 3,
  timestampEnd: 4,
} as const;

/** Bytes before a packet: `streamId` and `size`, int32 each. */
export const PACKET_HEADER_BYTES = 8;

/** Bytes that the header flatbuffer may have; the largest seen is a few kilobytes. */
export const MAX_HEADER_BYTES = 1 << 24;

/** Bytes that one packet may have, compressed or not; recorders write some tens of kilobytes. */
export const MAX_PACKET_BYTES = 1 << 28;

/** A packet may expand this many times; real ones expand 2 to 10-fold. */
export const MAX_EXPANSION = 1024;
