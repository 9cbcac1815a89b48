/** The packets of events of an AEDAT 4.0 recording: decompressed, verified, and turned into columns. */
import { CompressionFault, decompressLz4, loadZstd } from "../../../io/index.ts";
import type { Events, SensorSize } from "../../columns.ts";
import type { Faults } from "../../faults.ts";
import { emptyEvents, sliceEvents } from "../../join.ts";
import { FlatbufferFault, RootTable } from "./flatbuffer.ts";
import { type Compression, EVENT, EVENT_PACKET, MAX_EXPANSION, MAX_PACKET_BYTES } from "./layout.ts";

/** A function that decompresses a packet under a limit in bytes. */
export type Decompress = (bytes: Uint8Array, limit: number) => Uint8Array;

/** The decompressor of a file; loads it where it must be. */
export async function decompressorOf(compression: Compression): Promise<Decompress> {
  switch (compression) {
    case "none":
      return (bytes) => bytes;
    case "lz4":
    case "lz4-high":
      return decompressLz4;
    case "zstd":
    case "zstd-high":
      return loadZstd();
  }
}

/** Decodes the packets of one stream of events, in order. */
export class EventPackets {
  readonly #faults: Faults;
  readonly #width: number;
  readonly #height: number;
  #last = 0;

  constructor(faults: Faults, { width, height }: SensorSize) {
    this.#faults = faults;
    this.#width = width;
    this.#height = height;
  }

  /**
   * @param start - offset of the packet in the file
   * @param bytes - the packet, compressed
   */
  decode(start: number, bytes: Uint8Array, decompress: Decompress): Events {
    try {
      const limit = Math.min(MAX_PACKET_BYTES, Math.max(1 << 20, MAX_EXPANSION * bytes.length));
      const content = decompress(bytes, limit);
      const vector = new RootTable(content, EVENT_PACKET.identifier).vector(
        EVENT_PACKET.elements,
        EVENT.bytes,
      );
      return this.#events(
        start,
        new DataView(content.buffer, content.byteOffset + vector.start),
        vector.count,
      );
    } catch (fault) {
      if (!(fault instanceof CompressionFault || fault instanceof FlatbufferFault)) throw fault;
      this.#faults.meet(start, `${fault.message}, in the packet that starts here`, {
        bytes: 8 + bytes.length,
      });
      return emptyEvents(0);
    }
  }

  #events(start: number, view: DataView, count: number): Events {
    const { t, x, y, on } = emptyEvents(count);
    let n = 0;
    let last = this.#last;
    for (let i = 0, at = 0; i < count; i++, at += EVENT.bytes) {
      const time = view.getInt32(at + 4, true) * 4294967296 + view.getUint32(at, true);
      const column = view.getUint16(at + EVENT.x, true);
      const row = view.getUint16(at + EVENT.y, true);
      if (time < last || time > Number.MAX_SAFE_INTEGER || column >= this.#width || row >= this.#height) {
        this.#reject(start, i, time, column, row, last);
        continue;
      }
      last = time;
      t[n] = time;
      x[n] = column;
      y[n] = row;
      on[n] = view.getUint8(at + EVENT.on) === 0 ? 0 : 1;
      n++;
    }
    this.#last = last;
    return sliceEvents({ t, x, y, on }, 0, n);
  }

  #reject(start: number, i: number, time: number, column: number, row: number, last: number): void {
    const expected =
      column >= this.#width || row >= this.#height
        ? `an event within ${this.#width}x${this.#height}, got (${column}, ${row})`
        : `a time from ${last} to 2^53 µs, got ${time}`;
    this.#faults.meet(start, `expected ${expected}, at event ${i} of the packet that starts here`, {
      events: 1,
    });
  }
}
