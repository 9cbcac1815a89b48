/**
 * The layout of Prophesee EVT 3.0 (docs.prophesee.ai, "EVT 3.0 format"): a text header, then 16-bit little-endian words
 * with their type in the upper 4 bits. Words set the row, the time and a base column; events refer to the last of each.
 */

/** Types of words. */
export const WORD = {
  /** Row: bits 10…0. */
  addressY: 0x0,
  /** One event: column in bits 10…0, polarity in bit 11. */
  addressX: 0x2,
  /** Base column and polarity of the vectors that follow: as `addressX`. */
  vectorBase: 0x3,
  /** 12 pixels from the base on, one bit each; moves the base on by 12. */
  vector12: 0x4,
  /** 8 pixels, likewise. */
  vector8: 0x5,
  /** Time, bits 11…0 in µs. */
  timeLow: 0x6,
  continued4: 0x7,
  /** Time, bits 23…12. */
  timeHigh: 0x8,
  /** Edge on an input: its number in bits 11…8, rising in bit 0. */
  externalTrigger: 0xa,
  others: 0xe,
  continued12: 0xf,
} as const;

/** Bits of the upper time. */
export const TIME_HIGH_BITS = 12;

/** Microseconds that the upper time counts. */
export const TIME_HIGH_US = 4096;

/** The sensor of a header that names none: the first sensors to speak EVT 3.0 had this size. */
export const DEFAULT_SENSOR = { width: 1280, height: 720 } as const;
