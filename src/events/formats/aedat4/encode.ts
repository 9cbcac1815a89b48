/** Writing AEDAT 4.0 (see layout.ts). */
import { ArgumentError } from "../../../core/index.ts";
import { compressLz4 } from "../../../io/index.ts";
import { checkEvents } from "../../check.ts";
import type { Events, SensorSize } from "../../columns.ts";
import type { FilePiece } from "../../write.ts";
import { infoNodeOf } from "./info.ts";
import {
  type Compression,
  COMPRESSIONS,
  EVENT,
  EVENT_PACKET,
  IO_HEADER,
  PACKET_HEADER_BYTES,
  VERSION_LINE,
} from "./layout.ts";
import { fileDataTable, type PacketRecord } from "./table.ts";

/** Events of one packet at most; recorders write a packet every 10 ms. */
const PACKET_EVENTS = 1 << 15;

/** Offset of `dataTablePosition` in the header of {@link ioHeader}. */
const TABLE_POSITION_AT = 40;

/** Options of {@link encodeAedat4}. */
export type Aedat4Options = {
  /** How packets are compressed; `"lz4"` by default. `"zstd"` and `"zstd-high"` need `compress`. */
  readonly compression?: Compression;
  /**
   * Compresses a packet into one frame of the format that `compression` names, for example `zstdCompressSync` of
   * `node:zlib`. None and LZ4 are built in.
   */
  readonly compress?: (content: Uint8Array) => Uint8Array;
  /**
   * Whether to end with the table of packets, which players seek by: two patches, one with the table and one with its
   * position. Its 5 numbers a packet are held in memory. False by default.
   */
  readonly table?: boolean;
};

const COMPRESSORS: Partial<Record<Compression, (content: Uint8Array) => Uint8Array>> = {
  none: (content) => content,
  lz4: (content) => compressLz4(content),
  "lz4-high": (content) => compressLz4(content, { high: true }),
};

/**
 * Writes events as an AEDAT 4.0 recording with one stream of events, numbered 0. Without `table` no table of packets is
 * written and `dataTablePosition` stays -1, so that the recording can go to a pipe; who drops the patches of `table` is
 * left with the same file.
 *
 * @param sensor - size of the sensor, 1 to 32768 pixels a side
 * @param batches - events in order of time
 * @returns the file, piece by piece
 * @throws ArgumentError if the sensor has no such size, an event lies outside it, time goes back, or the compression is
 *   unknown or needs `compress`
 */
export function encodeAedat4(
  sensor: SensorSize,
  batches: AsyncIterable<Events> | Iterable<Events>,
  options?: Aedat4Options & { readonly table?: false },
): AsyncGenerator<Uint8Array>;
export function encodeAedat4(
  sensor: SensorSize,
  batches: AsyncIterable<Events> | Iterable<Events>,
  options?: Aedat4Options,
): AsyncGenerator<FilePiece>;
export async function* encodeAedat4(
  sensor: SensorSize,
  batches: AsyncIterable<Events> | Iterable<Events>,
  { compression = "lz4", compress = COMPRESSORS[compression], table = false }: Aedat4Options = {},
): AsyncGenerator<FilePiece> {
  const fits = (n: number) => Number.isInteger(n) && n >= 1 && n <= 32768;
  if (!fits(sensor.width) || !fits(sensor.height)) {
    throw new ArgumentError(
      `encodeAedat4: expected 1 to 32768 pixels a side, got ${sensor.width}x${sensor.height}`,
    );
  }
  if (!COMPRESSIONS.includes(compression)) {
    throw new ArgumentError(
      `encodeAedat4: expected a compression of ${COMPRESSIONS.join(", ")}, got ${JSON.stringify(compression)}`,
    );
  }
  if (compress === undefined) {
    throw new ArgumentError(
      `encodeAedat4: expected the option \`compress\` for compression ${compression}, got none`,
    );
  }
  const line = new TextEncoder().encode(VERSION_LINE);
  const header = ioHeader(COMPRESSIONS.indexOf(compression), infoNodeOf(sensor, compression));
  yield line;
  yield header;
  const records: PacketRecord[] = [];
  let offset = line.length + header.length;
  let last = 0;
  for await (const events of batches) {
    last = checkEvents("encodeAedat4", sensor, events, last);
    for (let start = 0; start < events.t.length; start += PACKET_EVENTS) {
      const end = Math.min(start + PACKET_EVENTS, events.t.length);
      const content = compress(eventPacket(events, start, end));
      const head = new DataView(new ArrayBuffer(PACKET_HEADER_BYTES));
      head.setInt32(0, 0, true);
      head.setInt32(4, content.length, true);
      yield new Uint8Array(head.buffer);
      yield content;
      offset += PACKET_HEADER_BYTES;
      const [firstUs, lastUs] = [events.t[start]!, events.t[end - 1]!];
      if (table) records.push({ offset, size: content.length, count: end - start, firstUs, lastUs });
      offset += content.length;
    }
  }
  if (!table) return;
  const position = new DataView(new ArrayBuffer(8));
  position.setBigInt64(0, BigInt(offset), true);
  yield { at: offset, bytes: compress(fileDataTable(records)) };
  yield { at: line.length + TABLE_POSITION_AT, bytes: new Uint8Array(position.buffer) };
}

