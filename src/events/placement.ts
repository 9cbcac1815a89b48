/** Where the pixels of a sensor lie in a grid of another size. */
import { ArgumentError } from "../core/index.ts";
import type { SensorSize } from "./columns.ts";
import type { Region } from "./filter.ts";

/**
 * How a sensor is laid on a grid of another shape, centred and without distortion: `"cover"` fills the grid and cuts off
 * what sticks out of it; `"contain"` shows the whole sensor and leaves a border empty.
 */
export type Fit = "cover" | "contain";

/** Options of {@link placement}. */
export type PlacementOptions = {
  readonly sensor: SensorSize;
  /** Size of the grid; that of the region by default. */
  readonly size?: SensorSize;
  /** How the region is laid on the grid; `"cover"` by default. */
  readonly fit?: Fit;
  /** The part of the sensor that counts; all of it by default. */
  readonly region?: Region;
};

/** For each column and row of a sensor the column and row of the grid, or -1 where it lies outside. */
export type Placement = {
  readonly size: SensorSize;
  readonly columns: Int32Array;
  readonly rows: Int32Array;
};

/**
 * Maps pixel centres: `floor((x + 1/2 - centre of the region) · scale + centre of the grid)`, where the scale is the
 * larger (`cover`) or smaller (`contain`) of the two ratios of sides. A grid finer than the sensor leaves pixels empty.
 *
 * @throws ArgumentError if a size or the region is not made of whole, positive pixels
 */
export function placement(options: PlacementOptions): Placement {
  const { sensor } = options;
  const { region, target, scale } = layout(options);
  return {
    size: target,
    columns: along(sensor.width, region.x, region.width, target.width, scale),
    rows: along(sensor.height, region.y, region.height, target.height, scale),
  };
}

/** Places between pixels: pixel i of an axis covers i to i + 1. */
export type PointPlacement = {
  /** A place on the sensor as one on the grid; it may lie outside. */
  readonly toGrid: (u: number, v: number) => readonly [number, number];
  /** The other way. */
  readonly toSensor: (u: number, v: number) => readonly [number, number];
};

/**
 * Maps places as {@link placement} maps pixels: a pixel's place is that of its centre, i + 1/2.
 *
 * @throws ArgumentError as {@link placement}
 */
export function pointPlacement(options: PlacementOptions): PointPlacement {
  const { region, target, scale } = layout(options);
  const [u0, v0] = [region.x + region.width / 2, region.y + region.height / 2];
  const [u1, v1] = [target.width / 2, target.height / 2];
  return {
    toGrid: (u, v) => [(u - u0) * scale + u1, (v - v0) * scale + v1],
    toSensor: (u, v) => [(u - u1) / scale + u0, (v - v1) / scale + v0],
  };
}

function layout({ sensor, region = { x: 0, y: 0, ...sensor }, size, fit = "cover" }: PlacementOptions) {
  const { width, height } = region;
  const target = size ?? { width, height };
  const sides = [sensor.width, sensor.height, width, height, target.width, target.height];
  if (!sides.every((n) => Number.isInteger(n) && n > 0 && n <= 65536)) {
    throw new ArgumentError(`placement: expected sides of 1 to 65536 pixels, got ${sides.join(", ")}`);
  }
  const ratios = [target.width / width, target.height / height] as const;
  return { region, target, scale: fit === "cover" ? Math.max(...ratios) : Math.min(...ratios) };
}

function along(sensor: number, start: number, length: number, target: number, scale: number): Int32Array {
  return Int32Array.from({ length: sensor }, (_, i) => {
    if (i < start || i >= start + length) return -1;
    const at = Math.floor((i - start + 0.5 - length / 2) * scale + target / 2);
    return at >= 0 && at < target ? at : -1;
  });
}
