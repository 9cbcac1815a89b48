/** A bounded queue between a source that does not wait and a reader that may be slow. */
import { ArgumentError } from "../../core/index.ts";
import type { Events } from "../columns.ts";
import { joinEvents } from "../join.ts";

/**
 * What becomes of events for which there is no room: the source waits (`"block"`), the events that have waited longest
 * make room (`"drop-oldest"`), or the new ones are left out (`"drop-newest"`). Whole batches are dropped.
 */
export type DropPolicy = (typeof dropPolicies)[number];

/** The drop policies. */
export const dropPolicies = ["block", "drop-oldest", "drop-newest"] as const;

/** What was dropped so far for want of room. */
export type Drops = { readonly events: number; readonly batches: number };

/** Events that may wait for a reader, unless the caller says otherwise. */
export const QUEUE_EVENTS = 1 << 20;

/** Events that are handed out as one batch at most, where smaller batches have piled up. */
const JOINED = 1 << 16;

/** Batches in order, from one writer to one reader. Holds `capacity` events, or one batch if that is larger. */
export class BatchQueue implements AsyncIterable<Events> {
  /** Counted as it happens. */
  readonly drops = { events: 0, batches: 0 };
  readonly #policy: DropPolicy;
  readonly #capacity: number;
  readonly #waiting: Events[] = [];
  #held = 0;
  #ended = false;
  #error: unknown;
  #wakeReader: () => void = () => undefined;
  #wakeWriter: () => void = () => undefined;

  /** @throws ArgumentError if the capacity is not a whole number, 1 or more, or the policy is none */
  constructor(policy: DropPolicy, capacity = QUEUE_EVENTS) {
    if (!dropPolicies.includes(policy)) {
      throw new ArgumentError(`queue: expected a policy of ${dropPolicies.join(", ")}, got ${policy}`);
    }
    if (!(Number.isSafeInteger(capacity) && capacity > 0)) {
      throw new ArgumentError(`queue: expected a capacity of 1 event or more, got ${capacity}`);
    }
    this.#policy = policy;
    this.#capacity = capacity;
  }

  /** Adds a batch. Under `"block"` wait for what this returns before adding another one. */
  async push(batch: Events): Promise<void> {
    const count = batch.t.length;
    if (count === 0 || this.#ended) return;
    if (this.#policy === "block") {
      while (!this.#fits(count) && !this.#ended) await new Promise<void>((wake) => (this.#wakeWriter = wake));
    } else if (!this.#fits(count)) {
      if (this.#policy === "drop-newest") return this.#drop(count);
      while (!this.#fits(count)) {
        const oldest = this.#waiting.shift()!.t.length;
        this.#held -= oldest;
        this.#drop(oldest);
      }
    }
    this.#waiting.push(batch);
    this.#held += count;
    this.#wakeReader();
  }

  /** Ends the queue: what waits is still handed out, then the reader's loop ends, or throws `error`. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#wakeReader();
    this.#wakeWriter();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Events> {
    for (;;) {
      while (this.#waiting.length === 0) {
        if (this.#error !== undefined) throw this.#error;
        if (this.#ended) return;
        await new Promise<void>((wake) => (this.#wakeReader = wake));
      }
      const batch = this.#take();
      this.#wakeWriter();
      yield batch;
    }
  }

  #take(): Events {
    let [batches, events] = [1, this.#waiting[0]!.t.length];
    while (batches < this.#waiting.length && events + this.#waiting[batches]!.t.length <= JOINED) {
      events += this.#waiting[batches]!.t.length;
      batches++;
    }
    const taken = this.#waiting.splice(0, batches);
    this.#held -= events;
    return batches === 1 ? taken[0]! : joinEvents(taken);
  }

  #fits(count: number): boolean {
    return this.#held === 0 || this.#held + count <= this.#capacity;
  }

  #drop(count: number): void {
    this.drops.events += count;
    this.drops.batches++;
  }
}
