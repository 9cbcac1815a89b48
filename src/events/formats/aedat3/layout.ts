/**
 * The layout of AEDAT 3.1 (docs.inivation.com, "AEDAT 3.1"; libcaer's events/*.h): after the header, packets of one type
 * of event each, little-endian. Offsets are in bytes.
 */

/**
 * The header of a packet: type and source of its events (int16 each), bytes of an event, offset of the time in it, how
 * often the 31 bits of the time have overflowed, capacity, number of events, number of valid ones (int32 each).
 */
export const PACKET = {
  bytes: 28,
  type: 0,
  source: 2,
  eventSize: 4,
  overflow: 12,
  number: 20,
  valid: 24,
} as const;

/** Types of events that are read; the others are passed over. */
export const EVENT_TYPE = { special: 0, polarity: 1, frame: 2, imu6: 3, imu9: 4 } as const;

/** Bytes of an event at least, by its type. */
export const LEAST_BYTES: Readonly<Record<number, number>> = {
  [EVENT_TYPE.special]: 8,
  [EVENT_TYPE.polarity]: 8,
  [EVENT_TYPE.frame]: 36,
  [EVENT_TYPE.imu6]: 36,
  [EVENT_TYPE.imu9]: 48,
};

/** Bytes that a packet may have: its events are read piece by piece. */
export const MAX_PACKET_BYTES = 2 ** 31;

/** Bytes that an event may have: a frame is held as a whole. */
export const MAX_EVENT_BYTES = 2 ** 28;

/** A frame: bit 0 valid, bits 1 to 3 channels; times of exposure; size and position, int32; then pixels, uint16. */
export const FRAME = {
  exposureStart: 12,
  exposureEnd: 16,
  width: 20,
  height: 24,
  x: 28,
  y: 32,
  pixels: 36,
} as const;

/** A sample of an IMU: time, then float32: acceleration, angular velocity, temperature, and of 9 axes magnetic field. */
export const IMU = { time: 4, accelerometer: 8, gyroscope: 20, temperature: 32, magnetometer: 36 } as const;

/** What a special event says, and of which input, by its type (bits 1 to 7). */
export const SPECIAL_KINDS: readonly (readonly [kind: string, channel: number])[] = [
  ["timestamp-wrap", 0],
  ["timestamp-reset", 0],
  ["external-rising", 0],
  ["external-falling", 0],
  ["external-pulse", 0],
  ["row-only", 0],
  ["external-rising", 1],
  ["external-falling", 1],
  ["external-pulse", 1],
  ["external-rising", 2],
  ["external-falling", 2],
  ["external-pulse", 2],
  ["generator-rising", 0],
  ["generator-falling", 0],
  ["frame-start", 0],
  ["frame-end", 0],
  ["exposure-start", 0],
  ["exposure-end", 0],
];
