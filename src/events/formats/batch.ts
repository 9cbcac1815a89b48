/** The columns that a decoder fills, and hands out as batches. */
import type { Events } from "../columns.ts";
import { emptyEvents } from "../join.ts";

/** Events of a batch at most. */
export const BATCH = 1 << 16;

/** Columns for one batch. The decoder asks for room, writes from index 0 on and sets `count`. */
export class Batch {
  count = 0;
  #columns: Events = emptyEvents(0);

  /** Columns with room for so many events, or for {@link BATCH} if that is less. */
  room(events: number): Events {
    const wanted = Math.min(events, BATCH);
    if (this.#columns.t.length < wanted) this.#columns = emptyEvents(wanted);
    return this.#columns;
  }

  /**
   * The events decoded since the last call. Columns that are half full or more are handed out as they are; fewer events
   * are copied, so that what a live source sends in small pieces takes no more memory than it has events.
   */
  take(): Events {
    const n = this.count;
    const { t, x, y, on } = this.#columns;
    this.count = 0;
    if (2 * n < t.length) return { t: t.slice(0, n), x: x.slice(0, n), y: y.slice(0, n), on: on.slice(0, n) };
    this.#columns = emptyEvents(0);
    return { t: t.subarray(0, n), x: x.subarray(0, n), y: y.subarray(0, n), on: on.subarray(0, n) };
  }
}
