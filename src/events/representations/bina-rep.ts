/** Bina-Rep frames: binary frames read as the bits of numbers. */
import { ArgumentError, show } from "../../core/index.ts";
import type { Events } from "../columns.ts";
import type { Grid } from "./frames.ts";
import { GridIndex, type GridOptions, type GridShape } from "./grid.ts";

/** Options of {@link BinaRep}. */
export type BinaRepOptions = Omit<GridOptions, "subBins" | "polarities"> & {
  /** N, the bits of a number, 2 to 24; 8 by default. */
  readonly bits?: number;
};

/**
 * Bina-Rep frames, `[T, P, H, W]` [Barchid2022]: a step is divided into N binary frames b_1 … b_N, which are read as one
 * number, the earliest its highest bit, divided by the largest: Σ 2^(N − i) b_i / (2^N − 1).
 */
export class BinaRep {
  readonly shape: GridShape;
  readonly #index: GridIndex;
  readonly #bits: number;
  readonly #plane: number;
  readonly #codes: Uint32Array;

  /** @throws ArgumentError if an option is out of its range */
  constructor({ bits = 8, ...options }: BinaRepOptions) {
    checkBits("BinaRep", bits);
    this.#index = new GridIndex({ ...options, subBins: bits });
    const [T, , H, W] = this.#index.shape;
    this.shape = [T, 2, H, W];
    this.#bits = bits;
    this.#plane = H * W;
    this.#codes = new Uint32Array(T * 2 * H * W);
  }

  /** Adds the events that lie in the grid; returns how many. */
  add({ t, x, y, on }: Events): number {
    let added = 0;
    for (let i = 0; i < t.length; i++) {
      const at = this.#index.of(t[i]!, x[i]!, y[i]!, on[i]!);
      if (at < 0) continue;
      const plane = Math.floor(at / this.#plane);
      const bin = plane >> 1;
      const bit = bin % this.#bits;
      const to = (2 * ((bin - bit) / this.#bits) + (plane & 1)) * this.#plane + (at % this.#plane);
      this.#codes[to]! |= 1 << (this.#bits - 1 - bit);
      added++;
    }
    return added;
  }

  /** The frames of the events so far, `[T, P, H, W]`, 0 to 1. */
  read(): Float32Array<ArrayBuffer> {
    const largest = 2 ** this.#bits - 1;
    return Float32Array.from(this.#codes, (code) => code / largest);
  }

  /** Starts afresh, at another time if one is given (in µs). */
  clear(startUs = this.#index.startUs): void {
    this.#index.startUs = startUs;
    this.#codes.fill(0);
  }
}

/**
 * Bina-Rep frames of given ones, as the `ToBinaRep` of [Lenz2021]: `[T · bits, P, H, W]` to `[T, P, H, W]`; an element counts
 * as 1 where it is above 0.
 *
 * @throws ArgumentError if `bits` is not 2 to 24, or the frames cannot be divided by it
 */
export function toBinaRep({ values, shape }: Grid, { bits = 8 } = {}): Grid {
  checkBits("toBinaRep", bits);
  const [frames, P, H, W] = shape;
  if (frames % bits !== 0 || values.length !== frames * P * H * W) {
    throw new ArgumentError(
      `toBinaRep: expected frames in groups of ${bits}, got ${show(shape)} and ${values.length} values`,
    );
  }
  const frame = P * H * W;
  const codes = new Float64Array((frames / bits) * frame);
  for (let i = 0; i < values.length; i++) {
    if (!(values[i]! > 0)) continue;
    const k = Math.floor(i / frame);
    codes[Math.floor(k / bits) * frame + (i % frame)]! += 2 ** (bits - 1 - (k % bits));
  }
  const largest = 2 ** bits - 1;
  return { values: Float32Array.from(codes, (code) => code / largest), shape: [frames / bits, P, H, W] };
}

function checkBits(where: string, bits: number): void {
  if (!(Number.isInteger(bits) && bits >= 2 && bits <= 24)) {
    throw new ArgumentError(`${where}: expected bits of 2 to 24, got ${bits}`);
  }
}
