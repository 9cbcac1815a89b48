/** The packets of an AEDAT 4.0 recording: decompressed, verified, and turned into columns and samples. */
import { CompressionFault, loadZstd, lz4Decompressor } from "../../../io/index.ts";
import type { Events, SensorSize } from "../../columns.ts";
import type { Faults } from "../../faults.ts";
import { emptyEvents, sliceEvents } from "../../join.ts";
import type { ReaderOptions } from "../../recording.ts";
import { FlatbufferFault, rootTable } from "./flatbuffer.ts";
import {
  type Compression,
  EVENT,
  EVENT_PACKET,
  FRAME,
  IMU_PACKET,
  MAX_EXPANSION,
  MAX_PACKET_BYTES,
  PACKET_HEADER_BYTES,
  TRIGGER_PACKET,
} from "./layout.ts";
import { frameOf, imuSamplesOf, triggersOf } from "./samples.ts";

/** A function that decompresses a packet under a limit in bytes; the result holds until its next call. */
export type Decompress = (bytes: Uint8Array, limit: number) => Uint8Array;

/** The decompressor of a file; loads it where it must be. */
export async function decompressorOf(compression: Compression): Promise<Decompress> {
  switch (compression) {
    case "none":
      return (bytes) => bytes;
    case "lz4":
    case "lz4-high":
      return lz4Decompressor();
    case "zstd":
    case "zstd-high":
      return loadZstd();
  }
}

/** A function that hands on the content of a packet of one type, decompressed. */
type Deliver = (content: Uint8Array) => void;

/** Reads what the packets of one type hold besides events, and calls back with it. */
export class SamplePackets {
  readonly #faults: Faults;
  readonly #deliver: Deliver;

  constructor(faults: Faults, deliver: Deliver) {
    this.#faults = faults;
    this.#deliver = deliver;
  }

  /**
   * @param start - offset of the packet in the file
   * @param bytes - the packet, compressed
   */
  decode(start: number, bytes: Uint8Array, decompress: Decompress): undefined {
    try {
      this.#deliver(contentOf(bytes, decompress));
    } catch (fault) {
      meetBroken(this.#faults, fault, start, bytes.length);
    }
  }
}

/** What reads the packets of streams of each type for which the caller wants to be called back. */
export function samplePackets(
  faults: Faults,
  { onFrame, onImu, onTrigger }: ReaderOptions,
): ReadonlyMap<string, SamplePackets> {
  const readers = new Map<string, SamplePackets>();
  const add = (type: string, deliver: Deliver): unknown =>
    readers.set(type, new SamplePackets(faults, deliver));
  if (onFrame !== undefined) add(FRAME.identifier, (content) => onFrame(frameOf(content)));
  if (onImu !== undefined) {
    add(IMU_PACKET.identifier, (content) => {
      for (const sample of imuSamplesOf(content)) onImu(sample);
    });
  }
  if (onTrigger !== undefined) {
    add(TRIGGER_PACKET.identifier, (content) => {
      for (const trigger of triggersOf(content)) onTrigger(trigger);
    });
  }
  return readers;
}

/** What one packet gave. */
export type Decoded = { readonly events: Events; readonly fault?: unknown };

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
   * @returns the events of the packet, or in strict mode those before a fault, and the fault
   */
  decode(start: number, bytes: Uint8Array, decompress: Decompress): Decoded {
    let words: Int32Array;
    try {
      const content = contentOf(bytes, decompress);
      const table = rootTable(content, EVENT_PACKET.identifier);
      const { start: first, count } = table.vector(EVENT_PACKET.elements, EVENT.bytes);
      words = wordsOf(content, first, WORDS * count);
    } catch (fault) {
      meetBroken(this.#faults, fault, start, bytes.length);
      return { events: emptyEvents(0) };
    }
    return this.#events(start, words);
  }

  #events(start: number, words: Int32Array): Decoded {
    const count = words.length / WORDS;
    const { t, x, y, on } = emptyEvents(count);
    const width = this.#width;
    const height = this.#height;
    let n = 0;
    let last = this.#last;
    for (let i = 0, at = 0; i < count; i++, at += WORDS) {
      const time = words[at + 1]! * 4294967296 + (words[at]! >>> 0);
      const place = words[at + 2]!;
      const column = place & 0xffff;
      const row = place >>> 16;
      if (time < last || time > Number.MAX_SAFE_INTEGER || column >= width || row >= height) {
        try {
          this.#reject(start, i, time, column, row, last);
        } catch (fault) {
          return { events: sliceEvents({ t, x, y, on }, 0, n), fault };
        }
        continue;
      }
      last = time;
      t[n] = time;
      x[n] = column;
      y[n] = row;
      on[n] = (words[at + 3]! & 0xff) === 0 ? 0 : 1;
      n++;
    }
    this.#last = last;
    return { events: sliceEvents({ t, x, y, on }, 0, n) };
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

const WORDS = EVENT.bytes / 4;

/** The little-endian words of 32 bits in `bytes`: flatbuffers align them, but a buffer may lie anywhere. */
function wordsOf(bytes: Uint8Array, start: number, count: number): Int32Array {
  const at = bytes.byteOffset + start;
  if (at % 4 === 0) return new Int32Array(bytes.buffer, at, count);
  return new Int32Array(bytes.slice(start, start + 4 * count).buffer);
}

/** Decompresses a packet; it may grow {@link MAX_EXPANSION}-fold. */
function contentOf(bytes: Uint8Array, decompress: Decompress): Uint8Array {
  return decompress(bytes, Math.min(MAX_PACKET_BYTES, Math.max(1 << 20, MAX_EXPANSION * bytes.length)));
}

/** Meets what is broken in a packet; throws on what is no fault of the packet, such as an error of a callback. */
function meetBroken(faults: Faults, fault: unknown, start: number, length: number): void {
  if (!(fault instanceof CompressionFault || fault instanceof FlatbufferFault)) throw fault;
  faults.meet(start, `${fault.message}, in the packet that starts here`, {
    bytes: PACKET_HEADER_BYTES + length,
  });
}
