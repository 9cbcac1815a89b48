/** Counters of time that wrap around. */
import type { Faults } from "../faults.ts";

/**
 * A counter of so many bits, unwrapped: a value that falls by half the range or more has wrapped around, any other fall
 * is time going back.
 */
export class Clock {
  /** The time in units of the counter, or -1 before the first. */
  value = -1;
  readonly #range: number;
  readonly #limit: number;
  readonly #faults: Faults;

  /**
   * @param bits - bits of the counter
   * @param unitUs - its unit in µs
   */
  constructor(bits: number, unitUs: number, faults: Faults) {
    this.#range = 2 ** bits;
    this.#limit = 2 ** 53 / unitUs;
    this.#faults = faults;
  }

  /**
   * Takes a reading.
   *
   * @param offset - where it stands in the file
   * @returns the time, unwrapped
   * @throws FormatError in both modes if it has wrapped around until microseconds are no longer exact
   */
  set(reading: number, offset: number): number {
    if (this.value < 0) {
      this.value = reading;
    } else {
      const fall = (this.value % this.#range) - reading;
      this.value += fall >= this.#range / 2 ? this.#range - fall : -fall;
    }
    if (this.value < this.#limit) return this.value;
    throw this.#faults.error(offset, "expected times below 2^53 µs, got one more wraparound");
  }
}
