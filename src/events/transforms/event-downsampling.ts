/** Downsampling in space and time by neurons that integrate the events of their pixels. */
import { ArgumentError } from "../../core/index.ts";
import type { Events, SensorSize } from "../columns.ts";
import { emptyEvents, sliceEvents } from "../join.ts";
import { defineTransform, mapping, pixelsOf, ROW } from "./define.ts";

/**
 * Fewer, larger pixels (`EventDownsampling` of [Lenz2021]), x' = floor(x · width / W):
 *
 * - `naive`: all events stay, at their new places and at their times;
 * - `integrator`: each pixel sums its events, ON as +1 and OFF as −1; at the end of each window of `windowUs`, a sum of
 *   `threshold` or more becomes one ON event, one of −`threshold` or less one OFF event, both at the start of the window,
 *   and the sum begins anew [Ghosh2023];
 * - `differentiator`: a window has `bins` parts, each with an integrator; a pixel has an event where more of its parts
 *   fired (of one polarity) than in the window before [Ghosh2023]. The window before the first has no events, and
 *   parts fire by the threshold, not by any sum that is left, which is what the code of [Lenz2021] does.
 *
 * The last window ends with the recording; [Lenz2021] leaves it out. Events of one window come OFF before ON, each row by
 * row.
 */
export const eventDownsampling = defineTransform({
  name: "eventDownsampling",
  summary: "fewer, larger pixels that fire where events add up",
  options: {
    width: { type: "integer", min: 1, max: 65536, unit: "px", help: "width of the result" },
    height: { type: "integer", min: 1, max: 65536, unit: "px", help: "height of the result" },
    method: {
      type: "choice",
      choices: ["naive", "integrator", "differentiator"],
      default: "integrator",
      help: "whether events stay, add up, or are compared with the window before",
    },
    windowUs: { type: "integer", min: 1, default: 1000, unit: "µs", help: "length of a window" },
    threshold: { type: "integer", min: 1, max: 2 ** 30, default: 1, help: "events that make one" },
    bins: { type: "integer", min: 1, max: 255, default: 2, help: "parts of a window of the differentiator" },
  },
  size(sensor, { width, height, bins, windowUs, method }) {
    for (const [name, side] of [["width", width] as const, ["height", height] as const]) {
      if (side > sensor[name]) {
        throw new ArgumentError(
          `eventDownsampling: expected ${name} of ${sensor[name]} or less, got ${side}`,
        );
      }
    }
    if (method === "differentiator" && windowUs % bins !== 0) {
      throw new ArgumentError(`eventDownsampling: expected windowUs in ${bins} whole parts, got ${windowUs}`);
    }
    return { width, height };
  },
  start(sensor, { width, height, method, windowUs, threshold, bins }) {
    const fx = width / sensor.width;
    const fy = height / sensor.height;
    const place = mapping((_, x, y) => Math.floor(y * fy) * ROW + Math.floor(x * fx));
    if (method === "naive") return place;
    const parts = method === "differentiator" ? bins : 1;
    const pixels = new Pixels({ width, height }, threshold, method === "differentiator");
    let startUs: number | undefined;
    let partEnd = 0;
    let part = 0;
    /** Ends the part that is under way; at the end of a window its events are due. */
    const close = (): Events => {
      pixels.fire();
      const due = part + 1 === parts ? pixels.take(partEnd - windowUs) : emptyEvents(0);
      part = (part + 1) % parts;
      partEnd += windowUs / parts;
      return due;
    };
    return {
      *add(events) {
        for (const placed of place.add(events)) {
          const { t, x, y, on } = placed;
          for (let i = 0; i < t.length; i++) {
            if (startUs === undefined) {
              startUs = t[i]!;
              partEnd = startUs + windowUs / parts;
            }
            for (let quiet = 0; t[i]! >= partEnd; quiet++) {
              // After two windows without events nothing is left to compare: the rest of the silence is leapt over.
              if (quiet > 2 * parts && part === 0) {
                const windows = Math.floor((t[i]! - partEnd + windowUs / parts) / windowUs);
                partEnd += windows * windowUs;
                if (t[i]! < partEnd) break;
              }
              yield close();
            }
            pixels.add(y[i]! * width + x[i]!, on[i]!);
          }
        }
      },
      *end() {
        if (startUs === undefined) return;
        do yield close();
        while (part !== 0);
      },
    };
  },
});

/** The sums of all pixels, and how often each fired in this window and in the one before. */
class Pixels {
  readonly #width: number;
  readonly #threshold: number;
  readonly #differs: boolean;
  readonly #sums: Int32Array;
  /** Times fired, `[P, H · W]`. */
  #fired: Uint8Array;
  #before: Uint8Array;

  constructor(size: SensorSize, threshold: number, differs: boolean) {
    const pixels = pixelsOf("eventDownsampling", size);
    this.#width = size.width;
    this.#threshold = threshold;
    this.#differs = differs;
    this.#sums = new Int32Array(pixels);
    this.#fired = new Uint8Array(2 * pixels);
    this.#before = new Uint8Array(2 * pixels);
  }

  add(pixel: number, on: number): void {
    this.#sums[pixel]! += 2 * on - 1;
  }

  /** Lets the pixels fire whose sums have reached the threshold. */
  fire(): void {
    const pixels = this.#sums.length;
    for (let i = 0; i < pixels; i++) {
      const sum = this.#sums[i]!;
      if (Math.abs(sum) < this.#threshold) continue;
      this.#fired[sum > 0 ? pixels + i : i]!++;
      this.#sums[i] = 0;
    }
  }

  /** The events of a window, all at one time. */
  take(timeUs: number): Events {
    const pixels = this.#sums.length;
    const events = emptyEvents(2 * pixels);
    let n = 0;
    for (let i = 0; i < 2 * pixels; i++) {
      if (this.#fired[i]! <= (this.#differs ? this.#before[i]! : 0)) continue;
      const pixel = i % pixels;
      events.t[n] = timeUs;
      events.x[n] = pixel % this.#width;
      events.y[n] = Math.floor(pixel / this.#width);
      events.on[n] = i < pixels ? 0 : 1;
      n++;
    }
    [this.#fired, this.#before] = [this.#before, this.#fired];
    this.#fired.fill(0);
    const { t, x, y, on } = sliceEvents(events, 0, n);
    return { t: t.slice(), x: x.slice(), y: y.slice(), on: on.slice() };
  }
}
