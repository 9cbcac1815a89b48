/**
 * ECF, the event compression format of Prophesee (docs.prophesee.ai, "HDF5 Event File Format"; the format as the public
 * codec github.com/prophesee-ai/hdf5_ecf defines it; filter 0x8ECF, self-assigned). A chunk of n events is, little-endian:
 *
 * - 4 bytes: n in the upper 30 bits; bit 1 means that rows, columns and polarities are packed together, bit 0 that columns
 *   and polarities are
 * - times: 8 bytes, the first; then bytes with a step in the upper 4 bits, and in the lower 4 how many events follow at
 *   the new time, 15 for a count in 2 more bytes. Bytes with a step of 15 have no events: their lower 4 bits, lowest first,
 *   are a step of any size
 * - packed together: 4 events in 12 bytes, three words with 24 bits each of row (11), column (11), polarity (1)
 * - else rows: words of 16 bits, row in the upper 11, count below, 31 for a count in another word; and
 *   - columns and polarities packed: 4 events in three words of 16 bits with 12 bits each of column (11), polarity (1)
 *   - or columns: words with a column in the upper 11 bits, and 5 bits, highest first, for events at the next five columns;
 *     then polarities: bytes with the polarity in bit 7, count below, 127 for a count in 2 more bytes
 */
import { CompressionFault } from "../compression/fault.ts";

/** Events that the codec puts into a chunk at most. */
const MAX_EVENTS = 65535;
const EVENT_BYTES = 16;
const ALL_PACKED = 2;
const COLUMNS_PACKED = 1;

/**
 * Decodes a chunk to events of 16 bytes: x uint16, y uint16, p int16, 2 bytes of padding, t int64.
 *
 * @param limit - bytes that the result may have at most
 * @throws CompressionFault if the chunk is broken or exceeds the limit
 */
export function decodeEcf(data: Uint8Array, limit: number): Uint8Array {
  if (data.length < 4) throw new CompressionFault(`expected 4 bytes of an ECF header, got ${data.length}`);
  const info = data[0]! + data[1]! * 2 ** 8 + data[2]! * 2 ** 16 + data[3]! * 2 ** 24;
  const count = Math.floor(info / 4);
  if (count > MAX_EVENTS || count * EVENT_BYTES > limit) {
    throw new CompressionFault(
      `expected at most ${Math.min(MAX_EVENTS, Math.floor(limit / EVENT_BYTES))} events in ECF, got ${count}`,
    );
  }
  const events = new EcfEvents(data, count);
  if (count > 0) {
    events.readTimes();
    if ((info & ALL_PACKED) !== 0) {
      events.readPacked();
    } else {
      events.readRows();
      if ((info & COLUMNS_PACKED) !== 0) {
        events.readPackedColumns();
      } else {
        events.readColumns();
        events.readPolarities();
      }
    }
  }
  return events.bytes;
}

/** The events of a chunk as they are decoded, field by field. */
class EcfEvents {
  readonly bytes: Uint8Array;
  readonly #out: DataView;
  readonly #in: DataView;
  readonly #count: number;
  #at = 4;

  constructor(data: Uint8Array, count: number) {
    this.#in = new DataView(data.buffer, data.byteOffset, data.byteLength);
    this.bytes = new Uint8Array(count * EVENT_BYTES);
    this.#out = new DataView(this.bytes.buffer);
    this.#count = count;
  }

