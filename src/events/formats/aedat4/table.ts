/** Writing the table of packets at the end of an AEDAT 4.0 recording (see layout.ts). */
import { FILE_DATA_TABLE } from "./layout.ts";

/** What the table says of one packet of stream 0. */
export type PacketRecord = {
  /** Offset of its content, after its header. */
  readonly offset: number;
  /** Bytes of its content, as written. */
  readonly size: number;
  /** Number of events. */
  readonly count: number;
  /** Times of the first and of the last event, µs. */
  readonly firstUs: number;
  readonly lastUs: number;
};

/** Bytes of one table `FileDataDefinition`: offset of its vtable, packet header, padding, four int64. */
const DEFINITION_BYTES = 48;

/** A size-prefixed `FileDataTable`: vtables at 12 and 18, table at 32, vector at 40, then the definitions. */
export function fileDataTable(records: readonly PacketRecord[]): Uint8Array {
  const first = (44 + 4 * records.length + 7) & ~7;
  const bytes = new Uint8Array(first + DEFINITION_BYTES * records.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length - 4, true);
  view.setUint32(4, 32 - 4, true);
  for (let i = 0; i < 4; i++) view.setUint8(8 + i, FILE_DATA_TABLE.identifier.charCodeAt(i));
  view.setUint16(12, 6, true);
  view.setUint16(14, 8, true);
  view.setUint16(16 + 2 * FILE_DATA_TABLE.table, 4, true);
  view.setUint16(18, 14, true);
  view.setUint16(20, DEFINITION_BYTES, true);
  view.setUint16(22 + 2 * FILE_DATA_TABLE.byteOffset, 16, true);
  view.setUint16(22 + 2 * FILE_DATA_TABLE.packetInfo, 4, true);
  view.setUint16(22 + 2 * FILE_DATA_TABLE.numElements, 24, true);
  view.setUint16(22 + 2 * FILE_DATA_TABLE.timestampStart, 32, true);
  view.setUint16(22 + 2 * FILE_DATA_TABLE.timestampEnd, 40, true);
  view.setInt32(32, 32 - 12, true);
  view.setUint32(36, 40 - 36, true);
  view.setUint32(40, records.length, true);
  records.forEach(({ offset, size, count, firstUs, lastUs }, i) => {
    const at = first + DEFINITION_BYTES * i;
    view.setUint32(44 + 4 * i, at - (44 + 4 * i), true);
    view.setInt32(at, at - 18, true);
    view.setInt32(at + 4, 0, true);
    view.setInt32(at + 8, size, true);
    view.setBigInt64(at + 16, BigInt(offset), true);
    view.setBigInt64(at + 24, BigInt(count), true);
    view.setBigInt64(at + 32, BigInt(firstUs), true);
    view.setBigInt64(at + 40, BigInt(lastUs), true);
  });
  return bytes;
}
