/** A software renderer for tapered capsules with analytic anti-aliasing. */
import { ArgumentError, ShapeError } from "../core/index.ts";
import type { Intrinsics } from "../body/index.ts";
import type { SensorSize } from "../events/index.ts";
import { type Brushes, type Canvas, EDGE_STRIDE, LENS, PROJECTED_STRIDE } from "./canvas.ts";
import { createCanvas } from "./canvas-kernel.ts";
import { CAPSULE_STRIDE, type PosedCapsules } from "./capsules.ts";
import { type CameraLight, MATERIAL_STRIDE, type Textures } from "./shading.ts";

/** Nearest depth that is drawn, metres. */
const NEAR = 0.2;
/** Distance over which the creases between the capsules of one body are rounded, metres. */
const ROUNDING = 0.025;
/** The same in parts of the picture's height, for a person who fills it: alike in all pictures, so that none jumps. */
const ROUNDING_SHARE = 1 / 80;

/** The part of a camera that the renderer needs, its geometry being in camera coordinates already. */
export type Lens = Pick<Intrinsics, "fx" | "fy" | "cx" | "cy">;

/**
 * Draws posed capsules over a background. Each capsule is projected by its end spheres to a tapered capsule in the
 * picture (exact on the axis; within the capsule perspective is taken as constant), and the nearest point of that
 * solid is found in closed form for each pixel. Pixels whose centre is within half a pixel of an outline are covered
 * in part: they are kept aside and blended over what lies behind, so that outlines move smoothly, without the
 * flicker that an event sensor would see. Pixel (u, v) has its centre at (u + ½, v + ½).
 * What is done pixel by pixel is done in 32-bit arithmetic, with the same bits in every engine.
 */
export class Renderer {
  readonly #sensor: SensorSize;
  readonly #isPlain: boolean;
  #canvas: Canvas | undefined;
  #brushes: Brushes | undefined;
  #textures: Textures | undefined;
  #edgeCount = 0;
  /** First pixel of the rows that hold capsules, and the one after the last. */
  #drawn: readonly [from: number, to: number] = [0, 0];

  /**
   * @param sensor - size of the picture
   * @param isPlain - whether to draw without the kernel, with the same result; for tests
   */
  constructor(sensor: SensorSize, isPlain = false) {
    const pixels = sensor.width * sensor.height;
    if (!(Number.isInteger(pixels) && pixels >= 1 && pixels <= 2 ** 28)) {
      throw new ArgumentError(`Renderer: expected 1…2^28 pixels, got ${sensor.width}×${sensor.height}`);
    }
    this.#sensor = sensor;
    this.#isPlain = isPlain;
  }