/** A size-prefixed `IOHeader`: vtable at 18, table at 28, string at 52. */
function ioHeader(compression: number, infoNode: string): Uint8Array {
  const text = new TextEncoder().encode(infoNode);
  // A string ends with a zero byte that its length does not count; the whole is padded to 8.
  const bytes = flatbuffer((56 + text.length + 1 + 7) & ~7, IO_HEADER.identifier, 28);
  const view = new DataView(bytes.buffer);
  view.setUint16(18, 10, true);
  view.setUint16(20, 24, true);
  view.setUint16(22 + 2 * IO_HEADER.compression, 4, true);
  view.setUint16(22 + 2 * IO_HEADER.dataTablePosition, 12, true);
  view.setUint16(22 + 2 * IO_HEADER.infoNode, 8, true);
  view.setInt32(28, 28 - 18, true);
  view.setInt32(32, compression, true);
  view.setUint32(36, 52 - 36, true);
  view.setBigInt64(TABLE_POSITION_AT, -1n, true);
  view.setUint32(52, text.length, true);
  bytes.set(text, 56);
  return bytes;
}

/** A size-prefixed `EventPacket`: vtable at 14, table at 20, vector at 28, so that its structs start at a multiple of 8. */
function eventPacket({ t, x, y, on }: Events, start: number, end: number): Uint8Array {
  const bytes = flatbuffer(32 + EVENT.bytes * (end - start), EVENT_PACKET.identifier, 20);
  const view = new DataView(bytes.buffer);
  view.setUint16(14, 6, true);
  view.setUint16(16, 8, true);
  view.setUint16(18 + 2 * EVENT_PACKET.elements, 4, true);
  view.setInt32(20, 20 - 14, true);
  view.setUint32(24, 28 - 24, true);
  view.setUint32(28, end - start, true);
  // Structs of four words: time, low half first; x and y; on.
  const words = new Uint32Array(bytes.buffer, 32);
  for (let i = start, at = 0; i < end; i++, at += EVENT.bytes / 4) {
    const high = Math.floor(t[i]! / 4294967296);
    words[at] = t[i]! - high * 4294967296;
    words[at + 1] = high;
    words[at + 2] = x[i]! | (y[i]! << 16);
    words[at + 3] = on[i]!;
  }
  return bytes;
}

/** An empty size-prefixed flatbuffer of `length` bytes with its root table at `table`. */
function flatbuffer(length: number, identifier: string, table: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, length - 4, true);
  view.setUint32(4, table - 4, true);
  for (let i = 0; i < 4; i++) view.setUint8(8 + i, identifier.charCodeAt(i));
  return bytes;
}
