/** What stands behind the person: a painted panorama that shifts as the camera turns. */
import { type Random } from "../core/index.ts";
import type { SensorSize } from "../events/index.ts";
import { NoiseField } from "./noise.ts";

/** How a panorama is painted. Luminances are linear; 1 is white in full light. */
export type BackgroundStyle = {
  readonly seed: number;
  /** Luminance at the top and at the foot of the wall. */
  readonly top: number;
  readonly foot: number;
  /** Relative depth of the wall's cloudy texture, in [0, 1]. */
  readonly texture: number;
  /** Number of rectangles on the wall: pictures, windows, furniture. */
  readonly rectangles: number;
  /** Relative contrast of vertical stripes on the wall, in [0, 1]; 0 for none. */
  readonly stripes: number;
  /** Mean luminance of the floor, and the relative depth of its texture. */
  readonly floor: number;
  readonly floorTexture: number;
};

/** Panels of the panorama beyond the picture, in pictures, so that small turns show no repetition. */
const SPAN = 2;

/** A panorama twice as wide as the picture and half as high again, mirrored where it ends. */
export class Background {
  readonly #sensor: SensorSize;
  readonly #width: number;
  readonly #height: number;
  readonly #margin: number;
  readonly #paint: Float32Array;
  readonly #column: Int32Array;

  /**
   * @param sensor - size of the picture
   * @param horizon - row of the picture in which floor and wall meet; may lie outside
   * @param random - source of the painting, by the style's seed
   */
  constructor(style: BackgroundStyle, sensor: SensorSize, horizon: number, random: Random) {
    this.#sensor = sensor;
    this.#width = sensor.width * SPAN;
    this.#margin = sensor.height >> 2;
    this.#height = sensor.height + 2 * this.#margin;
    this.#paint = paint(style, this.#width, this.#height, horizon + this.#margin, random);
    this.#column = new Int32Array(sensor.width + 1);
  }

  /**
   * Draws the part that the camera sees.
   *
   * @param shiftX - pixels by which the panorama is shifted to the right, any number
   * @param shiftY - pixels by which it is shifted down; held within a quarter of the picture
   * @param frame - `[H, W]`, overwritten
   */
  draw(shiftX: number, shiftY: number, frame: Float32Array): void {
    const { width, height } = this.#sensor;
    const [paint, stride, column] = [this.#paint, this.#width, this.#column];
    const left = (stride - width) / 2 - shiftX;
    const top = Math.min(2 * this.#margin - 1e-6, Math.max(0, this.#margin - shiftY));
    const [x0, y0] = [Math.floor(left), Math.floor(top)];
    const [fx, fy] = [left - x0, top - y0];
    for (let u = 0; u <= width; u++) column[u] = mirror(x0 + u, stride);
    for (let v = 0; v < height; v++) {
      const row = (y0 + v) * stride;
      const below = Math.min(y0 + v + 1, this.#height - 1) * stride;
      let c = column[0]!;
      let before = paint[row + c]! * (1 - fy) + paint[below + c]! * fy;
      for (let u = 0; u < width; u++) {
        c = column[u + 1]!;
        const after = paint[row + c]! * (1 - fy) + paint[below + c]! * fy;
        frame[v * width + u] = before + (after - before) * fx;
        before = after;
      }
    }
  }
}

/** Index of a column in a picture that is continued by its mirror image on both sides. */
function mirror(i: number, width: number): number {
  const k = ((i % (2 * width)) + 2 * width) % (2 * width);
  return k < width ? k : 2 * width - 1 - k;
}

function paint(
  style: BackgroundStyle,
  width: number,
  height: number,
  horizon: number,
  random: Random,
): Float32Array {
  const noise = new NoiseField(random);
  const out = new Float32Array(width * height);
  const wallHeight = Math.max(1, Math.min(height, horizon));
  const period = random.uniform(0.03, 0.12) * height;
  for (let v = 0; v < height; v++) {
    const onFloor = v > horizon;
    // Distance on the floor grows as the row nears the horizon, so its texture shrinks in both directions.
    const near = (v - horizon) / height + 0.04;
    const fade = Math.min(1, (v - horizon) / (0.1 * height));
    for (let u = 0; u < width; u++) {
      if (onFloor) {
        // Most floors are plain, and the noise is what painting takes time for.
        const cloud =
          style.floorTexture === 0
            ? 0
            : noise.fractal(((u - width / 2) / width) * (1.2 / near), 0.6 / near, 5.5, 3) - 0.5;
        out[v * width + u] = style.floor * (1 + 2 * style.floorTexture * fade * cloud);
      } else {
        const cloud = noise.fractal((9 * u) / height, (9 * v) / height, 0.5, 4) - 0.5;
        const stripe = Math.max(-1, Math.min(1, period * 0.5 * (Math.abs(((u / period) % 1) - 0.5) - 0.25)));
        const level = style.top + ((style.foot - style.top) * v) / wallHeight;
        out[v * width + u] = level * (1 + 2 * style.texture * cloud) * (1 + style.stripes * stripe);
      }
    }
  }
  for (let k = 0; k < style.rectangles; k++) hang(out, width, height, wallHeight, random);
  return out;
}

/** Scales the wall's luminance within a random rectangle with soft edges. */
function hang(out: Float32Array, width: number, height: number, wallHeight: number, random: Random): void {
  const [w, h] = [random.uniform(0.04, 0.5) * height, random.uniform(0.05, 0.6) * height];
  const [x, y] = [random.uniform(-0.2, 1) * width, random.uniform(-0.2, 1) * wallHeight];
  const gain = Math.exp(random.uniform(-1.2, 0.9));
  const last = Math.min(wallHeight - 1, Math.ceil(y + h));
  for (let v = Math.max(0, Math.floor(y)); v <= last; v++) {
    for (let u = Math.max(0, Math.floor(x)); u <= Math.min(width - 1, Math.ceil(x + w)); u++) {
      const inside = Math.min(u - x + 1, x + w - u + 1, v - y + 1, y + h - v + 1) / 2;
      const share = inside > 1 ? 1 : inside < 0 ? 0 : inside;
      out[v * width + u] = out[v * width + u]! * (1 + (gain - 1) * share);
    }
  }
}