  /**
   * Draws into a frame that already holds the background.
   *
   * @param frame - linear luminance, `[H, W]`; overwritten where the person is
   * @throws ShapeError if the frame is not of the renderer's size
   */
  draw(
    capsules: PosedCapsules,
    camera: Lens,
    textures: Textures,
    light: CameraLight,
    frame: Float32Array,
  ): void {
    const { width, height } = this.#sensor;
    if (frame.length !== width * height) {
      throw new ShapeError(`Renderer.draw: expected ${width * height} pixels, got ${frame.length}`);
    }
    const drawn = this.#project(capsules, camera, textures, light);
    const [canvas, brushes] = [this.#canvas!, this.#brushes!];
    canvas.depth.fill(Infinity);
    this.#edgeCount = 0;
    let [left, right, top, bottom] = [width, -1, height, -1];
    for (const c of drawn) {
      const box = c * PROJECTED_STRIDE + 19;
      left = Math.min(left, canvas.capsules[box]!);
      right = Math.max(right, canvas.capsules[box + 1]!);
      top = Math.min(top, canvas.capsules[box + 2]!);
      bottom = Math.max(bottom, canvas.capsules[box + 3]!);
      this.#edgeCount = brushes.rasterise(c, this.#edgeCount);
    }
    const [from, to] = bottom < top ? [0, 0] : [top * width, (bottom + 1) * width];
    this.#drawn = [from, to];
    if (bottom < top) return;
    canvas.frame.set(frame.subarray(from, to), from);
    const step = Math.max(1, Math.round(ROUNDING_SHARE * height));
    brushes.roundCreases(left, right, top, bottom, step, 2 * ROUNDING);
    brushes.shade(left, right, top, bottom);
    brushes.blend(this.#edgeCount);
    frame.set(canvas.frame.subarray(from, to), from);
  }

  /**
   * What each pixel of the last picture shows: the index of the capsule that covers at least half of it, or −1.
   *
   * @param out - `[H, W]`, overwritten
   * @throws ShapeError if it is not of the renderer's size
   */
  owners(out: Int16Array): void {
    const pixels = this.#sensor.width * this.#sensor.height;
    if (out.length !== pixels) {
      throw new ShapeError(`Renderer.owners: expected ${pixels} pixels, got ${out.length}`);
    }
    out.fill(-1);
    if (this.#canvas === undefined) return;
    const { depth, owner, edges, edgeIntegers, roundX: nearest } = this.#canvas;
    // The rounded normals are done with once a picture is drawn; their room serves for the depths.
    nearest.set(depth);
    for (let i = this.#drawn[0]; i < this.#drawn[1]; i++) if (nearest[i] !== Infinity) out[i] = owner[i]!;
    for (let at = 0; at < EDGE_STRIDE * this.#edgeCount; at += EDGE_STRIDE) {
      const pixel = edgeIntegers[at]!;
      const z = edges[at + 3]!;
      if (edges[at + 2]! < 0.5 || z >= nearest[pixel]!) continue;
      nearest[pixel] = z;
      out[pixel] = edgeIntegers[at + 1]!;
    }
  }

  /** Writes what is to be drawn to the canvas; returns the capsules that are in the picture. */
  #project(capsules: PosedCapsules, camera: Lens, textures: Textures, light: CameraLight): number[] {
    const count = capsules.material.length;
    const lamps = light.lights.length / 4;
    for (let edges = this.#canvas === undefined ? 4096 : 0; ;) {
      const canvas = this.#canvasWith(count, textures, lamps, edges);
      const drawn: number[] = [];
      let most = 0;
      for (let c = 0; c < count; c++) {
        const outline = this.#projectCapsule(capsules, c, camera, canvas.capsules);
        if (outline === 0) continue;
        drawn.push(c);
        most += outline;
      }
      if (most * EDGE_STRIDE > canvas.edges.length) {
        edges = 2 * most;
        continue;
      }
      const { fx, fy, cx, cy } = camera;
      const { lens } = canvas;
      lens.set([cx - 0.5, cy - 0.5, 1 / fx, 1 / fy, fx]);
      lens.set(light.up, LENS.up);
      lens.set(textures.eyes(), LENS.eyes);
      lens[LENS.ground] = light.ground;
      lens[LENS.sky] = light.sky - light.ground;
      lens[LENS.lamps] = lamps;
      lens.set(light.lights, LENS.lamps + 1);
      canvas.look = { textures, light };
      return drawn;
    }
  }

  /** The canvas, made anew where it lacks room. */
  #canvasWith(capsules: number, textures: Textures, lamps: number, edges: number): Canvas {
    const old = this.#canvas;
    const fits =
      old !== undefined &&
      old.capsules.length >= capsules * PROJECTED_STRIDE &&
      old.materials.length >= textures.count * MATERIAL_STRIDE &&
      old.lens.length >= LENS.lamps + 1 + 4 * lamps &&
      old.edges.length >= edges * EDGE_STRIDE;
    if (!fits) {
      const room = {
        capsules,
        materials: textures.count,
        lamps,
        lattice: textures.lattice.length,
        edges: Math.max(edges, (old?.edges.length ?? 0) / EDGE_STRIDE),
      };
      const { canvas, brushes } = createCanvas(this.#sensor, room, this.#isPlain);
      [this.#canvas, this.#brushes, this.#textures] = [canvas, brushes, undefined];
    }
    if (textures !== this.#textures) {
      this.#textures = textures;
      textures.pack(this.#canvas!.materials);
      this.#canvas!.lattice.set(textures.lattice);
    }
    return this.#canvas!;
  }

  /** Projects a capsule, see {@link PROJECTED_STRIDE}; returns the fragments that its outline has at most, 0 if unseen. */
  #projectCapsule(
    { data, material }: PosedCapsules,
    c: number,
    { fx, fy, cx, cy }: Lens,
    out: Float32Array,
  ): number {
    const { width, height } = this.#sensor;
    const at = c * CAPSULE_STRIDE;
    const [az, bz, radiusA, radiusB] = [data[at + 2]!, data[at + 5]!, data[at + 6]!, data[at + 7]!];
    if (!(az - radiusA > NEAR && bz - radiusB > NEAR)) return 0;
    const focal = Math.sqrt(fx * fy);
    const ua = (fx * data[at]!) / az + cx - 0.5;
    const va = (fy * data[at + 1]!) / az + cy - 0.5;
    const du = (fx * data[at + 3]!) / bz + cx - 0.5 - ua;
    const dv = (fy * data[at + 4]!) / bz + cy - 0.5 - va;
    const ra = (focal * radiusA) / Math.sqrt(az * az - radiusA * radiusA);
    const dr = (focal * radiusB) / Math.sqrt(bz * bz - radiusB * radiusB) - ra;
    // Depth in the units of the picture, so that the solid keeps its proportions.
    const unit = (az + bz) / (2 * focal);
    const dw = (bz - az) / unit;
    const square = du * du + dv * dv;
    const length = Math.sqrt(square);
    const bend = dr * dr - square;
    const endOn = bend > -0.01 * square - 1e-9;
    const skew = endOn ? 0 : dr / length / Math.sqrt(1 - (dr * dr) / square);
    const lean = endOn ? 0 : dw / Math.sqrt(dw * dw - bend);
    const alongX = length > 0 ? du / length : 1;
    const alongY = length > 0 ? dv / length : 0;
    const top = Math.max(0, Math.ceil(Math.min(va - ra, va + dv - ra - dr) - 0.5));
    const bottom = Math.min(height - 1, Math.floor(Math.max(va + ra, va + dv + ra + dr) + 0.5));
    const left = Math.max(0, Math.ceil(Math.min(ua - ra, ua + du - ra - dr) - 0.5));
    const right = Math.min(width - 1, Math.floor(Math.max(ua + ra, ua + du + ra + dr) + 0.5));
    if (!(top <= bottom && left <= right)) return 0;
    const isSteep = Math.abs(alongY) > 1e-3;
    const slope = isSteep ? alongX / alongY : 0;
    const half = isSteep ? (Math.max(ra, ra + dr) + 0.5) / Math.abs(alongY) + 0.01 : 1e9;
    const to = c * PROJECTED_STRIDE;
    out.set([ua, va, du, dv, ra, dr, az, unit, dw], to);
    [length, length > 0 ? 1 / length : 0, bend, skew, lean, alongX, alongY, slope, half].forEach(
      (value, k) => (out[to + 9 + k] = value),
    );
    [Number(endOn), left, right, top, bottom, endOn ? 0 : 1 / bend].forEach(
      (value, k) => (out[to + 18 + k] = value),
    );
    for (let k = 0; k < 12; k++) out[to + 24 + k] = data[at + 8 + k]!;
    out[to + 36] = material[c]!;
    // A convex curve has two pixels in a row or column on each side; twice that, for good measure.
    return 64 + 8 * (right - left + bottom - top + 2);
  }
}
