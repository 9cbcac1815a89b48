/**
 * The layout of Prophesee EVT 2.0 (docs.prophesee.ai, "EVT 2.0 format"): a text header, then 32-bit little-endian words
 * with their type in the upper 4 bits. An event is one word: 6 bits of time (27…22), column (21…11), row (10…0); the time
 * above them is a word of its own.
 */

/** Types of words. */
export const WORD = {
  off: 0x0,
  on: 0x1,
  /** Time, bits 33…6 in µs. */
  timeHigh: 0x8,
  /** Edge on an input: time as of an event, input in bits 12…8, rising in bit 0. */
  externalTrigger: 0xa,
  others: 0xe,
  continued: 0xf,
} as const;

/** Bits of the upper time; the lower has 6. */
export const TIME_HIGH_BITS = 28;

/** Microseconds that the upper time counts. */
export const TIME_HIGH_US = 64;

/** The sensor of a header that names none. */
export const DEFAULT_SENSOR = { width: 640, height: 480 } as const;
