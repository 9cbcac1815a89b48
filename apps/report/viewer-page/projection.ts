/**
 * From events to the screen. The space is a box about the origin: time runs along X, up is Y, the sensor's columns run
 * along Z, so that an eye at the start of time sees the picture as the sensor did. The longer side of the sensor is 1.
 */
import type { ViewState } from "./state.ts";

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
