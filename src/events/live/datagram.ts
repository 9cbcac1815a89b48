/**
 * Events as datagrams. Three layouts, all little-endian, any number of events a datagram and no header:
 *
 * - `t64_x16_y16_on8` (faery): 13 bytes, time in µs as uint64, column and row as uint16, polarity as a byte.
 * - `t32_x16_y15_on1` (faery): 8 bytes, time in µs as uint32, column as uint16, row · 2 + polarity as uint16.
 * - `spif` (AEStream, SPIF of SpiNNaker): a 32-bit word with the column in bits 30…16, the polarity in bit 15, and the row
 *   in bits 14…0. If bit 31 is 0 a word with the time in µs follows; if it is 1 the event has no time.
 *
 * Times of 32 bits are unwrapped: of the times that a number may mean, the one nearest to the last time counts. None of
 * the layouts tells the size of the sensor. An empty datagram ends a stream; that is this library's own convention.
 */
import { ArgumentError } from "../../core/index.ts";
import type { Events, SensorSize } from "../columns.ts";
import type { Faults } from "../faults.ts";
import { emptyEvents, sliceEvents } from "../join.ts";

/** Names of the layouts. */
export const datagramFormats = ["t64_x16_y16_on8", "t32_x16_y15_on1", "spif"] as const;

/** Layout of datagrams. */
export type DatagramFormat = (typeof datagramFormats)[number];

const EVENT_BYTES: Readonly<Record<DatagramFormat, number>> = {
  t64_x16_y16_on8: 13,
  t32_x16_y15_on1: 8,
  spif: 8,
};

/** Bytes of a datagram that is not split on its way through an Ethernet. */
const PAYLOAD_BYTES = 1209;

/** Turns datagrams into events, one batch a datagram. */
export class DatagramDecoder {
  /** Datagrams so far. */
  datagrams = 0;
  /** Bytes so far. */
  offset = 0;
  readonly #format: DatagramFormat;
  readonly #sensor: SensorSize;
  readonly #faults: Faults;
  readonly #clockUs: (() => number) | undefined;
  #last = 0;
  #started = false;

  /**
   * @param faults - meets datagrams of a wrong length, events outside the sensor, and times before the last one: a
   *   datagram that was overtaken, too
   * @param clockUs - the time of events that have none
   */
  constructor(format: DatagramFormat, sensor: SensorSize, faults: Faults, clockUs?: () => number) {
    if (!datagramFormats.includes(format)) {
      throw new ArgumentError(`datagrams: expected a format of ${datagramFormats.join(", ")}, got ${format}`);
    }
    this.#format = format;
    this.#sensor = sensor;
    this.#faults = faults;
    this.#clockUs = clockUs;
  }

