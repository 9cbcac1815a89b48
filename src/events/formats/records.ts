/** Reading formats that are a run of small records, whatever the chunks in which their bytes come. */
import type { Events } from "../columns.ts";
import type { Faults } from "../faults.ts";
import type { ByteSource } from "../source.ts";

/** Bytes that are decoded at once. */
const PIECE_BYTES = 1 << 18;

/**
 * Consecutive bytes of a file that start at a record, as bytes and as little-endian words: a copy, because bytes of a
 * source seldom start at a multiple of a word. Copying costs a few hundredths of decoding.
 */
export type Piece = {
  readonly bytes: Uint8Array;
  readonly words16: Uint16Array;
  readonly words32: Uint32Array;
};

/** The state of a stream of records. Reads them from pieces and keeps the events of one batch. */
export interface RecordDecoder {
  /** Bytes of a record, of the longest if they differ. */
  readonly recordBytes: number;
  /**
   * Decodes whole records from `start` on, until fewer bytes than a record are left before `end` or the batch is full.
   *
   * @param offset - offset in the file of the first byte of the piece, for faults
   * @returns index of the first byte that was not decoded
   * @throws FormatError in strict mode; the events before the fault are kept
   */
  decode(piece: Piece, start: number, end: number, offset: number): number;
  /** The events decoded since the last call. */
  take(): Events;
}

/**
 * Decodes a source to its end. Part of a record at the end is a fault.
 *
 * @throws FormatError in strict mode, after all events before the fault
 */
export async function* readRecords(
  source: ByteSource,
  decoder: RecordDecoder,
  faults: Faults,
): AsyncGenerator<Events> {
  let piece = pieceOf(0);
  let held = 0;
  let offset = source.offset;
  for (;;) {
    const chunk = await source.readSome();
    if (chunk.length === 0) break;
    const wanted = Math.min(held + chunk.length, PIECE_BYTES);
    if (piece.bytes.length < wanted) {
      const before = piece.bytes.subarray(0, held);
      piece = pieceOf(wanted);
      piece.bytes.set(before);
    }
    const { bytes } = piece;
    for (let from = 0; from < chunk.length;) {
      const more = Math.min(chunk.length - from, bytes.length - held);
      bytes.set(chunk.subarray(from, from + more), held);
      from += more;
      held += more;
      let done = 0;
      for (;;) {
        let next = done;
        let fault: unknown;
        try {
          next = decoder.decode(piece, done, held, offset);
        } catch (error) {
          fault = error;
        }
        const events = decoder.take();
        if (events.t.length > 0) yield events;
        if (fault !== undefined) throw fault;
        if (next === done) break;
        done = next;
        if (done === held) break;
      }
      bytes.copyWithin(0, done, held);
      held -= done;
      offset += done;
    }
  }
  if (held > 0) {
    faults.meet(offset, `expected ${decoder.recordBytes} bytes of a record, got ${held}`, { bytes: held });
  }
}

function pieceOf(length: number): Piece {
  const buffer = new ArrayBuffer(8 * Math.ceil(length / 8));
  return {
    bytes: new Uint8Array(buffer),
    words16: new Uint16Array(buffer),
    words32: new Uint32Array(buffer),
  };
}
