/** Rows of a table, checked one by one, as events. */
import type { Events, SensorSize } from "../../columns.ts";
import type { Faults } from "../../faults.ts";
import { emptyEvents, sliceEvents } from "../../join.ts";

/** Rows as columns of plain numbers: `t` in µs, whole or NaN. */
export type Rows = {
  readonly t: Float64Array;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly p: Float64Array;
};

/** Where a row stands: its offset in bytes, and what names it in a message, such as `row 17`. */
export type RowPlace = (row: number) => { readonly offset: number; readonly name: string };

/** The largest sensor: with it, only what can be no coordinate is refused. */
export const ANY_SENSOR: SensorSize = { width: 65536, height: 65536 };

/** `count` rows of zeros. */
export function emptyRows(count: number): Rows {
  return {
    t: new Float64Array(count),
    x: new Float64Array(count),
    y: new Float64Array(count),
    p: new Float64Array(count),
  };
}

/**
 * Collects events batch by batch. Leaves out, or stops at, rows outside the sensor, with a polarity other than -1, 0 or
 * 1, or with a time below the last one.
 */
export class EventRows {
  readonly #sensor: SensorSize;
  readonly #faults: Faults;
  #events: Events = emptyEvents(0);
  #count = 0;
  #last = 0;

  constructor(sensor: SensorSize, faults: Faults) {
    this.#sensor = sensor;
    this.#faults = faults;
  }

  /** Time of the last event, µs; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** Begins a batch of `capacity` events at most. */
  begin(capacity: number): void {
    this.#events = emptyEvents(capacity);
    this.#count = 0;
  }

  /** The events of the batch. */
  take(): Events {
    const events = sliceEvents(this.#events, 0, this.#count);
    this.#events = emptyEvents(0);
    this.#count = 0;
    return events;
  }

  /**
   * Adds rows to the batch, within its capacity.
   *
   * @throws FormatError in strict mode; the events before the fault are kept
   */
  add({ t, x, y, p }: Rows, count: number, place: RowPlace): void {
    const { width, height } = this.#sensor;
    const to = this.#events;
    let n = this.#count;
    let last = this.#last;
    try {
      for (let i = 0; i < count; i++) {
        const time = t[i]!;
        const column = x[i]! | 0;
        const row = y[i]! | 0;
        const polarity = p[i]! | 0;
        const fits =
          time >= last &&
          time <= Number.MAX_SAFE_INTEGER &&
          column === x[i] &&
          column >= 0 &&
          column < width &&
          row === y[i] &&
          row >= 0 &&
          row < height &&
          polarity === p[i] &&
          polarity >= -1 &&
          polarity <= 1;
        if (!fits) {
          this.#reject(time, x[i]!, y[i]!, p[i]!, last, place(i));
          continue;
        }
        last = time;
        // Rounding may have left a negative zero.
        to.t[n] = time + 0;
        to.x[n] = column;
        to.y[n] = row;
        to.on[n] = polarity > 0 ? 1 : 0;
        n++;
      }
    } finally {
      this.#count = n;
      this.#last = last;
    }
  }

  /**
   * Lets a decoder write events into the batch itself.
   *
   * @param write - gets the batch, the index of the next event and the time of the last; returns how many it added, all of
   *   them checked
   * @returns how many were added
   */
  addDirect(write: (to: Events, start: number, last: number) => number): number {
    const added = write(this.#events, this.#count, this.#last);
    if (added > 0) {
      this.#count += added;
      this.#last = this.#events.t[this.#count - 1]!;
    }
    return added;
  }

  #reject(time: number, x: number, y: number, p: number, last: number, where: ReturnType<RowPlace>): void {
    const { width, height } = this.#sensor;
    const within = (value: number, side: number) => Number.isInteger(value) && value >= 0 && value < side;
    let what = `a polarity of -1, 0 or 1, got ${p}`;
    if (!within(x, width) || !within(y, height)) {
      what = `an event within ${width}x${height}, got (${x}, ${y})`;
    } else if (!(time >= last && time <= Number.MAX_SAFE_INTEGER)) {
      what = `a time from ${last} to 2^53 µs, got ${time}`;
    }
    this.#faults.meet(where.offset, `expected ${what}, in ${where.name}`, { events: 1 });
  }
}
