/** Batches taken apart and put together. */
import { ArgumentError } from "../core/index.ts";
import type { Events } from "./columns.ts";

/** A batch of `count` events, all zero. */
export function emptyEvents(count: number): Events {
  return {
    t: new Float64Array(count),
    x: new Uint16Array(count),
    y: new Uint16Array(count),
    on: new Uint8Array(count),
  };
}

/** Events `start` to `end - 1` of a batch, as views. */
export function sliceEvents({ t, x, y, on }: Events, start: number, end: number): Events {
  return {
    t: t.subarray(start, end),
    x: x.subarray(start, end),
    y: y.subarray(start, end),
    on: on.subarray(start, end),
  };
}

/** One batch of many, in their order. */
export function joinEvents(batches: readonly Events[]): Events {
  const all = emptyEvents(batches.reduce((sum, batch) => sum + batch.t.length, 0));
  let at = 0;
  for (const batch of batches) {
    setEvents(all, at, batch);
    at += batch.t.length;
  }
  return all;
}

/** The last events of a stream, a fixed number of them at most: a window by count instead of time. */
export class LastEvents {
  readonly #ring: Events;
  #added = 0;

  /** @param capacity - how many events are kept, 1 or more */
  constructor(capacity: number) {
    if (!(Number.isInteger(capacity) && capacity > 0)) {
      throw new ArgumentError(`LastEvents: expected a capacity of 1 or more, got ${capacity}`);
    }
    this.#ring = emptyEvents(capacity);
  }

  /** Takes a batch; the oldest events make room for it. */
  add(events: Events): void {
    const capacity = this.#ring.t.length;
    const { t, x, y, on } = events;
    for (let i = Math.max(0, t.length - capacity); i < t.length; i++) {
      const at = (this.#added + i) % capacity;
      this.#ring.t[at] = t[i]!;
      this.#ring.x[at] = x[i]!;
      this.#ring.y[at] = y[i]!;
      this.#ring.on[at] = on[i]!;
    }
    this.#added += t.length;
  }

  /** The events held, oldest first, as a copy. */
  take(): Events {
    const capacity = this.#ring.t.length;
    if (this.#added < capacity) return joinEvents([sliceEvents(this.#ring, 0, this.#added)]);
    const oldest = this.#added % capacity;
    return joinEvents([sliceEvents(this.#ring, oldest, capacity), sliceEvents(this.#ring, 0, oldest)]);
  }
}

function setEvents(to: Events, at: number, from: Events): void {
  to.t.set(from.t, at);
  to.x.set(from.x, at);
  to.y.set(from.y, at);
  to.on.set(from.on, at);
}
