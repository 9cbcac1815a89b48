/** Pictures made of characters: two pixels a cell, one above the other. */
import type { Events, SensorSize } from "../../../../src/events/index.ts";

/** Upper half of a cell; its lower half shows the background. */
const HALF = "▀";
const RESET = "\u001b[0m";

/** Size of a picture in pixels, for a terminal of a size in characters; keeps the sensor's shape. */
export function pictureSize(sensor: SensorSize, columns: number, rows: number): SensorSize {
  const scale = Math.min(1, columns / sensor.width, (2 * rows) / sensor.height);
  return {
    width: Math.max(1, Math.floor(sensor.width * scale)),
    height: Math.max(1, Math.floor(sensor.height * scale)),
  };
}

/** The last events of a sensor, scaled down to a picture. */
export class TerminalCanvas {
  readonly size: SensorSize;
  readonly #sensor: SensorSize;
  readonly #colour: boolean;
  readonly #time: Float64Array;
  readonly #on: Uint8Array;

  /** @param colour - whether ON and OFF are told apart by colour */
  constructor(sensor: SensorSize, size: SensorSize, colour = true) {
    this.#sensor = sensor;
    this.size = size;
    this.#colour = colour;
    this.#time = new Float64Array(size.width * size.height).fill(-Infinity);
    this.#on = new Uint8Array(size.width * size.height);
  }

  /** Takes events. */
  add({ t, x, y, on }: Events): void {
    const { width, height } = this.size;
    for (let i = 0; i < t.length; i++) {
      const column = Math.floor((x[i]! * width) / this.#sensor.width);
      const row = Math.floor((y[i]! * height) / this.#sensor.height);
      this.#time[row * width + column] = t[i]!;
      this.#on[row * width + column] = on[i]!;
    }
  }

  /** The events that are not older than `windowUs`, as lines of text. */
  draw(nowUs: number, windowUs: number): string[] {
    const { width, height } = this.size;
    const pixel = (x: number, y: number): number => {
      if (y >= height || nowUs - this.#time[y * width + x]! > windowUs) return -1;
      return this.#on[y * width + x]!;
    };
    return Array.from({ length: Math.ceil(height / 2) }, (_, row) => {
      let line = "";
      let style = "";
      for (let x = 0; x < width; x++) {
        const [upper, lower] = [pixel(x, 2 * row), pixel(x, 2 * row + 1)];
        if (!this.#colour) {
          line += upper >= 0 ? (lower >= 0 ? "█" : "▀") : lower >= 0 ? "▄" : " ";
          continue;
        }
        // Only the colours that every terminal has: bright blue and bright red.
        const wanted = `\u001b[${upper < 0 ? 30 : upper === 1 ? 94 : 91};${lower < 0 ? 40 : lower === 1 ? 104 : 101}m`;
        if (wanted !== style) line += style = wanted;
        line += upper < 0 && lower < 0 ? " " : HALF;
      }
      return this.#colour ? line + RESET : line;
    });
  }
}
