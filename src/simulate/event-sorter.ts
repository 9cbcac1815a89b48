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

  /** The events since the last call, sorted, as columns of their own; `startUs` is added to every offset. */
  take(startUs: number, width: number, spanUs: number): Events {
    const count = this.#count;
    for (let i = 0; i < count; i++) this.#order[i] = i;
    for (let shift = 0; shift === 0 || spanUs >= 2 ** shift; shift += DIGIT_BITS) this.#pass(shift, spanUs);
    const t = new Float64Array(count);
    const x = new Uint16Array(count);
    const y = new Uint16Array(count);
    const on = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      const from = this.#order[i]!;
      const code = this.#code[from]!;
      const pixel = code >> 1;
      const row = (pixel / width) | 0;
      t[i] = startUs + this.#offset[from]!;
      x[i] = pixel - row * width;
      y[i] = row;
      on[i] = code & 1;
    }
    this.#count = 0;
    return { t, x, y, on };
  }

  #pass(shift: number, spanUs: number): void {
    const first = this.#first;
    const used = Math.min(DIGITS, spanUs + 2);
    first.fill(0, 0, used);
    for (let i = 0; i < this.#count; i++) {
      const digit = (this.#offset[i]! >> shift) & (DIGITS - 1);
      first[digit + 1] = first[digit + 1]! + 1;
    }
    for (let d = 1; d < used; d++) first[d] = first[d]! + first[d - 1]!;
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
