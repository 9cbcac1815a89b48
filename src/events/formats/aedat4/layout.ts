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

/** Bytes before a packet: `streamId` and `size`, int32 each. */
export const PACKET_HEADER_BYTES = 8;

/** Bytes that the header flatbuffer may have; the largest seen is a few kilobytes. */
export const MAX_HEADER_BYTES = 1 << 24;

/** Bytes that one packet may have, compressed or not; recorders write some tens of kilobytes. */
export const MAX_PACKET_BYTES = 1 << 28;

/** A packet may expand this many times; real ones expand 2 to 10-fold. */
export const MAX_EXPANSION = 1024;
