/** A piece of a painting that moves by parts of a pixel, in the memory of the kernel that moves it. */
import { background as base64 } from "./generated/background.ts";
import { instantiate, kernelOf } from "./kernel.ts";

/** Columns on each side by which the painting may move before it has to be filled in anew. */
const SLACK = 64;
/** Pixels above which a memory of the kernel may not hold them. */
const MOST_PIXELS = 2 ** 27;

const kernelModule = /* @__PURE__ */ kernelOf(base64);
const round = Math.fround;

/** A painting and the picture that is taken of it. */
export type Panel = {
  /** Columns of the picture, a multiple of four. */
  readonly width: number;
  /** Columns of the painting. */
  readonly stride: number;
  readonly paint: Float32Array;
  readonly picture: Float32Array;
  /**
   * Draws the picture from a column and a row of the painting, moved by the shares `fx` and `fy` of a pixel, bilinearly in
   * 32-bit arithmetic.
   */
  draw(left: number, top: number, fx: number, fy: number): void;
};

/**
 * @param rows - of the painting
 * @param isPlain - whether to draw without the kernel, with the same bits; for tests
 */
export function createPanel(columns: number, height: number, rows: number, isPlain = false): Panel {
  const width = Math.ceil(columns / 4) * 4;
  const stride = width + 2 * SLACK;
  // Four columns more are read at the end of the last row.
  const sizes = [4 * (rows * stride + 8), 4 * width * height];
  const module = isPlain || rows * stride > MOST_PIXELS ? undefined : kernelModule();
  const { buffer, places, exports } = instantiate(module, sizes);
  const [from = 0, to = 0] = places;
  const paint = new Float32Array(buffer, from, rows * stride);
  const picture = new Float32Array(buffer, to, width * height);
  const kernel = exports as { draw(...args: number[]): void } | undefined;
  return {
    width,
    stride,
    paint,
    picture,
    draw(left, top, fx, fy) {
      if (kernel !== undefined) kernel.draw(from, stride, left, top, width, height, fx, fy, to);
      else drawPlainly(paint, stride, left, top, width, height, fx, fy, picture);
    },
  };
}

/** The same as the kernel in plain TypeScript, and the truth. */
function drawPlainly(
  paint: Float32Array,
  stride: number,
  left: number,
  top: number,
  width: number,
  height: number,
  fx: number,
  fy: number,
  out: Float32Array,
): void {
  const [across, down] = [round(fx), round(fy)];
  for (let v = 0; v < height; v++) {
    const row = (top + v) * stride + left;
    let before = mix(paint[row]!, paint[row + stride]!, down);
    for (let u = 0; u < width; u++) {
      const at = row + u + 1;
      const after = mix(paint[at]!, paint[at + stride]!, down);
      out[v * width + u] = mix(before, after, across);
      before = after;
    }
  }
}

function mix(a: number, b: number, f: number): number {
  return round(a + round(round(b - a) * f));
}
