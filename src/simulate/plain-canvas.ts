/** Drawing tapered capsules in plain TypeScript: the truth of kernels/renderer.ts. Operations are rounded to 32 bits. */
import { type Brushes, type Canvas, EDGE_STRIDE, PROJECTED_STRIDE } from "./canvas.ts";
import { irradiance } from "./shading.ts";

const round = Math.fround;
/** Spheres that stand for a capsule seen end-on, whose outline is a single circle. */
const END_ON_STEPS = 6;

/** See `Brushes`. */
export function plainBrushes(canvas: Canvas): Brushes {
  return {
    rasterise: (capsule, count) => rasterise(canvas, capsule, count),
    roundCreases: (...args) => roundCreases(canvas, ...args),
    shade: (...args) => shade(canvas, ...args),
    blend: (count) => blend(canvas, count),
  };
}

function rasterise(canvas: Canvas, c: number, edgeCount: number): number {
  const { depth, owner, normalX, normalY, edges, edgeIntegers } = canvas;
  const { width } = canvas.sensor;
  const p = canvas.capsules.subarray(c * PROJECTED_STRIDE, (c + 1) * PROJECTED_STRIDE);
  const [ua, va, du, dv, ra, dr] = [p[0]!, p[1]!, p[2]!, p[3]!, p[4]!, p[5]!];
  const [az, unit, dw, length, perLength, bend] = [p[6]!, p[7]!, p[8]!, p[9]!, p[10]!, p[11]!];
  const [skew, lean, alongX, alongY, slope, half] = [p[12]!, p[13]!, p[14]!, p[15]!, p[16]!, p[17]!];
  const [endOn, left, right, top, bottom, perBend] = [p[18] !== 0, p[19]!, p[20]!, p[21]!, p[22]!, p[23]!];
  let count = edgeCount;
  for (let v = top; v <= bottom; v++) {
    const ey = round(v - va);
    // The band |across| ≤ reach around the axis bounds the columns of a row.
    const middle = round(ua + round(ey * slope));
    const from = Math.min(right + 1, Math.max(left, Math.ceil(round(middle - half))));
    const to = Math.max(left - 1, Math.min(right, Math.floor(round(middle + half))));
    for (let u = from; u <= to; u++) {
      const ex = round(u - ua);
      const x = round(round(ex * alongX) + round(ey * alongY));
      const y = Math.abs(round(round(ex * alongY) - round(ey * alongX)));
      const ySquare = round(y * y);
      let s = endOn ? (dr > 0 ? 1 : 0) : clamp(round(round(x + round(y * skew)) * perLength));
      let away = round(x - round(s * length));
      let r = round(ra + round(s * dr));
      const outside = round(round(Math.sqrt(round(round(away * away) + ySquare))) - r);
      if (!(outside < 0.5)) continue;
      const isInside = outside <= -0.5;
      if (isInside) {
        if (endOn) {
          s = nearestOfSteps(x, ySquare, length, ra, dr, dw);
        } else {
          const bulge = round(round(ra * dr) + round(x * length));
          const below = round(round(round(ra * ra) - round(x * x)) - ySquare);
          const under = round(round(bulge * bulge) - round(below * bend));
          s = clamp(round(round(round(lean * root(under)) - bulge) * perBend));
        }
        away = round(x - round(s * length));
        r = round(ra + round(s * dr));
      }
      const rise = round(round(round(r * r) - round(away * away)) - ySquare);
      const z = round(az + round(round(round(s * dw) - root(rise)) * unit));
      const pixel = v * width + u;
      const nx = round(round(ex - round(s * du)) / r);
      const ny = round(round(ey - round(s * dv)) / r);
      if (!isInside) {
        const at = EDGE_STRIDE * count++;
        edgeIntegers[at] = pixel;
        edgeIntegers[at + 1] = c;
        edges[at + 2] = 0.5 - outside;
        edges[at + 3] = z;
        edges[at + 4] = nx;
        edges[at + 5] = ny;
      } else if (z < depth[pixel]!) {
        depth[pixel] = z;
        owner[pixel] = c;
        normalX[pixel] = nx;
        normalY[pixel] = ny;
      }
    }
  }
  return count;
}

