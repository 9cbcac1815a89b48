/** Events as frames of colour. */
import type { Events, EventStream, SensorSize } from "../../../../src/events/index.ts";
import { InputError } from "../../faults.ts";

type Rgb = readonly [number, number, number];

/** How frames look. `fade`: events fade with their age, to 1/e within the window, instead of vanishing at its end. */
export type Style = { readonly ground: Rgb; readonly on: Rgb; readonly off: Rgb; readonly fade: boolean };

/** The styles by name. */
export const styles = {
  light: { ground: [255, 255, 255], on: [29, 95, 224], off: [208, 52, 44], fade: false },
  dark: { ground: [12, 15, 19], on: [108, 176, 255], off: [255, 122, 107], fade: false },
  surface: { ground: [12, 15, 19], on: [126, 200, 255], off: [255, 164, 84], fade: true },
} as const satisfies Record<string, Style>;

/** Fading events older than so many windows are not seen. */
const FADED = 6;

/** Keeps the last event of each pixel, and paints those that are young enough. */
export class Painter {
  /** Size of the frames. */
  readonly size: SensorSize;
  readonly #sensor: SensorSize;
  readonly #scale: number;
  readonly #style: Style;
  readonly #windowUs: number;
  /** Time of the last event of each pixel; minus infinity before the first. */
  readonly #time: Float64Array;
  readonly #on: Uint8Array;
  readonly #rgb: Uint8Array;

  /**
   * @param scale - pixels of a frame for each of the sensor's, along each side
   * @param windowUs - age of the oldest events that are seen
   */
  constructor(sensor: SensorSize, style: Style, windowUs: number, scale = 1) {
    this.#sensor = sensor;
    this.#scale = scale;
    this.#style = style;
    this.#windowUs = windowUs;
    this.size = { width: sensor.width * scale, height: sensor.height * scale };
    this.#time = new Float64Array(sensor.width * sensor.height).fill(-Infinity);
    this.#on = new Uint8Array(sensor.width * sensor.height);
    this.#rgb = new Uint8Array(3 * this.size.width * this.size.height);
  }

  /** Takes events `start` to `end - 1` of a batch. */
  add({ t, x, y, on }: Events, start = 0, end = t.length): void {
    const { width } = this.#sensor;
    for (let i = start; i < end; i++) {
      const pixel = y[i]! * width + x[i]!;
      this.#time[pixel] = t[i]!;
      this.#on[pixel] = on[i]!;
    }
  }

  /** Forgets all events. */
  clear(): void {
    this.#time.fill(-Infinity);
  }

  /** The frame at a time: red, green, blue, `[H, W, 3]`; the array is used again for the next one. */
  paint(nowUs: number): Uint8Array {
    const { width, height } = this.#sensor;
    const scale = this.#scale;
    const row = 3 * this.size.width;
    for (let y = 0, pixel = 0; y < height; y++) {
      const start = y * scale * row;
      for (let x = 0, at = start; x < width; x++, pixel++) {
        const share = this.#share(nowUs - this.#time[pixel]!);
        const colour = this.#on[pixel] === 1 ? this.#style.on : this.#style.off;
        for (let k = 0; k < scale; k++, at += 3) {
          for (let c = 0; c < 3; c++) {
            const ground = this.#style.ground[c]!;
            this.#rgb[at + c] = share === 0 ? ground : Math.round(ground + (colour[c]! - ground) * share);
          }
        }
      }
      for (let k = 1; k < scale; k++) this.#rgb.copyWithin(start + k * row, start, start + row);
    }
    return this.#rgb;
  }

  #share(ageUs: number): number {
    const windows = ageUs / this.#windowUs;
    if (!this.#style.fade) return windows <= 1 ? 1 : 0;
    return windows > FADED ? 0 : Math.exp(-windows);
  }
}

/** When frames are painted: at equal times, or each so many events. */
export type Pace = { readonly frameUs: number } | { readonly eventsPerFrame: number };

/** Frames without an event that may follow one another: an hour at 30 frames a second. */
const MAX_EMPTY_FRAMES = 108_000;

/**
 * Paints a stream, frame by frame. Frames at equal times show the events before the end of their time. The last frame
 * shows the rest.
 *
 * @throws InputError if nothing happens for so long that a broken time must be meant
 */
export async function* paintFrames(
  stream: EventStream,
  name: string,
  painter: Painter,
  pace: Pace,
): AsyncGenerator<Uint8Array> {
  let next: number | undefined;
  let pending = 0;
  let last = 0;
  for await (const batch of stream) {
    const { t } = batch;
    for (let i = 0; i < t.length; i++) {
      if ("frameUs" in pace) {
        next ??= t[i]! + pace.frameUs;
        if (t[i]! - next > MAX_EMPTY_FRAMES * pace.frameUs) {
          throw new InputError(
            name,
            `expected an event within ${MAX_EMPTY_FRAMES} frames after ${next} µs, got the next at ${t[i]} µs`,
          );
        }
        for (; t[i]! >= next; next += pace.frameUs) yield painter.paint(next);
        painter.add(batch, i, i + 1);
        pending = 1;
      } else {
        painter.add(batch, i, i + 1);
        if (++pending === pace.eventsPerFrame) {
          yield painter.paint(t[i]!);
          painter.clear();
          pending = 0;
        }
      }
      last = t[i]!;
    }
  }
  if (pending > 0) yield painter.paint(next ?? last);
}
