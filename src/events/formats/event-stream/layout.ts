/**
 * The layout of Event Stream 2 (github.com/neuromorphicsystems/event_stream, the specification and its decoders): the text
 * `Event Stream`, three bytes of version, a byte that says the type, and, unless it is 0, width and height (16 bits,
 * little-endian). Then events, each with the time since the one before: of a DVS, time (bits 7…1) and polarity (bit 0) in
 * one byte, then column and row (16 bits each, little-endian). Bytes of a value that no event can start with add to the
 * time, or do nothing (`reset`: a run of them lets a reader that has lost its place find it again).
 *
 * Rows count upwards in the specification and downwards in many files. They are read and written as they are stored.
 */

/** What a file starts with. */
export const SIGNATURE = "Event Stream";

/** The version that is read and written; readers rely on the first number alone. */
export const VERSION = [2, 0, 0] as const;

/** Types of streams. */
export const TYPE = { generic: 0, dvs: 1, atis: 2 } as const;

/** Names of other types, for refusing them. */
export const OTHER_TYPES: Readonly<Record<number, string>> = {
  3: "asynchronous and modular display",
  4: "colour",
  5: "liquid",
};

/** Bytes of an event of a DVS or an ATIS. */
export const EVENT_BYTES = 5;

/** A byte that adds {@link OVERFLOW_US} to the time. */
export const OVERFLOW = 0xff;

/** Microseconds that such a byte adds. */
export const OVERFLOW_US = 127;

/** A byte that does nothing. */
export const RESET = 0xfe;
