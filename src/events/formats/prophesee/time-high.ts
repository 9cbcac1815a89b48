/** Writing the upper part of the time, in words of its own. */
import { ArgumentError } from "../../../core/index.ts";

/** The longest silence, µs: one day. */
const MAX_SILENCE_US = 86_400e6;

/** The upper times that a reader must be told, so that it unwraps them to the times meant. */
export class TimeHigh {
  readonly #where: string;
  readonly #range: number;
  readonly #unitUs: number;
  /** What the reader knows; -1 before the first. */
  #high = -1;

  /**
   * @param where - the operation, for the message
   * @param bits - bits of the upper time
   * @param unitUs - microseconds that it counts
   */
  constructor(where: string, bits: number, unitUs: number) {
    this.#where = where;
    this.#range = 2 ** bits;
    this.#unitUs = unitUs;
  }

  /**
   * The readings to write before an event at `tUs`; none if the reader knows its upper time.
   *
   * @throws ArgumentError if a day or more has passed since the last
   */
  until(tUs: number): readonly number[] {
    const high = Math.floor(tUs / this.#unitUs);
    if (high === this.#high) return NONE;
    const since = Math.max(this.#high, 0) * this.#unitUs;
    if (tUs - since > MAX_SILENCE_US) {
      throw new ArgumentError(`${this.#where}: expected a time within a day of ${since} µs, got ${tUs}`);
    }
    const readings: number[] = [];
    // The first reading is taken as it is. A later step of half the range or more would read as going back.
    if (this.#high < 0) this.#tell(Math.min(high, this.#range - 1), readings);
    while (this.#high < high) this.#tell(Math.min(this.#high + this.#range / 2 - 1, high), readings);
    return readings;
  }

  #tell(high: number, readings: number[]): void {
    readings.push(high % this.#range);
    this.#high = high;
  }
}

const NONE: readonly number[] = [];
