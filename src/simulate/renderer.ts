/** A software renderer for tapered capsules with analytic anti-aliasing. */
import { ArgumentError, ShapeError } from "../core/index.ts";
import type { Intrinsics } from "../body/index.ts";
import type { SensorSize } from "../events/index.ts";
import { CAPSULE_STRIDE, type PosedCapsules } from "./capsules.ts";
import { type CameraLight, irradiance, type Textures } from "./shading.ts";

/** Nearest depth that is drawn, metres. */
const NEAR = 0.2;
/** Spheres that stand for a capsule seen end-on, whose outline is a single circle. */
const END_ON_STEPS = 6;

/** Distance over which the creases between the capsules of one body are rounded, metres. */
const ROUNDING = 0.025;

/** The part of a camera that the renderer needs, its geometry being in camera coordinates already. */
export type Lens = Pick<Intrinsics, "fx" | "fy" | "cx" | "cy">;

/**
 * Draws posed capsules over a background. Each capsule is projected by its end spheres to a tapered capsule in the
 * picture (exact on the axis; within the capsule perspective is taken as constant), and the nearest point of that
 * solid is found in closed form for each pixel. Pixels whose centre is within half a pixel of an outline are covered
 * in part: they are kept aside and blended over what lies behind, so that outlines move smoothly, without the
 * flicker that an event sensor would see. Pixel (u, v) has its centre at (u + ½, v + ½).
 */
export class Renderer {
  readonly #sensor: SensorSize;
  readonly #depth: Float32Array;
  readonly #owner: Int16Array;
  readonly #normalX: Float32Array;
  readonly #normalY: Float32Array;
  readonly #roundX: Float32Array;
  readonly #roundY: Float32Array;
  /** Fragments of outlines: pixel, coverage, depth, owner, normal x and y. */
  #edges = new Float64Array(6 * 4096);
  #edgeCount = 0;
  /** Rows and columns that hold a person. */
  #box = { left: 0, right: 0, top: 0, bottom: 0 };

  /** @param sensor - size of the picture */
  constructor(sensor: SensorSize) {
    const pixels = sensor.width * sensor.height;
    if (!(Number.isInteger(pixels) && pixels >= 1 && pixels <= 2 ** 28)) {
      throw new ArgumentError(`Renderer: expected 1…2^28 pixels, got ${sensor.width}×${sensor.height}`);
    }
    this.#sensor = sensor;
    this.#depth = new Float32Array(pixels);
    this.#owner = new Int16Array(pixels);
    this.#normalX = new Float32Array(pixels);
    this.#normalY = new Float32Array(pixels);
    this.#roundX = new Float32Array(pixels);
    this.#roundY = new Float32Array(pixels);
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
    if (frame.length !== this.#depth.length) {
      throw new ShapeError(`Renderer.draw: expected ${this.#depth.length} pixels, got ${frame.length}`);
    }
    this.#depth.fill(Infinity);
    this.#edgeCount = 0;
    this.#box = { left: width, right: 0, top: height, bottom: 0 };
    for (let c = 0; c < capsules.material.length; c++) this.#rasterise(capsules.data, c, camera);
    this.#roundCreases(camera);
    this.#shade(capsules, camera, textures, light, frame);
    this.#blend(capsules, camera, textures, light, frame);
  }

