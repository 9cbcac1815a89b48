/** Writing the .npz format of NumPy. */
import { Deflate, deflateSync } from "fflate";
import { crc32, encodeNpyHeader, encodeZip, joinCrc32, type PackedEntry } from "../../../io/index.ts";
import { checkEvents } from "../../check.ts";
import type { Events, SensorSize } from "../../columns.ts";

/** Effort of the compression: the least. On a recording of a DAVIS346 the usual, 6, saves 3 %. */
const LEVEL = 1;

/** Events that are compressed at once. */
const SLICE = 1 << 15;

/**
 * Writes events as an archive of columns, as SpikingJelly reads them: `t` int64 in µs, `x` and `y` uint16, `p` uint8 of 0
 * and 1. An entry of an archive lies in one piece, so the compressed columns are held in memory until the end: 3.7 bytes
 * an event of a DAVIS346.
 *
 * @param sensor - size of the sensor, for the check of the events; the file does not say it
 * @param batches - events in order of time
 * @returns the file, piece by piece, once the events have ended
 * @throws ArgumentError if an event lies outside the sensor, time goes back, or the archive passes 4 GiB
 */
export async function* encodeNpz(
  sensor: SensorSize,
  batches: AsyncIterable<Events> | Iterable<Events>,
): AsyncGenerator<Uint8Array> {
  const [t, x, y, p] = [
    new Packed("t", "<i8"),
    new Packed("x", "<u2"),
    new Packed("y", "<u2"),
    new Packed("p", "|u1"),
  ];
  let last = 0;
  for await (const events of batches) {
    last = checkEvents("encodeNpz", sensor, events, last);
    for (let start = 0; start < events.t.length; start += SLICE) {
      const end = Math.min(start + SLICE, events.t.length);
      t.add(int64Bytes(events.t.subarray(start, end)), end - start);
      x.add(uint16Bytes(events.x.subarray(start, end)), end - start);
      y.add(uint16Bytes(events.y.subarray(start, end)), end - start);
      p.add(events.on.slice(start, end), end - start);
    }
  }
  yield* encodeZip([t, x, y, p].map((column) => column.finish()));
}

/** Bytes that deflate can refer back to. */
const WINDOW_BYTES = 1 << 15;

/**
 * A column that is compressed as it comes. Its header knows the count, so it is made last, and stands in a block of its
 * own that is not compressed. So does the first window of the data: where there is nothing before its data, the stream of
 * fflate 0.8.3 refers to zeros that it takes to be there, so it gets that window as a dictionary.
 */
class Packed {
  readonly #name: string;
  readonly #descriptor: string;
  readonly #parts: Uint8Array[] = [];
  readonly #first = new Uint8Array(WINDOW_BYTES);
  #deflate: Deflate | undefined;
  #checksum = 0;
  #bytes = 0;
  #count = 0;

  constructor(name: string, descriptor: string) {
    this.#name = name;
    this.#descriptor = descriptor;
  }

  add(bytes: Uint8Array, count: number): void {
    const room = Math.max(0, WINDOW_BYTES - this.#bytes);
    if (room > 0) this.#first.set(bytes.subarray(0, room), this.#bytes);
    this.#checksum = crc32(bytes, this.#checksum);
    this.#bytes += bytes.length;
    this.#count += count;
    if (bytes.length <= room) return;
    this.#deflate ??= new Deflate({ level: LEVEL, dictionary: this.#first }, (part) =>
      this.#parts.push(part),
    );
    this.#deflate.push(bytes.subarray(room));
  }

  /** The entry. */
  finish(): PackedEntry {
    const header = encodeNpyHeader(`'${this.#descriptor}'`, [this.#count]);
    const size = header.length + this.#bytes;
    const start = new Uint8Array(Math.min(size, header.length + WINDOW_BYTES));
    start.set(header);
    start.set(this.#first.subarray(0, start.length - header.length), header.length);
    const checksum = joinCrc32(crc32(header), this.#checksum, this.#bytes);
    this.#deflate?.push(new Uint8Array(0), true);
    const packed =
      this.#deflate === undefined
        ? [deflateSync(start, { level: LEVEL })]
        : [storedBlock(start.length), start, ...this.#parts];
    return { name: `${this.#name}.npy`, checksum, size, packed };
  }
}

/** What stands before so many bytes that are not compressed, below 64 KiB, in a stream that goes on (RFC 1951, 3.2.4). */
function storedBlock(length: number): Uint8Array {
  const block = new Uint8Array(5);
  const view = new DataView(block.buffer);
  view.setUint16(1, length, true);
  view.setUint16(3, ~length & 0xffff, true);
  return block;
}

/** Whole numbers below 2^53, little-endian. */
function int64Bytes(values: Float64Array): Uint8Array {
  const bytes = new Uint8Array(8 * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) {
    view.setUint32(8 * i, values[i]! % 2 ** 32, true);
    view.setUint32(8 * i + 4, Math.floor(values[i]! / 2 ** 32), true);
  }
  return bytes;
}

function uint16Bytes(values: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setUint16(2 * i, values[i]!, true);
  return bytes;
}