/** Parameter of the sphere along an end-on capsule whose front is nearest at a point of the picture. */
function nearestOfSteps(
  x: number,
  ySquare: number,
  length: number,
  ra: number,
  dr: number,
  dw: number,
): number {
  let [best, nearest] = [dr > 0 ? 1 : 0, Infinity];
  for (let k = 0; k <= END_ON_STEPS; k++) {
    const s = round(k * round(1 / END_ON_STEPS));
    const away = round(x - round(s * length));
    const r = round(ra + round(s * dr));
    const rise = round(round(round(r * r) - round(away * away)) - ySquare);
    const w = round(round(s * dw) - root(rise));
    if (rise >= 0 && w < nearest) [best, nearest] = [s, w];
  }
  return best;
}

function roundCreases(
  { sensor: { width, height }, depth, normalX, normalY, roundX, roundY }: Canvas,
  left: number,
  right: number,
  top: number,
  bottom: number,
  step: number,
  reach: number,
): void {
  const most = round(reach);
  for (let v = top; v <= bottom; v++) {
    for (let u = left; u <= right; u++) {
      const pixel = v * width + u;
      const z = depth[pixel]!;
      if (z === Infinity) continue;
      let nx = normalX[pixel]!;
      let ny = normalY[pixel]!;
      let count = 1;
      for (let k = 0; k < 4; k++) {
        const beside = k === 0 ? u - step : k === 1 ? u + step : u;
        const over = k === 2 ? v - step : k === 3 ? v + step : v;
        if (beside < 0 || beside >= width || over < 0 || over >= height) continue;
        const other = over * width + beside;
        if (!(Math.abs(round(depth[other]! - z)) < most)) continue;
        nx = round(nx + normalX[other]!);
        ny = round(ny + normalY[other]!);
        count++;
      }
      roundX[pixel] = nx / count;
      roundY[pixel] = ny / count;
    }
  }
}

function shade(canvas: Canvas, left: number, right: number, top: number, bottom: number): void {
  const { depth, owner, roundX, roundY, frame } = canvas;
  const { width } = canvas.sensor;
  for (let v = top; v <= bottom; v++) {
    for (let u = left; u <= right; u++) {
      const i = v * width + u;
      const z = depth[i]!;
      if (z !== Infinity) frame[i] = radiance(canvas, owner[i]!, u, v, z, roundX[i]!, roundY[i]!);
    }
  }
}

function blend(canvas: Canvas, count: number): void {
  const { depth, frame, edges, edgeIntegers } = canvas;
  const { width } = canvas.sensor;
  for (let at = 0; at < EDGE_STRIDE * count; at += EDGE_STRIDE) {
    const pixel = edgeIntegers[at]!;
    const z = edges[at + 3]!;
    if (z > depth[pixel]!) continue;
    const v = Math.floor(pixel / width);
    const u = pixel - v * width;
    const own = radiance(canvas, edgeIntegers[at + 1]!, u, v, z, edges[at + 4]!, edges[at + 5]!);
    const behind = frame[pixel]!;
    frame[pixel] = behind + round(round(own - behind) * edges[at + 2]!);
  }
}

/** Luminance that a point of capsule c sends to the camera. */
function radiance(
  { capsules, lens, look }: Canvas,
  c: number,
  u: number,
  v: number,
  z: number,
  nx: number,
  ny: number,
): number {
  const x = round(round(round(u - lens[0]!) * lens[2]!) * z);
  const y = round(round(round(v - lens[1]!) * lens[3]!) * z);
  const at = c * PROJECTED_STRIDE + 24;
  const rest = (row: number) => {
    const k = at + 3 * row;
    const sum = round(round(x * capsules[k]!) + round(y * capsules[k + 1]!));
    return round(round(sum + round(z * capsules[k + 2]!)) + capsules[at + 9 + row]!);
  };
  const facing = root(round(round(1 - round(nx * nx)) - round(ny * ny)));
  const footprint = round(z / round(lens[4]! * (facing > 0.25 ? facing : 0.25)));
  const { textures, light } = look!;
  const share = textures.reflectance(capsules[at + 12]!, rest(0), rest(1), rest(2), footprint);
  return round(share * irradiance(light, nx, ny, -facing));
}

/** √max(0, x), not-a-number counting as 0. */
function root(x: number): number {
  return round(Math.sqrt(x > 0 ? x : 0));
}

function clamp(share: number): number {
  return share > 1 ? 1 : share > 0 ? share : 0;
}