  readTimes(): void {
    // In two halves: 64 bits do not fit a number, and the first time may be anything.
    let low = this.#u32();
    let high = this.#u32();
    for (let i = 0; i < this.#count;) {
      const byte = this.#u8();
      let step = byte >> 4;
      let run = byte & 15;
      if (step === 15) {
        // Digits of the step to base 16; the last of them is before the next byte that counts events.
        let digits = run;
        let scale = 16;
        while (this.#peek() >> 4 === 15) {
          digits += (this.#u8() & 15) * scale;
          scale *= 16;
          if (scale > 2 ** 56)
            throw new CompressionFault("expected a step of time below 2^53 in ECF, got more");
        }
        step = digits;
        run = 0;
      } else if (run === 15) {
        run = this.#u16();
      }
      const sum = low + step;
      low = sum % 2 ** 32;
      high = (high + Math.floor(sum / 2 ** 32)) % 2 ** 32;
      for (const end = this.#end(i, run); i < end; i++) {
        this.#out.setUint32(i * EVENT_BYTES + 8, low, true);
        this.#out.setUint32(i * EVENT_BYTES + 12, high, true);
      }
    }
  }

  readRows(): void {
    for (let i = 0; i < this.#count;) {
      const word = this.#u16();
      const run = (word & 31) === 31 ? this.#u16() : word & 31;
      for (const end = this.#end(i, run); i < end; i++) this.#setY(i, word >> 5);
    }
  }

  readColumns(): void {
    for (let i = 0; i < this.#count;) {
      const word = this.#u16();
      const x = word >> 5;
      this.#setX(i++, x);
      // The words of the last event may be followed by neighbours that are none.
      for (let j = 1; j <= 5 && i < this.#count; j++)
        if (((word >> (5 - j)) & 1) !== 0) this.#setX(i++, x + j);
    }
  }

  readPolarities(): void {
    for (let i = 0; i < this.#count;) {
      const byte = this.#u8();
      const run = (byte & 127) === 127 ? this.#u16() : byte & 127;
      for (const end = this.#end(i, run); i < end; i++) this.#setP(i, byte >> 7);
    }
  }

  readPackedColumns(): void {
    for (let i = 0; i < this.#count; i += 4) {
      const [a, b, c] = [this.#u16(), this.#u16(), this.#u16()];
      const values = [a >> 4, (a & 15) | ((b >> 8) << 4), (b & 255) | ((c >> 12) << 8), c & 0xfff];
      for (let k = i; k < Math.min(i + 4, this.#count); k++) {
        this.#setX(k, values[k - i]! >> 1);
        this.#setP(k, values[k - i]! & 1);
      }
    }
  }

  readPacked(): void {
    for (let i = 0; i < this.#count; i += 4) {
      const [a, b, c] = [this.#u32(), this.#u32(), this.#u32()];
      const values = [
        a >>> 8,
        (a & 0xff) | ((b >>> 16) << 8),
        (b & 0xffff) | ((c >>> 24) << 16),
        c & 0xffffff,
      ];
      for (let k = i; k < Math.min(i + 4, this.#count); k++) {
        const value = values[k - i]!;
        this.#setY(k, (value >> 12) & 0x7ff);
        this.#setX(k, (value >> 1) & 0x7ff);
        this.#setP(k, value & 1);
      }
    }
  }

  /** Where a run ends; it may not pass the last event, and runs of none may not go on for ever: bytes end. */
  #end(i: number, run: number): number {
    if (run > this.#count - i) {
      throw new CompressionFault(`expected ${this.#count} events in ECF, got ${i + run}`);
    }
    return i + run;
  }

  #setX(i: number, x: number): void {
    this.#out.setUint16(i * EVENT_BYTES, x, true);
  }

  #setY(i: number, y: number): void {
    this.#out.setUint16(i * EVENT_BYTES + 2, y, true);
  }

  #setP(i: number, p: number): void {
    this.#out.setUint8(i * EVENT_BYTES + 4, p);
  }

  #peek(): number {
    this.#need(1);
    return this.#in.getUint8(this.#at);
  }

  #u8(): number {
    const value = this.#peek();
    this.#at++;
    return value;
  }

  #u16(): number {
    this.#need(2);
    this.#at += 2;
    return this.#in.getUint16(this.#at - 2, true);
  }

  #u32(): number {
    this.#need(4);
    this.#at += 4;
    return this.#in.getUint32(this.#at - 4, true);
  }

  #need(count: number): void {
    if (this.#at + count > this.#in.byteLength) {
      throw new CompressionFault(`expected ${count} more bytes of ECF, got their end`);
    }
  }
}