  /** @throws FormatError in strict mode */
  decode(bytes: Uint8Array): Events {
    const start = this.offset;
    this.offset += bytes.length;
    this.datagrams++;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const out = emptyEvents(
      Math.floor(bytes.length / (this.#format === "spif" ? 4 : EVENT_BYTES[this.#format])),
    );
    let n = 0;
    let at = 0;
    while (at < bytes.length) {
      const size = this.#sizeAt(view, at);
      if (at + size > bytes.length) {
        const what = `expected ${size} bytes of an event, got ${bytes.length - at}, at byte ${at} of a datagram`;
        this.#faults.meet(start, what, { bytes: bytes.length - at });
        break;
      }
      n = this.#event(view, at, start, out, n);
      at += size;
    }
    return sliceEvents(out, 0, n);
  }

  #sizeAt(view: DataView, at: number): number {
    if (this.#format !== "spif") return EVENT_BYTES[this.#format];
    return at + 4 <= view.byteLength && view.getUint8(at + 3) >= 0x80 ? 4 : 8;
  }

  #event(view: DataView, at: number, start: number, out: Events, n: number): number {
    const [time, x, y, on] = this.#fields(view, at);
    const { width, height } = this.#sensor;
    if (x >= width || y >= height) {
      this.#faults.meet(
        start,
        `expected an event within ${width}x${height}, got (${x}, ${y}), in a datagram`,
        {
          events: 1,
        },
      );
    } else if (!(time >= this.#last && time <= Number.MAX_SAFE_INTEGER)) {
      this.#faults.meet(start, `expected a time from ${this.#last} to 2^53 µs, got ${time}, in a datagram`, {
        events: 1,
      });
    } else {
      this.#last = time;
      this.#started = true;
      out.t[n] = time;
      out.x[n] = x;
      out.y[n] = y;
      out.on[n] = on;
      return n + 1;
    }
    return n;
  }

  #fields(view: DataView, at: number): [time: number, x: number, y: number, on: number] {
    if (this.#format === "t64_x16_y16_on8") {
      const time = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true);
      return [time, view.getUint16(at + 8, true), view.getUint16(at + 10, true), view.getUint8(at + 12) & 1];
    }
    if (this.#format === "t32_x16_y15_on1") {
      const row = view.getUint16(at + 6, true);
      return [this.#unwrapped(view.getUint32(at, true)), view.getUint16(at + 4, true), row >> 1, row & 1];
    }
    const word = view.getUint32(at, true);
    const timed = word < 2 ** 31;
    const time = timed ? this.#unwrapped(view.getUint32(at + 4, true)) : Math.floor(this.#clockUs?.() ?? NaN);
    return [time, (word >>> 16) & 0x7fff, word & 0x7fff, (word >>> 15) & 1];
  }

  /** The time nearest to the last one that has these lower 32 bits. */
  #unwrapped(low: number): number {
    return this.#started ? this.#last + ((low - (this.#last % 4294967296)) | 0) : low;
  }
}

/** Options of {@link encodeDatagrams}. */
export type DatagramOptions = {
  /** Layout; `"t64_x16_y16_on8"` by default. */
  readonly datagramFormat?: DatagramFormat | undefined;
};

/**
 * Turns a batch into datagrams of at most 1209 bytes. Times above 32 bits lose their upper bits in the layouts that have
 * no room for them.
 *
 * @throws ArgumentError if a row or column has more bits than the layout
 */
export function* encodeDatagrams(
  { t, x, y, on }: Events,
  { datagramFormat = "t64_x16_y16_on8" }: DatagramOptions = {},
): Generator<Uint8Array> {
  const size = EVENT_BYTES[datagramFormat];
  const most = Math.floor(PAYLOAD_BYTES / size);
  const [columns, rows] =
    datagramFormat === "spif"
      ? [32768, 32768]
      : [65536, datagramFormat === "t64_x16_y16_on8" ? 65536 : 32768];
  for (let start = 0; start < t.length; start += most) {
    const count = Math.min(most, t.length - start);
    const bytes = new Uint8Array(size * count);
    const view = new DataView(bytes.buffer);
    for (let i = start, at = 0; i < start + count; i++, at += size) {
      if (x[i]! >= columns || y[i]! >= rows) {
        throw new ArgumentError(
          `datagrams: expected pixels within ${columns}x${rows}, got (${x[i]}, ${y[i]})`,
        );
      }
      const low = t[i]! % 4294967296;
      if (datagramFormat === "spif") {
        view.setUint32(at, ((x[i]! << 16) | (on[i]! << 15) | y[i]!) >>> 0, true);
        view.setUint32(at + 4, low, true);
      } else {
        view.setUint32(at, low, true);
        if (datagramFormat === "t64_x16_y16_on8") {
          view.setUint32(at + 4, Math.floor(t[i]! / 4294967296), true);
          view.setUint16(at + 8, x[i]!, true);
          view.setUint16(at + 10, y[i]!, true);
          view.setUint8(at + 12, on[i]!);
        } else {
          view.setUint16(at + 4, x[i]!, true);
          view.setUint16(at + 6, 2 * y[i]! + on[i]!, true);
        }
      }
    }
    yield bytes;
  }
}
