/** What stands behind the person: a painted panorama that shifts as the camera turns. */
import { type Random } from "../core/index.ts";
import type { SensorSize } from "../events/index.ts";
import { createPanel, type Panel } from "./background-kernel.ts";
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
  readonly #margin: number;
  readonly #paint: Float32Array;
  /** The part of the panorama about the picture, with a pixel more on each side, and what it is drawn to. */
  readonly #panel: Panel;
  #panelLeft = NaN;

  /**
   * @param sensor - size of the picture
   * @param horizon - row of the picture in which floor and wall meet; may lie outside
   * @param random - source of the painting, by the style's seed
   * @param isPlain - whether to draw without the kernel, with the same result; for tests
   */
  constructor(style: BackgroundStyle, sensor: SensorSize, horizon: number, random: Random, isPlain = false) {
    this.#sensor = sensor;
    this.#width = sensor.width * SPAN;
    this.#margin = sensor.height >> 2;
    const height = sensor.height + 2 * this.#margin;
    this.#paint = paint(style, this.#width, height, horizon + this.#margin, random);
    this.#panel = createPanel(sensor.width, sensor.height, height + 1, isPlain);
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
    const left = (this.#width - width) / 2 - shiftX;
    const top = Math.min(2 * this.#margin - 1e-6, Math.max(0, this.#margin - shiftY));
    const [x0, y0] = [Math.floor(left), Math.floor(top)];
    const panel = this.#panel;
    const slack = (panel.stride - panel.width) >> 1;
    // The panel is filled anew only where the camera has turned further than its slack.
    if (!(x0 >= this.#panelLeft && x0 + panel.width < this.#panelLeft + panel.stride)) {
      this.#panelLeft = x0 - slack;
      this.#fill();
    }
    panel.draw(x0 - this.#panelLeft, y0, left - x0, top - y0);
    if (panel.width === width) {
      frame.set(panel.picture);
      return;
    }
    for (let v = 0; v < height; v++) {
      frame.set(panel.picture.subarray(v * panel.width, v * panel.width + width), v * width);
    }
  }

  #fill(): void {
    const { stride, paint: out } = this.#panel;
    const rows = this.#paint.length / this.#width;
    for (let u = 0; u < stride; u++) {
      const from = mirror(this.#panelLeft + u, this.#width);
      // The row below the last is the last.
      for (let v = 0; v <= rows; v++) {
        out[v * stride + u] = this.#paint[Math.min(v, rows - 1) * this.#width + from]!;
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
  const clouds = new Float64Array(width);
  const stripes = Float64Array.from({ length: width }, (_, u) =>
    Math.max(-1, Math.min(1, period * 0.5 * (Math.abs(((u / period) % 1) - 0.5) - 0.25))),
  );
  for (let v = 0; v < height; v++) {
    const onFloor = v > horizon;
    // Distance on the floor grows as the row nears the horizon, so its texture shrinks in both directions.
    const near = (v - horizon) / height + 0.04;
    const fade = Math.min(1, (v - horizon) / (0.1 * height));
    if (!onFloor && style.texture !== 0) noise.fractalRow(9 / height, (9 * v) / height, 0.5, 4, clouds);
    for (let u = 0; u < width; u++) {
      if (onFloor) {
        // Most floors are plain, and the noise is what painting takes time for.
        const cloud =
          style.floorTexture === 0
            ? 0
            : noise.fractal(((u - width / 2) / width) * (1.2 / near), 0.6 / near, 5.5, 3) - 0.5;
        out[v * width + u] = style.floor * (1 + 2 * style.floorTexture * fade * cloud);
      } else {
        const cloud = style.texture === 0 ? 0 : clouds[u]! - 0.5;
        const level = style.top + ((style.foot - style.top) * v) / wallHeight;
        out[v * width + u] = level * (1 + 2 * style.texture * cloud) * (1 + style.stripes * stripes[u]!);
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
