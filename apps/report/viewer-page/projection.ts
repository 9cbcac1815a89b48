/**
 * From events to the screen. The space is a box about the origin: time runs along X, up is Y, the sensor's columns run
 * along Z, so that an eye at the start of time sees the picture as the sensor did. The longer side of the sensor is 1.
 */
import type { Eye, ViewState } from "./state.ts";

/** A point of the space. */
export type Point = readonly [number, number, number];

/** A point of the screen, CSS pixels, and its distance from the eye. */
export type Projected = { readonly x: number; readonly y: number; readonly depth: number };

/** Focal length as a multiple of the view's smaller side. */
const FOCAL = 1.9;

/** Half the sides of the box. */
export function halves({ stretch }: Readonly<ViewState>, width: number, height: number): Point {
  const side = Math.max(width, height);
  return [stretch / 2, height / side / 2, width / side / 2];
}

/** Focal length in CSS pixels for a view of a size. */
export function focalOf(width: number, height: number): number {
  return FOCAL * Math.min(width * 0.8, height);
}

/** Projects points of the space; undefined behind the eye. */
export function projector(
  { yaw, pitch, distance, panX, panY }: Readonly<ViewState>,
  width: number,
  height: number,
): (point: Point) => Projected | undefined {
  const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  const focal = focalOf(width, height);
  return ([px, py, pz]) => {
    const ahead = sy * px + cy * pz;
    const depth = distance - (sp * py + cp * ahead);
    if (depth < 0.05) return undefined;
    const scale = focal / depth;
    return {
      x: width / 2 + (cy * px - sy * pz) * scale + panX * height,
      y: height / 2 - (cp * py - sp * ahead) * scale + panY * height,
      depth,
    };
  };
}

/** Room for labels about the box, CSS pixels: left, right, above, below. */
const MARGINS = [96, 28, 22, 56] as const;

/** The eye that sees the whole box from the direction of a state, with room for its labels. */
export function fittingEye(
  state: Readonly<ViewState>,
  sensor: { readonly width: number; readonly height: number },
  width: number,
  height: number,
): Eye {
  const half = halves(state, sensor.width, sensor.height);
  const share = Math.min(1, width / 700);
  const [left, right, above, below] = MARGINS.map((margin) => margin * share) as [
    number,
    number,
    number,
    number,
  ];
  const [roomX, roomY] = [width - left - right, height - above - below];
  const { yaw, pitch } = state;
  const extent = (distance: number) => {
    const project = projector({ ...state, distance, panX: 0, panY: 0 }, width, height);
    const corners = [-1, 1].flatMap((x) =>
      [-1, 1].flatMap((y) => [-1, 1].map((z) => project([x * half[0], y * half[1], z * half[2]]))),
    );
    if (corners.includes(undefined)) return undefined;
    const [xs, ys] = [corners.map((corner) => corner!.x), corners.map((corner) => corner!.y)];
    return { x0: Math.min(...xs), x1: Math.max(...xs), y0: Math.min(...ys), y1: Math.max(...ys) };
  };
  // Farther away everything is smaller: halve the distances between too near and far enough.
  let [near, far] = [0.2, 30];
  for (let i = 0; i < 40; i++) {
    const middle = (near + far) / 2;
    const seen = extent(middle);
    if (seen !== undefined && seen.x1 - seen.x0 <= roomX && seen.y1 - seen.y0 <= roomY) far = middle;
    else near = middle;
  }
  const { x0, x1, y0, y1 } = extent(far)!;
  const [panX, panY] = [left + roomX / 2 - (x0 + x1) / 2, above + roomY / 2 - (y0 + y1) / 2];
  return { yaw, pitch, distance: far, panX: panX / height, panY: panY / height };
}
