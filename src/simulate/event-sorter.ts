/** A growing list of events of one interval, handed out in the order of time. */
import type { Events } from "../events/index.ts";

const DIGIT_BITS = 16;
const DIGITS = 1 << DIGIT_BITS;

/**
 * Collects events of one interval in any order and returns them sorted by time; equal times keep the order in which
 * they came (least-significant-digit radix sort, so the time is linear in the number of events).
 */
export class EventSorter {
  #offset = new Int32Array(4096);
  #code = new Int32Array(4096);
  #order = new Int32Array(4096);
  #spare = new Int32Array(4096);
  readonly #first = new Int32Array(DIGITS + 1);
  #count = 0;

  /**
   * @param offsetUs - time since the start of the interval, an integer in [0, 2³¹)
   * @param pixel - y · width + x
   * @param on - 1 brighter, 0 darker
   */
  add(offsetUs: number, pixel: number, on: number): void {
    if (this.#count === this.#offset.length) this.#grow();
    this.#offset[this.#count] = offsetUs;
    this.#code[this.#count++] = pixel * 2 + on;
  }

  /** Adds `count` events in the order of two columns: offsets, and 2 · pixel + on. */
  append(offsets: Int32Array, codes: Int32Array, count: number): void {
    while (this.#count + count > this.#offset.length) this.#grow();
    // Most are few, and views are dear.
    const [offset, code, at] = [this.#offset, this.#code, this.#count];
    for (let i = 0; i < count; i++) {
      offset[at + i] = offsets[i]!;
      code[at + i] = codes[i]!;
    }
    this.#count += count;
  }

  /** The events since the last call, sorted, as columns of their own; `startUs` is added to every offset. */
  take(startUs: number, width: number, spanUs: number): Events {
    const count = this.#count;
    const events: Events = {
      t: new Float64Array(count),
      x: new Uint16Array(count),
      y: new Uint16Array(count),
      on: new Uint8Array(count),
    };
    if (count > 0) {
      for (let i = 0; i < count; i++) this.#order[i] = i;
      let shift = 0;
      for (; spanUs >= 2 ** (shift + DIGIT_BITS); shift += DIGIT_BITS) this.#pass(shift, spanUs);
      this.#lastPass(shift, startUs, width, spanUs, events);
    }
    this.#count = 0;
    return events;
  }

  /** Where the events of each digit begin. */
  #countDigits(shift: number, spanUs: number): Int32Array {
    const first = this.#first;
    const used = Math.min(DIGITS, spanUs + 2);
    first.fill(0, 0, used);
    for (let i = 0; i < this.#count; i++) {
      const digit = (this.#offset[i]! >> shift) & (DIGITS - 1);
      first[digit + 1] = first[digit + 1]! + 1;
    }
    let sum = 0;
    for (let d = 1; d < used; d++) {
      sum += first[d]!;
      first[d] = sum;
    }
    return first;
  }

  /** The pass over the highest digit, which puts the events where they belong. */
  #lastPass(shift: number, startUs: number, width: number, spanUs: number, { t, x, y, on }: Events): void {
    const first = this.#countDigits(shift, spanUs);
    for (let i = 0; i < this.#count; i++) {
      const from = this.#order[i]!;
      const offset = this.#offset[from]!;
      const digit = (offset >> shift) & (DIGITS - 1);
      const to = first[digit]!;
      first[digit] = to + 1;
      const code = this.#code[from]!;
      const pixel = code >> 1;
      const row = (pixel / width) | 0;
      t[to] = startUs + offset;
      x[to] = pixel - row * width;
      y[to] = row;
      on[to] = code & 1;
    }
  }

  #pass(shift: number, spanUs: number): void {
    const first = this.#countDigits(shift, spanUs);
    for (let i = 0; i < this.#count; i++) {
      const from = this.#order[i]!;
      const digit = (this.#offset[from]! >> shift) & (DIGITS - 1);
      const to = first[digit]!;
      first[digit] = to + 1;
      this.#spare[to] = from;
    }
    [this.#order, this.#spare] = [this.#spare, this.#order];
  }

  #grow(): void {
    const wider = (from: Int32Array) => {
      const to = new Int32Array(from.length * 2);
      to.set(from);
      return to;
    };
    this.#offset = wider(this.#offset);
    this.#code = wider(this.#code);
    this.#order = new Int32Array(this.#offset.length);
    this.#spare = new Int32Array(this.#offset.length);
  }
}