  /**
   * What each pixel of the last picture shows: the index of the capsule that covers at least half of it, or −1.
   *
   * @param out - `[H, W]`, overwritten
   * @throws ShapeError if it is not of the renderer's size
   */
  owners(out: Int16Array): void {
    if (out.length !== this.#depth.length) {
      throw new ShapeError(`Renderer.owners: expected ${this.#depth.length} pixels, got ${out.length}`);
    }
    // The rounded normals are done with once a picture is drawn; their room serves for the depths.
    const nearest = this.#roundX;
    nearest.set(this.#depth);
    const owner = this.#owner;
    for (let i = 0; i < out.length; i++) out[i] = nearest[i] === Infinity ? -1 : owner[i]!;
    const edges = this.#edges;
    for (let at = 0; at < 6 * this.#edgeCount; at += 6) {
      const pixel = edges[at]!;
      const z = edges[at + 2]!;
      if (edges[at + 1]! < 0.5 || z >= nearest[pixel]!) continue;
      nearest[pixel] = z;
      out[pixel] = edges[at + 3]!;
    }
  }

  #rasterise(data: Float64Array, c: number, { fx, fy, cx, cy }: Lens): void {
    const { width, height } = this.#sensor;
    const at = c * CAPSULE_STRIDE;
    const [az, bz, radiusA, radiusB] = [data[at + 2]!, data[at + 5]!, data[at + 6]!, data[at + 7]!];
    if (!(az - radiusA > NEAR && bz - radiusB > NEAR)) return;
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
    const [alongX, alongY] = length > 0 ? [du / length, dv / length] : [1, 0];

    const reach = Math.max(ra, ra + dr) + 0.5;
    const top = Math.max(0, Math.ceil(Math.min(va - ra, va + dv - ra - dr) - 0.5));
    const bottom = Math.min(height - 1, Math.floor(Math.max(va + ra, va + dv + ra + dr) + 0.5));
    const left = Math.max(0, Math.ceil(Math.min(ua - ra, ua + du - ra - dr) - 0.5));
    const right = Math.min(width - 1, Math.floor(Math.max(ua + ra, ua + du + ra + dr) + 0.5));
    if (top > bottom || left > right) return;
    const box = this.#box;
    if (left < box.left) box.left = left;
    if (right > box.right) box.right = right;
    if (top < box.top) box.top = top;
    if (bottom > box.bottom) box.bottom = bottom;

    const [depth, owner, normalX, normalY] = [this.#depth, this.#owner, this.#normalX, this.#normalY];
    for (let v = top; v <= bottom; v++) {
      const ey = v - va;
      // The band |across| ≤ reach around the axis bounds the columns of a row.
      let from = left;
      let to = right;
      if (Math.abs(alongY) > 1e-3) {
        const middle = ua + (ey * alongX) / alongY;
        const half = reach / Math.abs(alongY);
        from = Math.max(from, Math.ceil(middle - half));
        to = Math.min(to, Math.floor(middle + half));
      }
      for (let u = from; u <= to; u++) {
        const ex = u - ua;
        const x = ex * alongX + ey * alongY;
        const y = Math.abs(ex * alongY - ey * alongX);
        let s = endOn ? (dr > 0 ? 1 : 0) : (x + y * skew) / length;
        s = s < 0 ? 0 : s > 1 ? 1 : s;
        let away = x - s * length;
        let r = ra + s * dr;
        const outside = Math.sqrt(away * away + y * y) - r;
        if (outside >= 0.5) continue;
        if (outside <= -0.5) {
          if (endOn) {
            s = nearestOfSteps(x, y, length, ra, dr, dw);
          } else {
            const bulge = ra * dr + x * length;
            const root = bulge * bulge - (ra * ra - x * x - y * y) * bend;
            s = (lean * Math.sqrt(root > 0 ? root : 0) - bulge) / bend;
            s = s < 0 ? 0 : s > 1 ? 1 : s;
          }
          away = x - s * length;
          r = ra + s * dr;
        }
        const rise = r * r - away * away - y * y;
        const z = az + (s * dw - Math.sqrt(rise > 0 ? rise : 0)) * unit;
        const pixel = v * width + u;
        const nx = (ex - s * du) / r;
        const ny = (ey - s * dv) / r;
        if (outside > -0.5) {
          this.#keepEdge(pixel, 0.5 - outside, z, c, nx, ny);
        } else if (z < depth[pixel]!) {
          depth[pixel] = z;
          owner[pixel] = c;
          normalX[pixel] = nx;
          normalY[pixel] = ny;
        }
      }
    }
  }

  /**
   * Averages each normal with those about {@link ROUNDING} to its sides, above and below where the surface goes on,
   * so that capsules that overlap look like one body rather than like a doll of sausages.
   */
  #roundCreases({ fx }: Lens): void {
    const { width, height } = this.#sensor;
    const { left, right, top, bottom } = this.#box;
    const [depth, normalX, normalY] = [this.#depth, this.#normalX, this.#normalY];
    const [roundX, roundY] = [this.#roundX, this.#roundY];
    for (let v = top; v <= bottom; v++) {
      for (let u = left; u <= right; u++) {
        const pixel = v * width + u;
        const z = depth[pixel]!;
        if (z === Infinity) continue;
        const step = Math.max(1, Math.round((ROUNDING * fx) / z));
        let nx = normalX[pixel]!;
        let ny = normalY[pixel]!;
        let count = 1;
        for (let k = 0; k < 4; k++) {
          const beside = k === 0 ? u - step : k === 1 ? u + step : u;
          const over = k === 2 ? v - step : k === 3 ? v + step : v;
          if (beside < 0 || beside >= width || over < 0 || over >= height) continue;
          const other = over * width + beside;
          if (!(Math.abs(depth[other]! - z) < 2 * ROUNDING)) continue;
          nx += normalX[other]!;
          ny += normalY[other]!;
          count++;
        }
        roundX[pixel] = nx / count;
        roundY[pixel] = ny / count;
      }
    }
  }

  #keepEdge(pixel: number, coverage: number, z: number, c: number, nx: number, ny: number): void {
    const at = 6 * this.#edgeCount++;
    if (at === this.#edges.length) {
      const longer = new Float64Array(2 * at);
      longer.set(this.#edges);
      this.#edges = longer;
    }
    const edges = this.#edges;
    edges[at] = pixel;
    edges[at + 1] = coverage;
    edges[at + 2] = z;
    edges[at + 3] = c;
    edges[at + 4] = nx;
    edges[at + 5] = ny;
  }

  #shade(
    capsules: PosedCapsules,
    camera: Lens,
    textures: Textures,
    light: CameraLight,
    frame: Float32Array,
  ): void {
    const { width } = this.#sensor;
    const { left, right, top, bottom } = this.#box;
    for (let v = top; v <= bottom; v++) {
      for (let u = left; u <= right; u++) {
        const pixel = v * width + u;
        const z = this.#depth[pixel]!;
        if (z === Infinity) continue;
        const nx = this.#roundX[pixel]!;
        const ny = this.#roundY[pixel]!;
        frame[pixel] = radiance(capsules, camera, textures, light, this.#owner[pixel]!, u, v, z, nx, ny);
      }
    }
  }

  #blend(
    capsules: PosedCapsules,
    camera: Lens,
    textures: Textures,
    light: CameraLight,
    frame: Float32Array,
  ): void {
    const { width } = this.#sensor;
    const edges = this.#edges;
    for (let at = 0; at < 6 * this.#edgeCount; at += 6) {
      const pixel = edges[at]!;
      const z = edges[at + 2]!;
      if (z > this.#depth[pixel]!) continue;
      const v = Math.floor(pixel / width);
      const u = pixel - v * width;
      const nx = edges[at + 4]!;
      const ny = edges[at + 5]!;
      const own = radiance(capsules, camera, textures, light, edges[at + 3]!, u, v, z, nx, ny);
      frame[pixel] = frame[pixel]! + (own - frame[pixel]!) * edges[at + 1]!;
    }
  }
}

/** Parameter of the sphere along an end-on capsule whose front is nearest at a point of the picture. */
function nearestOfSteps(x: number, y: number, length: number, ra: number, dr: number, dw: number): number {
  let [best, nearest] = [dr > 0 ? 1 : 0, Infinity];
  for (let k = 0; k <= END_ON_STEPS; k++) {
    const s = k / END_ON_STEPS;
    const away = x - s * length;
    const rise = (ra + s * dr) ** 2 - away * away - y * y;
    const w = s * dw - Math.sqrt(rise);
    if (rise >= 0 && w < nearest) [best, nearest] = [s, w];
  }
  return best;
}

/** Luminance that a point of capsule c sends to the camera. */
function radiance(
  { data, material }: PosedCapsules,
  { fx, fy, cx, cy }: Lens,
  textures: Textures,
  light: CameraLight,
  c: number,
  u: number,
  v: number,
  z: number,
  nx: number,
  ny: number,
): number {
  const x = ((u + 0.5 - cx) / fx) * z;
  const y = ((v + 0.5 - cy) / fy) * z;
  const at = c * CAPSULE_STRIDE + 8;
  const restX = data[at]! * x + data[at + 1]! * y + data[at + 2]! * z + data[at + 9]!;
  const restY = data[at + 3]! * x + data[at + 4]! * y + data[at + 5]! * z + data[at + 10]!;
  const restZ = data[at + 6]! * x + data[at + 7]! * y + data[at + 8]! * z + data[at + 11]!;
  const flat = 1 - nx * nx - ny * ny;
  const facing = Math.sqrt(flat > 0 ? flat : 0);
  const footprint = z / (fx * (facing > 0.25 ? facing : 0.25));
  return (
    textures.reflectance(material[c]!, restX, restY, restZ, footprint) * irradiance(light, nx, ny, -facing)
  );
}
