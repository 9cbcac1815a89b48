/** A picture in the making, where a kernel can reach it. */
import type { SensorSize } from "../events/index.ts";
import type { CameraLight, Textures } from "./shading.ts";

/**
 * Numbers of a projected capsule, 32-bit floats; lengths are in pixels unless said:
 *
 * - 0–3: centre of its first sphere (u, v), way to the second
 * - 4, 5: radius of the first, and what the second has more
 * - 6, 7, 8: depth of the first, metres; metres a pixel; way to the second in depth
 * - 9, 10: length in the picture, and its inverse
 * - 11, 23: bend of the solid and its inverse; 12, 13: skew and lean of its surface
 * - 14, 15: direction in the picture; 16, 17: columns a row that its axis goes, and those that it spans to each side
 * - 18: 1 if it is seen end-on; 19–22: left, right, top and bottom pixel
 * - 24–35: rotation and offset that take a point to the rest pose, metres; 36: index of its material
 */
export const PROJECTED_STRIDE = 40;
/** A fragment of an outline: pixel, capsule (both integers), coverage, depth, normal x and y. */
export const EDGE_STRIDE = 6;
/**
 * Numbers of camera and light: centre (u, v) of pixels, inverse focal lengths, focal length, upwards (3), eyes (7, see
 * `Textures.eyes`), light from below, and what comes from above beyond it, number of lamps, lamps of direction (3) and
 * intensity.
 */
export const LENS = { up: 5, eyes: 8, ground: 15, sky: 16, lamps: 17 } as const;

/** What is drawn on, and with what. Columns by pixel have a margin of some pixels on both sides. */
export type Canvas = {
  readonly sensor: SensorSize;
  readonly depth: Float32Array;
  /** Capsule that is seen where the depth is finite. */
  readonly owner: Int32Array;
  readonly normalX: Float32Array;
  readonly normalY: Float32Array;
  readonly roundX: Float32Array;
  readonly roundY: Float32Array;
  /** Linear luminance. */
  readonly frame: Float32Array;
  readonly capsules: Float32Array;
  readonly materials: Float32Array;
  readonly lens: Float32Array;
  readonly lattice: Float32Array;
  readonly edges: Float32Array;
  /** The same bytes as `edges`. */
  readonly edgeIntegers: Int32Array;
  /** What the numbers of materials and light were made of. */
  look: { readonly textures: Textures; readonly light: CameraLight } | undefined;
};

/** What is done with a canvas; kernels/renderer.ts and plain-canvas.ts do it with the same bits. */
export type Brushes = {
  /** Draws a projected capsule after `count` fragments of outlines; returns their new number. */
  rasterise(capsule: number, count: number): number;
  /** Averages normals in a box with those `step` pixels beside, where depths differ by less than `reach`. */
  roundCreases(left: number, right: number, top: number, bottom: number, step: number, reach: number): void;
  /** Colours the pixels of a box that are covered entirely. */
  shade(left: number, right: number, top: number, bottom: number): void;
  /** Blends `count` fragments of outlines, as far as nothing hides them, over what is there. */
  blend(count: number): void;
};
