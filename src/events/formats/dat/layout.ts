/**
 * The layout of Prophesee's DAT files (docs.prophesee.ai, "DAT file format"): a text header, two bytes that say type and
 * size of the events, then events of 8 bytes, little-endian: time in µs (32 bits), and a word of column, row and polarity.
 */

/** Where the word of an event has its parts: how far they are shifted, and how many bits they have. */
export type Packing = {
  readonly yShift: number;
  readonly onShift: number;
  readonly xMask: number;
  readonly yMask: number;
  readonly onMask: number;
};

/** Version 2: 14 bits of column, 14 of row, 4 of polarity. */
export const PACKING_2: Packing = { yShift: 14, onShift: 28, xMask: 0x3fff, yMask: 0x3fff, onMask: 0xf };

/** Version 1, and headers that name none: 9 bits of column, 8 of row, 1 of polarity, the rest unused. */
export const PACKING_1: Packing = { yShift: 9, onShift: 17, xMask: 0x1ff, yMask: 0xff, onMask: 1 };

/** Types of events that are changes of contrast, the older name first. */
export const CD_TYPES = { event2d: 0, eventCd: 12 } as const;

/** Names of other types, for refusing them. */
export const OTHER_TYPES: Readonly<Record<number, string>> = { 14: "external triggers" };

/** Bytes of an event. */
export const EVENT_BYTES = 8;

/** Columns and rows have 14 bits. */
export const MAX_SIDE = 1 << 14;
