/** Transforms of places: crops, turns and coarser pixels. */
import { ArgumentError } from "../../core/index.ts";
import type { SensorSize } from "../columns.ts";
import { defineTransform, IDENTITY, mapping, pixelsOf, ROW, retiming, type Step } from "./define.ts";

const SIDES = {
  width: { type: "integer", min: 1, max: 65536, unit: "px", help: "width of the result" },
  height: { type: "integer", min: 1, max: 65536, unit: "px", help: "height of the result" },
} as const;

/**
 * The middle of the sensor, from floor((W − width) / 2) and likewise for rows (`CenterCrop` of [Lenz2021]). A side longer
 * than the sensor's leaves a border without events.
 */
export const centerCrop = defineTransform({
  name: "centerCrop",
  summary: "keeps the middle of the sensor",
  options: SIDES,
  size: (_, { width, height }) => ({ width, height }),
  start: (sensor, size) =>
    shifted(size, Math.floor((sensor.width - size.width) / 2), Math.floor((sensor.height - size.height) / 2)),
});

/** A region of the sensor at a place that is drawn (`RandomCrop` of [Lenz2021]). */
export const randomCrop = defineTransform({
  name: "randomCrop",
  summary: "keeps a region of the sensor at a place that is drawn",
  options: SIDES,
  size(sensor, size) {
    for (const side of ["width", "height"] as const) {
      if (size[side] > sensor[side]) {
        throw new ArgumentError(`randomCrop: expected ${side} of ${sensor[side]} or less, got ${size[side]}`);
      }
    }
    return size;
  },
  start(sensor, size, random) {
    const left = random().integer(0, sensor.width - size.width + 1);
    return shifted(size, left, random().integer(0, sensor.height - size.height + 1));
  },
});

/**
 * Turns the picture about its middle ((W − 1) / 2, (H − 1) / 2), clockwise as it is seen. Each pixel goes to the one that
 * holds its turned middle,
 *
 *   x' = round(c_x + cos φ (x − c_x) − sin φ (y − c_y)),   y' = round(c_y + sin φ (x − c_x) + cos φ (y − c_y))
 *
 * so that some pixels of the result are left without events and others get those of two. What falls off is left out.
 */
export const rotate = defineTransform({
  name: "rotate",
  summary: "turns the picture about its middle",
  options: {
    angleDeg: { type: "number", default: 0, unit: "°", help: "angle, clockwise as it is seen" },
    spreadDeg: {
      type: "number",
      default: 0,
      min: 0,
      unit: "°",
      help: "up to this is added, drawn from -spread to spread",
    },
  },
  start(sensor, { angleDeg, spreadDeg }, random) {
    const angle = angleDeg + (spreadDeg > 0 ? random().uniform(-spreadDeg, spreadDeg) : 0);
    const [cos, sin] = turn(angle);
    const cx = (sensor.width - 1) / 2;
    const cy = (sensor.height - 1) / 2;
    return looked(
      placesOf("rotate", sensor, (x, y) => [
        cx + cos * (x - cx) - sin * (y - cy),
        cy + sin * (x - cx) + cos * (y - cy),
      ]),
      sensor,
    );
  },
});

/**
 * Multiplies places and times with factors and rounds down: x' = floor(f x), t' = floor(f_t t) (`Downsample` of [Lenz2021]).
 * Drops nothing. The sensor has as many pixels as its last one needs.
 */
export const downsample = defineTransform({
  name: "downsample",
  summary: "multiplies places and times with factors",
  options: {
    spatialFactor: { type: "number", default: 1, min: 1 / 65536, max: 65536, help: "factor of x and y" },
    timeFactor: { type: "number", default: 1, min: 0, help: "factor of times" },
  },
  size({ width, height }, { spatialFactor }) {
    const size = { width: scaled(width, spatialFactor), height: scaled(height, spatialFactor) };
    if (Math.max(size.width, size.height) > 65536) {
      throw new ArgumentError(
        `downsample: expected a spatialFactor that keeps sides within 65536, got ${spatialFactor}`,
      );
    }
    return size;
  },
  start(_, { spatialFactor: f, timeFactor }) {
    const place = f === 1 ? IDENTITY : mapping((_t, x, y) => Math.floor(y * f) * ROW + Math.floor(x * f));
    const time = retiming("downsample", (t) => Math.floor(t * timeFactor));
    return {
      *add(events) {
        for (const placed of place.add(events)) yield* time.add(placed);
      },
    };
  },
});

/**
 * For every pixel of a sensor the place that it goes to, `y · ROW + x`, or -1 where it falls off.
 *
 * @param to - where a pixel's middle goes, in pixels; not-a-number falls off
 * @throws ArgumentError if the sensor has too many pixels
 */
export function placesOf(
  where: string,
  sensor: SensorSize,
  to: (x: number, y: number) => readonly [number, number],
): Float64Array {
  const { width, height } = sensor;
  const places = new Float64Array(pixelsOf(where, sensor));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = to(x, y);
      const column = Math.floor(u + 0.5);
      const row = Math.floor(v + 0.5);
      const inside = column >= 0 && column < width && row >= 0 && row < height;
      places[y * width + x] = inside ? row * ROW + column : -1;
    }
  }
  return places;
}

/** A step that moves events as {@link placesOf} says. */
export function looked(places: Float64Array, { width }: SensorSize): Step {
  return mapping((_, x, y) => (x < width ? (places[y * width + x] ?? -1) : -1));
}

function shifted({ width, height }: SensorSize, left: number, top: number): Step {
  return mapping((_, x, y) => {
    const column = x - left;
    const row = y - top;
    return column < 0 || column >= width || row < 0 || row >= height ? -1 : row * ROW + column;
  });
}

/** Cosine and sine of an angle in degrees, exact where that is a multiple of 90. */
function turn(degrees: number): readonly [number, number] {
  const quarters = (((degrees / 90) % 4) + 4) % 4;
  if (Number.isInteger(quarters))
    return (
      [
        [1, 0],
        [0, 1],
        [-1, 0],
        [0, -1],
      ] as const
    )[quarters as 0 | 1 | 2 | 3];
  const radians = (degrees * Math.PI) / 180;
  return [Math.cos(radians), Math.sin(radians)];
}

function scaled(side: number, factor: number): number {
  return Math.floor((side - 1) * factor) + 1;
}
