/** Taking the distortion of a lens off. */
import { defineTransform } from "./define.ts";
import { looked, placesOf } from "./geometry.ts";

const ITERATIONS = 100;
/** Largest error of the inverted distortion, in focal lengths: far below a pixel. */
const TOLERANCE = 1e-7;

/** Coefficients of radial (k) and tangential (p) distortion. */
type Distortion = {
  readonly k1: number;
  readonly k2: number;
  readonly p1: number;
  readonly p2: number;
  readonly k3: number;
};

const coefficient = (help: string) => ({ type: "number", default: 0, help }) as const;

/**
 * Moves every event to where a camera without distortion, but of the same focal lengths and centre, would have seen it. In
 * coordinates of the picture plane x = (u − c_x) / f_x, y = (v − c_y) / f_y the lens shows the point (x, y) at
 *
 *   x_d = x (1 + k_1 r² + k_2 r⁴ + k_3 r⁶) + 2 p_1 x y + p_2 (r² + 2 x²),
 *   y_d = y (1 + k_1 r² + k_2 r⁴ + k_3 r⁶) + p_1 (r² + 2 y²) + 2 p_2 x y,   r² = x² + y²
 *
 * [Brown1966]. The inverse is found by fixed-point iteration, once for every pixel; pixels for which it does not exist, or
 * that fall off the sensor, are left out.
 */
export const undistort = defineTransform({
  name: "undistort",
  summary: "takes the distortion of a lens off",
  options: {
    fx: { type: "number", min: 1e-3, unit: "px", help: "focal length along x" },
    fy: { type: "number", min: 1e-3, unit: "px", help: "focal length along y" },
    cx: { type: "number", unit: "px", help: "column of the principal point" },
    cy: { type: "number", unit: "px", help: "row of the principal point" },
    k1: coefficient("radial distortion, of r²"),
    k2: coefficient("radial distortion, of r⁴"),
    p1: coefficient("tangential distortion, along y"),
    p2: coefficient("tangential distortion, along x"),
    k3: coefficient("radial distortion, of r⁶"),
  },
  start(sensor, { fx, fy, cx, cy, ...distortion }) {
    const places = placesOf("undistort", sensor, (u, v) => {
      const [x, y] = invert((u - cx) / fx, (v - cy) / fy, distortion);
      return [x * fx + cx, y * fy + cy];
    });
    return looked(places, sensor);
  },
});

/** The point that a lens shows at (xd, yd), or not-a-number if it is not found. */
function invert(xd: number, yd: number, lens: Distortion): readonly [number, number] {
  let x = xd;
  let y = yd;
  for (let i = 0; i < ITERATIONS; i++) {
    const { radial, dx, dy } = distortion(x, y, lens);
    const errorX = x * radial + dx - xd;
    const errorY = y * radial + dy - yd;
    if (Math.max(Math.abs(errorX), Math.abs(errorY)) <= TOLERANCE && radial > 0) return [x, y];
    x = (xd - dx) / radial;
    y = (yd - dy) / radial;
  }
  return [Number.NaN, Number.NaN];
}

function distortion(x: number, y: number, { k1, k2, p1, p2, k3 }: Distortion) {
  const r2 = x * x + y * y;
  return {
    radial: 1 + r2 * (k1 + r2 * (k2 + r2 * k3)),
    dx: 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
    dy: p1 * (r2 + 2 * y * y) + 2 * p2 * x * y,
  };
}
