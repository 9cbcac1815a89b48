/** Writing AEDAT 4.0 (see layout.ts). */
import { ArgumentError } from "../../../core/index.ts";
import { compressLz4 } from "../../../io/index.ts";
import { checkEvents } from "../../check.ts";
import type { Events, SensorSize } from "../../columns.ts";
import { infoNodeOf } from "./info.ts";
import { COMPRESSIONS, EVENT, EVENT_PACKET, IO_HEADER, PACKET_HEADER_BYTES, VERSION_LINE } from "./layout.ts";

/** Events of one packet at most; recorders write a packet every 10 ms. */
const PACKET_EVENTS = 1 << 15;

/**
 * Writes events as an AEDAT 4.0 recording with one stream of events, numbered 0, and no table of packets
 * (`dataTablePosition` -1), so that it can be written to a pipe.
 *
 * @param sensor - size of the sensor, 1 to 32768 pixels a side
 * @param batches - events in order of time
 * @param options - `compression` of the packets, `"lz4"` by default
 * @returns the file, piece by piece
 * @throws ArgumentError if the sensor has no such size, an event lies outside it, or time goes back
 */
export async function* encodeAedat4(
  sensor: SensorSize,
  batches: AsyncIterable<Events> | Iterable<Events>,
  { compression = "lz4" }: { readonly compression?: "none" | "lz4" } = {},
): AsyncGenerator<Uint8Array> {
  const fits = (n: number) => Number.isInteger(n) && n >= 1 && n <= 32768;
  if (!fits(sensor.width) || !fits(sensor.height)) {
    throw new ArgumentError(
      `encodeAedat4: expected 1 to 32768 pixels a side, got ${sensor.width}x${sensor.height}`,
    );
  }
  yield new TextEncoder().encode(VERSION_LINE);
  yield ioHeader(COMPRESSIONS.indexOf(compression), infoNodeOf(sensor, compression));
  let last = 0;
  for await (const events of batches) {
    last = checkEvents("encodeAedat4", sensor, events, last);
    for (let start = 0; start < events.t.length; start += PACKET_EVENTS) {
      const packet = eventPacket(events, start, Math.min(start + PACKET_EVENTS, events.t.length));
      const content = compression === "lz4" ? compressLz4(packet) : packet;
      const head = new DataView(new ArrayBuffer(PACKET_HEADER_BYTES));
      head.setInt32(0, 0, true);
      head.setInt32(4, content.length, true);
      yield new Uint8Array(head.buffer);
      yield content;
    }
  }
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
  view.setBigInt64(40, -1n, true);
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
  for (let i = start, at = 32; i < end; i++, at += EVENT.bytes) {
    view.setUint32(at + EVENT.t, t[i]! % 2 ** 32, true);
    view.setUint32(at + EVENT.t + 4, Math.floor(t[i]! / 2 ** 32), true);
    view.setInt16(at + EVENT.x, x[i]!, true);
    view.setInt16(at + EVENT.y, y[i]!, true);
    view.setUint8(at + EVENT.on, on[i]!);
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
