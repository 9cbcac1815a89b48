/** Body-part masks as runs of equal pixels. */
import { ShapeError } from "../core/index.ts";

/**
 * Masks of one size, row by row from the top left: `parts[r]` (0 background, j + 1 the bone of joint j) stands in the
 * next `runs[r]` pixels. Mask k is made of the runs from `starts[k]` up to `starts[k + 1]`.
 */
export type PartMasks = {
  readonly width: number;
  readonly height: number;
  /** Times, `[M]`, microseconds. */
  readonly times: Int32Array;
  /** `[M + 1]` */
  readonly starts: Int32Array;
  /** `[R]` */
  readonly parts: Uint8Array;
  /** `[R]` */
  readonly runs: Int32Array;
};

/** A growing list of masks. */
export class PartMaskWriter {
  readonly #width: number;
  readonly #height: number;
  readonly #times: number[] = [];
  readonly #starts: number[] = [0];
  readonly #parts: number[] = [];
  readonly #runs: number[] = [];

  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
  }

  /**
   * Adds a mask.
   *
   * @param mask - part of each pixel, `[H, W]`
   * @throws ShapeError if it is of another size
   */
  add(tUs: number, mask: Uint8Array): void {
    if (mask.length !== this.#width * this.#height) {
      throw new ShapeError(
        `PartMaskWriter: expected ${this.#width * this.#height} pixels, got ${mask.length}`,
      );
    }
    for (let from = 0; from < mask.length;) {
      const part = mask[from]!;
      let to = from + 1;
      while (to < mask.length && mask[to] === part) to++;
      this.#parts.push(part);
      this.#runs.push(to - from);
      from = to;
    }
    this.#times.push(tUs);
    this.#starts.push(this.#parts.length);
  }

  /** All masks so far. */
  finish(): PartMasks {
    return {
      width: this.#width,
      height: this.#height,
      times: Int32Array.from(this.#times),
      starts: Int32Array.from(this.#starts),
      parts: Uint8Array.from(this.#parts),
      runs: Int32Array.from(this.#runs),
    };
  }
}

/** Part of each pixel of mask k, `[H, W]`. */
export function partMask({ width, height, starts, parts, runs }: PartMasks, k: number): Uint8Array {
  const out = new Uint8Array(width * height);
  let at = 0;
  for (let r = starts[k]!; r < starts[k + 1]!; r++) out.fill(parts[r]!, at, (at += runs[r]!));
  return out;
}

/**
 * Checks masks that were read.
 *
 * Calls `fail` if a run is empty, runs do not fill a mask, or a part is above `most`
 */
export function checkPartMasks(masks: PartMasks, most: number, fail: (what: string) => never): void {
  const { width, height, times, starts, parts, runs } = masks;
  if (starts.length !== times.length + 1 || starts[0] !== 0 || starts.at(-1) !== runs.length) {
    fail(`expected the starts of ${times.length} masks of ${runs.length} runs, got others`);
  }
  if (parts.length !== runs.length) fail(`expected ${runs.length} parts, got ${parts.length}`);
  for (let k = 0; k < times.length; k++) {
    let pixels = 0;
    for (let r = starts[k]!; r < starts[k + 1]!; r++) {
      if (runs[r]! < 1 || parts[r]! > most) fail(`expected runs of parts up to ${most}, got run ${r}`);
      pixels += runs[r]!;
    }
    if (pixels !== width * height) fail(`expected mask ${k} of ${width * height} pixels, got ${pixels}`);
  }
}
