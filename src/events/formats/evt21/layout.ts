/**
 * The layout of Prophesee EVT 2.1 (docs.prophesee.ai, "EVT 2.1 format"): a text header, then 64-bit little-endian words
 * whose upper half is a word of EVT 2.0, with other meanings of the rest: an event word stands for up to 32 events of one
 * polarity, in pixels that follow each other along a row, one bit of the lower half each, the lowest for the column named.
 * The upper time is in bits 27…0 of the upper half; a trigger has its input in bits 12…8 of it and rising in bit 0.
 *
 * Cameras before GenX320 send the upper half first, which their headers call `endianness=legacy`.
 */

/** Pixels of an event word. */
export const VECTOR = 32;

/** The sensor of a header that names none. */
export const DEFAULT_SENSOR = { width: 1280, height: 720 } as const;
