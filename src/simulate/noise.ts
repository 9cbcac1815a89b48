/** Smooth random fields, tabulated so that looking one up is cheap. */
import type { Random } from "../core/index.ts";

const SIDE = 32;
const MASK = SIDE - 1;

/** A random field over space that repeats every 32 units: values in [0, 1], trilinear between lattice points. */
export class NoiseField {
  readonly #lattice: Float32Array;

  constructor(random: Random) {
    this.#lattice = Float32Array.from({ length: SIDE ** 3 }, () => random.uniform());
  }

  /** Value at a point, lattice units; the point may be anywhere within ±2³⁰. */
  at(x: number, y: number, z: number): number {
    const field = this.#lattice;
    // No destructuring here: the engine makes the arrays, and this is called for every pixel of the body.
    const i = Math.floor(x);
    const j = Math.floor(y);
    const k = Math.floor(z);
    const fx = ease(x - i);
    const fy = ease(y - j);
    const fz = ease(z - k);
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
      sum += weight * this.at(x * scale + o * 7.3, y * scale + o * 3.1, z * scale);
      total += weight;
      weight /= 2;
      scale *= 2;
    }
    return sum / total;
  }
}

function ease(f: number): number {
  return f * f * (3 - 2 * f);
}

function mix(a: number, b: number, f: number): number {
  return a + (b - a) * f;
}
