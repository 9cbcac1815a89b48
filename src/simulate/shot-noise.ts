/** Noise events of all pixels in one interval. */
import type { Random } from "../core/index.ts";

/** The noise events of an interval, as a list for each pixel in order of time. */
export class ShotNoise {
  /** Time of each noise event since the start of the interval, microseconds. */
  offset = new Float64Array(1024);
  /** The pixel's next noise event, or −1. */
  next = new Int32Array(1024);
  readonly #random: Random;

  /** @param random - source of the times and pixels */
  constructor(random: Random) {
    this.#random = random;
  }

  /**
   * Draws the events of an interval: one Poisson process over all pixels, thinned. Drawn backwards in time, so that each
   * pixel's list runs forwards. Lists must be empty: whoever takes an event sets `head` to −1.
   *
   * @param head - set to the first noise event of each pixel; −1 where there is none
   * @param perUs - rate of the process, events a microsecond over all pixels
   * @param keep - probability with which an event of a pixel is one, in [0, 1]
   * @param drawn - called for each pixel that has events
   */
  draw(
    head: Int32Array,
    spanUs: number,
    perUs: number,
    keep: (pixel: number) => number,
    drawn: (pixel: number) => void,
  ): void {
    if (perUs === 0) return;
    const random = this.#random;
    let count = 0;
    for (let t = spanUs - random.exponential(perUs); t > 0; t -= random.exponential(perUs)) {
      const pixel = random.integer(0, head.length);
      if (random.uniform() >= keep(pixel)) continue;
      if (count === this.offset.length) this.#grow();
      this.offset[count] = t;
      this.next[count] = head[pixel]!;
      head[pixel] = count++;
      drawn(pixel);
    }
  }

  #grow(): void {
    const offset = new Float64Array(2 * this.offset.length);
    const next = new Int32Array(2 * this.next.length);
    offset.set(this.offset);
    next.set(this.next);
    [this.offset, this.next] = [offset, next];
  }
}
