/**
 * The layout of SLAYER's .bs3 (`slayer.io` of lava-dl, "binary 3D spikes"): records of 7 bytes, big-endian: column (12
 * bits), row (12), channel (8), time in µs (24). The channel of events is their polarity.
 */

/** Bytes of a record. */
export const RECORD_BYTES = 7;

/** Bits of a time. */
export const TIME_BITS = 24;

/** Columns and rows have 12 bits. */
export const MAX_SIDE = 1 << 12;
