/** The state of all pixels of an event sensor, where a kernel can reach it. */
import type { Darkness } from "./log-intensity.ts";

/** Pixels of a block: neighbours in a row that rest together. */
export const BLOCK = 16;
/** Levels of intensity for which the low-pass of linear frames is tabulated. */
export const LEVELS = 256;

/** What is known of a block in an interval: it need not be looked at, ... */
export const RESTS = 0;
/** ... its light did not change and its levels move no more, ... */
export const SETTLES = 3;
/** ... or neither. */
export const MOVES = 2;

/** Columns by pixel, rounded up to whole blocks; the pixels beyond the last never fire. */
export type Retina = {
  readonly blocks: number;
  /** Whether the frames are 8-bit codes. */
  readonly isCodes: boolean;
  readonly darkness: Darkness;
  /** Log intensity at the last frame, after the low-pass. */
  readonly level: Float32Array;
  /** Level plus leak at which a pixel fires; −∞ above where it has to be looked at in any case. */
  readonly high: Float32Array;
  readonly low: Float32Array;
  /** Drift in log units per microsecond. */
  readonly leak: Float32Array;
  /** Share of the way to the light's level that a pixel goes in an interval, by intensity, `[LEVELS + 1]`. */
  readonly pass: Float32Array;
  /** Level of each code, and share of the way to it, `[256, 2]`. */
  readonly codes: Float32Array;
  /** Age of the sensor until which a block that does not change emits nothing; −∞ if it has to be looked at. */
  readonly restUntil: Float64Array;
  /** {@link RESTS}, {@link MOVES} or {@link SETTLES} for each block. */
  readonly looks: Uint8Array;
  /** Pixels that may fire, and the levels at which they began the interval. */
  readonly active: Int32Array;
  readonly from: Float32Array;
  /** Log intensity at the last reset plus the leak from the sensor's birth to it. */
  readonly reference: Float64Array;
  readonly thresholdOn: Float64Array;
  readonly thresholdOff: Float64Array;
  /** Time until which a pixel is held at reset, microseconds. */
  readonly heldUntil: Float64Array;
  /** First noise event of each pixel in this interval, see `ShotNoise`; −1 for none. */
  readonly shots: Int32Array;
  /** Events that the kernel made: time since the start of the interval, 2 · pixel + polarity; their number. */
  readonly offsets: Int32Array;
  readonly eventCodes: Int32Array;
  readonly tally: Int32Array;
  /** The last two frames, in the order in which they come in turn, as bytes. */
  readonly frames: readonly [Uint8Array, Uint8Array];
};

/** Which effects there are. */
export type Effects = { readonly leaks: boolean; readonly passes: boolean };

/** The time between two frames, microseconds. */
export type Interval = {
  readonly lastUs: number;
  readonly spanUs: number;
  /** Of the sensor, when the interval begins. */
  readonly age: number;
  readonly refractoryUs: number;
};

/** What moves a retina on; kernels/sensor.ts does it with the bits of plain TypeScript. */
export type RetinaMoves = {
  /**
   * Compares the newest frame with the one before, block by block; in those that changed or whose rest is over, moves
   * the levels to the frame and lists the pixels that may fire in `active` and `from`, in their order.
   *
   * @param turn - which of `frames` is the newest
   * @param age - time since the sensor's birth at the frame, microseconds
   * @returns the number of pixels listed
   */
  advance(turn: 0 | 1, age: number, effects: Effects): number;
  /**
   * Runs listed pixels from the k-th through an interval and stores their events, up to one that has noise events or
   * more events than there is room for, of which it returns the place. `EventSensor` does the same to every pixel where
   * this is missing.
   */
  readonly fire?: (k: number, count: number, interval: Interval) => number;
};
