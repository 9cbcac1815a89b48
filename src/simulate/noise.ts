/** Smooth random fields, tabulated so that looking one up is cheap. */
import type { Random } from "../core/index.ts";

const SIDE = 32;
const MASK = SIDE - 1;
/** How far the field of each octave lies from that of the one before, so that their lattices do not coincide. */
const [SHIFT_X, SHIFT_Y] = [Math.fround(7.3), Math.fround(3.1)];

const round = Math.fround;

/** A random field over space that repeats every 32 units: values in [0, 1], trilinear between lattice points. */
export class NoiseField {
  /** Values at the lattice points, `[32, 32, 32]`, x fastest. */
  readonly lattice = new Float32Array(SIDE ** 3);

  constructor(random: Random) {
    for (let i = 0; i < this.lattice.length; i++) this.lattice[i] = random.uniform();
  }

  /**
   * Value at a point, lattice units; the point may be anywhere within ±2²³. Coordinates are taken as 32-bit floats, and
   * every operation is rounded to them.
   */
  at(x: number, y: number, z: number): number {
    const field = this.lattice;
    // No destructuring here: the engine makes the arrays, and this is called for every pixel of the body.
    const i = Math.floor(x);
    const j = Math.floor(y);
    const k = Math.floor(z);
    const fx = ease(round(x - i));
    const fy = ease(round(y - j));
    const fz = ease(round(z - k));
    const x0 = i & MASK;
    const x1 = (i + 1) & MASK;
    const y0 = (j & MASK) << 5;
    const y1 = ((j + 1) & MASK) << 5;
    const z0 = (k & MASK) << 10;
    const z1 = ((k + 1) & MASK) << 10;
    const a = mix(field[x0 | y0 | z0]!, field[x1 | y0 | z0]!, fx);
    const b = mix(field[x0 | y1 | z0]!, field[x1 | y1 | z0]!, fx);
    const c = mix(field[x0 | y0 | z1]!, field[x1 | y0 | z1]!, fx);
    const d = mix(field[x0 | y1 | z1]!, field[x1 | y1 | z1]!, fx);
    return mix(mix(a, b, fy), mix(c, d, fy), fz);
  }

  /** Sum of `octaves` fields, each of twice the frequency and half the weight of the one before; in [0, 1]. */
  fractal(x: number, y: number, z: number, octaves: number): number {
    let [sum, weight, total, scale] = [0, 1, 0, 1];
    for (let o = 0; o < octaves; o++) {
      const across = round(round(x * scale) + round(o * SHIFT_X));
      const down = round(round(y * scale) + round(o * SHIFT_Y));
      sum = round(sum + weight * this.at(across, down, round(z * scale)));
      total += weight;
      weight /= 2;
      scale *= 2;
    }
    return round(sum / total);
  }

  /**
   * `fractal` at the points (k · step, y, z) for all places k of `out`, which is overwritten: as y and z are the same for
   * all, their share of the work is done once for each column of the lattice. In 64-bit arithmetic.
   */
  fractalRow(step: number, y: number, z: number, octaves: number, out: Float64Array): void {
    const column = new Float64Array(SIDE);
    out.fill(0);
    let [weight, total, scale] = [1, 0, 1];
    for (let o = 0; o < octaves; o++) {
      const [across, down, deep] = [o * SHIFT_X, y * scale + o * SHIFT_Y, z * scale];
      const [j, k] = [Math.floor(down), Math.floor(deep)];
      const [fy, fz] = [down - j, deep - k];
      const [shareY, shareZ] = [fy * fy * (3 - 2 * fy), fz * fz * (3 - 2 * fz)];
      const [y0, y1] = [(j & MASK) << 5, ((j + 1) & MASK) << 5];
      const [z0, z1] = [(k & MASK) << 10, ((k + 1) & MASK) << 10];
      for (let i = 0; i < SIDE; i++) {
        const near = this.lattice[i | y0 | z0]! * (1 - shareY) + this.lattice[i | y1 | z0]! * shareY;
        const far = this.lattice[i | y0 | z1]! * (1 - shareY) + this.lattice[i | y1 | z1]! * shareY;
        column[i] = weight * (near * (1 - shareZ) + far * shareZ);
      }
      for (let u = 0; u < out.length; u++) {
        const x = u * step * scale + across;
        const i = Math.floor(x);
        const f = x - i;
        const before = column[i & MASK]!;
        out[u] = out[u]! + before + (column[(i + 1) & MASK]! - before) * (f * f * (3 - 2 * f));
      }
      total += weight;
      weight /= 2;
      scale *= 2;
    }
    for (let u = 0; u < out.length; u++) out[u] = out[u]! / total;
  }
}

function ease(f: number): number {
  return round(round(f * f) * round(3 - round(f + f)));
}

function mix(a: number, b: number, f: number): number {
  return round(a + round(round(b - a) * f));
}
