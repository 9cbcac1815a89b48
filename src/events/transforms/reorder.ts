/** Events that come a little out of order, put in order. */
import type { Events } from "../columns.ts";
import { emptyEvents, joinEvents, sliceEvents } from "../join.ts";

/** Sorts by time; equal times keep their order. */
export function sortEvents(events: Events): Events {
  const { t, x, y, on } = events;
  const order = Uint32Array.from(t, (_, i) => i).sort((a, b) => t[a]! - t[b]! || a - b);
  const sorted = emptyEvents(t.length);
  for (let i = 0; i < order.length; i++) {
    const from = order[i]!;
    sorted.t[i] = t[from]!;
    sorted.x[i] = x[from]!;
    sorted.y[i] = y[from]!;
    sorted.on[i] = on[from]!;
  }
  return sorted;
}

/** Holds events back until no earlier one can come. Equal times keep the order in which they came. */
export class ReorderBuffer {
  #held: Events = emptyEvents(0);

  /**
   * Takes events in any order and hands out those that are due, in order.
   *
   * @param dueUs - no event before this time comes later
   */
  add(events: Events, dueUs: number): Events {
    const all = sortEvents(joinEvents([this.#held, events]));
    let due = 0;
    while (due < all.t.length && all.t[due]! <= dueUs) due++;
    this.#held = sliceEvents(all, due, all.t.length);
    return sliceEvents(all, 0, due);
  }

  /** The rest, in order. */
  end(): Events {
    const rest = this.#held;
    this.#held = emptyEvents(0);
    return rest;
  }
}

/** Two batches in order as one; where times are equal, the first batch comes first. */
export function mergeEvents(a: Events, b: Events): Events {
  const count = a.t.length + b.t.length;
  const merged = emptyEvents(count);
  for (let n = 0, i = 0, j = 0; n < count; n++) {
    const takeA = j >= b.t.length || (i < a.t.length && a.t[i]! <= b.t[j]!);
    const from = takeA ? a : b;
    const at = takeA ? i++ : j++;
    merged.t[n] = from.t[at]!;
    merged.x[n] = from.x[at]!;
    merged.y[n] = from.y[at]!;
    merged.on[n] = from.on[at]!;
  }
  return merged;
}
