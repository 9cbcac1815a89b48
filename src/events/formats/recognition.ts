/** Recognising files that have no signature: bare records of events. */

/** Bytes that {@link looksRecorded} wants to see. */
export const HEAD_BYTES = 4096;

/** Where a record says what. */
export type RecordShape = {
  readonly bytes: number;
  /** Bits of its time. */
  readonly timeBits: number;
  /**
   * Time of the record at an index; undefined if it has none, `"never"` if no event looks like this.
   */
  time(head: Uint8Array, at: number): number | undefined | "never";
  /** Bytes before its time, which say pixel and polarity. */
  readonly placeBytes: number;
  /** Bits of other evidence that a record gives: what is always 0 in events. */
  readonly constantBits: number;
};

/** Bits of evidence that are enough: fewer than one file of random bytes in a million million passes. */
const ENOUGH_BITS = 40;

/** Bits to say which power of two a gap lies below, rounded up: there are 25 at most. */
const POWER_BITS = 4.7;

/**
 * Whether bytes look like events. Times must never fall, and each gap must be shorter than chance has it: a code that
 * says gaps in POWER_BITS + log2(gap + 1) bits must save {@link ENOUGH_BITS} or more over saying the times. As with any
 * code, random bytes reach that with a probability of 2^-ENOUGH_BITS at most, however long they are. Only events at
 * another place than the one before count, so that zeros, ramps and tables of offsets are no events either; nor is text.
 *
 * @param head - the first {@link HEAD_BYTES} of the file, or the whole file if it is shorter: whole records then
 */
export function looksRecorded(head: Uint8Array, shape: RecordShape): boolean {
  const { bytes, timeBits, placeBytes, constantBits } = shape;
  if (head.length < HEAD_BYTES && head.length % bytes !== 0) return false;
  if (isText(head)) return false;
  let evidence = 0;
  let last: number | undefined;
  for (let at = 0; at + bytes <= head.length; at += bytes) {
    const time = shape.time(head, at);
    if (time === "never") return false;
    if (time === undefined) continue;
    if (last !== undefined) {
      if (time < last) return false;
      if (isElsewhere(head, at, bytes, placeBytes)) {
        const power = 31 - Math.clz32(time - last + 1);
        evidence += timeBits - POWER_BITS - power + constantBits;
      }
    }
    last = time;
  }
  return evidence >= ENOUGH_BITS;
}

function isElsewhere(head: Uint8Array, at: number, bytes: number, placeBytes: number): boolean {
  for (let i = 0; i < placeBytes; i++) if (head[at + i] !== head[at + i - bytes]) return true;
  return false;
}

/** Whether bytes are UTF-8 without control characters but those of plain text. */
function isText(head: Uint8Array): boolean {
  if (head.some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27))) return false;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}
