/** A part of many events, spread evenly over them. */
import { emptyEvents, type Events, sliceEvents } from "../../../../src/events/index.ts";

/**
 * Keeps at most so many events of a stream of unknown length, each with equal probability: whenever there are too many,
 * half of them go. Which ones is a function of their number alone, so that it is the same in each run.
 */
export class PointSample {
  /** Events so far. */
  seen = 0;
  /** One in so many is kept. */
  every = 1;
  #kept: Events;
  readonly #ranks: Uint32Array;
  #count = 0;

  /** @param most - events that are kept at most, 1 or more */
  constructor(most: number) {
    this.#kept = emptyEvents(most);
    this.#ranks = new Uint32Array(most);
  }

  /** Takes a batch. */
  add({ t, x, y, on }: Events): void {
    for (let i = 0; i < t.length; i++) {
      const rank = scattered(this.seen++);
      if (rank % this.every !== 0) continue;
      while (this.#count === this.#ranks.length && rank % this.every === 0) this.#halve();
      if (rank % this.every !== 0) continue;
      const n = this.#count++;
      this.#ranks[n] = rank;
      this.#kept.t[n] = t[i]!;
      this.#kept.x[n] = x[i]!;
      this.#kept.y[n] = y[i]!;
      this.#kept.on[n] = on[i]!;
    }
  }

  /** The events that were kept, in their order. */
  get events(): Events {
    return sliceEvents(this.#kept, 0, this.#count);
  }

  #halve(): void {
    this.every *= 2;
    const { t, x, y, on } = this.#kept;
    let n = 0;
    for (let i = 0; i < this.#count; i++) {
      if (this.#ranks[i]! % this.every !== 0) continue;
      this.#ranks[n] = this.#ranks[i]!;
      t[n] = t[i]!;
      x[n] = x[i]!;
      y[n] = y[i]!;
      on[n++] = on[i]!;
    }
    this.#count = n;
  }
}

/** A number whose low bits look random: the finaliser of MurmurHash3. */
function scattered(index: number): number {
  let h = index >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
