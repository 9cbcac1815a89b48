/**
 * The layout of N-MNIST and N-Caltech101 (Orchard et al. 2015, `Read_Ndataset.m` published with them) and of SLAYER's
 * .bs2: records of 5 bytes, nothing else. Column, row, then big-endian the polarity (bit 23) and the time in µs (22…0).
 */

/** Bytes of a record. */
export const RECORD_BYTES = 5;

/** Bits of a time. */
export const TIME_BITS = 23;

/** The row of records that are no events: from each on, {@link OVERFLOW_US} more have passed than times say. */
export const OVERFLOW_ROW = 240;

/** Microseconds that such a record adds. */
export const OVERFLOW_US = 1 << 13;
