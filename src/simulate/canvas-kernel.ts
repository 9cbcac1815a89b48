/** Making a canvas, in the memory of the kernel that draws on it. */
import type { SensorSize } from "../events/index.ts";
import { type Brushes, type Canvas, EDGE_STRIDE, LENS, PROJECTED_STRIDE } from "./canvas.ts";
import { renderer as base64 } from "./generated/renderer.ts";
import { instantiate, kernelOf } from "./kernel.ts";
import { plainBrushes } from "./plain-canvas.ts";
import { MATERIAL_STRIDE } from "./shading.ts";

/** Pixels above which a memory of the kernel may not hold the picture. */
const MOST_PIXELS = 2 ** 25;

const kernelModule = /* @__PURE__ */ kernelOf(base64);

/** What needs room on a canvas beside the picture. */
export type CanvasRoom = {
  readonly capsules: number;
  readonly materials: number;
  readonly lamps: number;
  readonly lattice: number;
  /** Fragments of outlines. */
  readonly edges: number;
};

/**
 * Makes a canvas, and what draws on it: the kernel, or its twin in plain TypeScript where the engine lacks SIMD or memory.
 * Both give the same bits.
 *
 * @param isPlain - whether to take the twin in plain TypeScript in any case, which is for tests
 */
export function createCanvas(
  sensor: SensorSize,
  room: CanvasRoom,
  isPlain = false,
): { canvas: Canvas; brushes: Brushes } {
  const { width, height } = sensor;
  const pixels = width * height;
  // A crease may be looked for beyond the ends of a row.
  const margin = 4 * (Math.ceil(Math.max(width, height) / 4) + 4);
  const columns = Array<number>(7).fill(4 * (pixels + 2 * margin));
  const records = [
    4 * room.capsules * PROJECTED_STRIDE,
    4 * room.materials * MATERIAL_STRIDE,
    4 * (LENS.lamps + 1 + 4 * room.lamps),
    4 * room.lattice,
    256,
    4 * room.edges * EDGE_STRIDE,
  ];
  const module = isPlain || pixels > MOST_PIXELS ? undefined : kernelModule();
  const { buffer, places, exports } = instantiate(module, [...columns, ...records]);
  const column = (k: number) => new Float32Array(buffer, places[k]! + 4 * margin, pixels);
  const record = (k: number) => new Float32Array(buffer, places[7 + k], records[k]! / 4);
  const canvas: Canvas = {
    sensor,
    depth: column(0),
    owner: new Int32Array(buffer, places[1]! + 4 * margin, pixels),
    normalX: column(2),
    normalY: column(3),
    roundX: column(4),
    roundY: column(5),
    frame: column(6),
    capsules: record(0),
    materials: record(1),
    lens: record(2),
    lattice: record(3),
    edges: record(5),
    edgeIntegers: new Int32Array(buffer, places[12], records[5]! / 4),
    look: undefined,
  };
  if (exports === undefined) return { canvas, brushes: plainBrushes(canvas) };
  const kernel = exports as Brushes & { place(...places: number[]): void };
  kernel.place(width, height, ...places.slice(0, 7).map((at) => at + 4 * margin), ...places.slice(7));
  return { canvas, brushes: kernel };
}
