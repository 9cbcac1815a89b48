/** Windows in space and time over a clip, and what tells their tokens apart [Liu2022]. */
import { concat, permute, reshape, slice } from "../autograd/index.ts";
import { ArgumentError } from "../core/index.ts";
import { type Tensor, tensor } from "../tensor/index.ts";

/** Sizes along time, height and width. */
export type Extent3 = readonly [number, number, number];

/** Axes of `[T, B, H, W, C]` that windows cut. */
const AXES = [0, 2, 3] as const;

/** How a clip is cut. */
export type WindowPlan = {
  /** Tokens of a clip. */
  readonly sizes: Extent3;
  /** Tokens of a window: no more than the clip has. */
  readonly window: Extent3;
  /** By how much the clip is turned first: 0 where one window is as large as the clip. */
  readonly shift: Extent3;
};

/**
 * Windows of a clip.
 * @param shifted - whether they lie half a window later
 * @throws ArgumentError when they do not divide the clip
 */
export function planWindows(sizes: Extent3, window: Extent3, shifted: boolean): WindowPlan {
  const fitting = sizes.map((size, i) => Math.min(size, window[i]!)) as unknown as Extent3;
  sizes.forEach((size, i) => {
    if (size % fitting[i]! !== 0) {
      throw new ArgumentError(
        `windows: expected tokens that divide into windows of ${window.join("×")}, got ${sizes.join("×")}`,
      );
    }
  });
  const shift = fitting.map((size, i) => (shifted && size < sizes[i]! ? size >> 1 : 0));
  return { sizes, window: fitting, shift: shift as unknown as Extent3 };
}

/** Turns the clip and cuts it: `[T, B, H, W, C]` → `[B, windows, tokens, C]`. */
export function toWindows(x: Tensor, { sizes, window, shift }: WindowPlan): Tensor {
  const turned = AXES.reduce((u, axis, i) => turn(u, axis, shift[i]!), x);
  const [[t, h, w], [T, H, W]] = [window, sizes];
  const [B, C] = [x.shape[1]!, x.shape[4]!];
  const cut = reshape(turned, [T / t, t, B, H / h, h, W / w, w, C]);
  return reshape(permute(cut, [2, 0, 3, 5, 1, 4, 6, 7]), [B, -1, t * h * w, C]);
}

/** The inverse of {@link toWindows}. */
export function fromWindows(x: Tensor, { sizes, window, shift }: WindowPlan): Tensor {
  const [[t, h, w], [T, H, W]] = [window, sizes];
  const [B, C] = [x.shape[0]!, x.shape[3]!];
  const cut = reshape(x, [B, T / t, H / h, W / w, t, h, w, C]);
  const joined = reshape(permute(cut, [1, 4, 0, 2, 5, 3, 6, 7]), [T, B, H, W, C]);
  return AXES.reduce((u, axis, i) => turn(u, axis, shift[i]! === 0 ? 0 : sizes[i]! - shift[i]!), joined);
}

/** Brings entry `by` of an axis to its start, and those before it to its end. */
function turn(x: Tensor, axis: number, by: number): Tensor {
  if (by === 0) return x;
  return concat([slice(x, axis, by, x.shape[axis]!), slice(x, axis, 0, by)], axis);
}

/** Added to the score of tokens that only turning the clip brought together. */
const APART = -100;

/**
 * Biases that keep apart what turning the clip brought together, `[windows, 1, tokens, tokens]`; null where nothing is
 * turned. Along each axis tokens that came from the start of the clip are apart from all others.
 */
export function windowMask({ sizes, window, shift }: WindowPlan): Tensor | null {
  if (shift.every((by) => by === 0)) return null;
  const [t, h, w] = window;
  const counts = sizes.map((size, i) => size / window[i]!) as [number, number, number];
  const tokens = t * h * w;
  const windows = counts[0] * counts[1] * counts[2];
  const values = new Float32Array(windows * tokens * tokens);
  const regions = new Uint8Array(tokens);
  for (let n = 0; n < windows; n++) {
    const at = [
      Math.floor(n / (counts[1] * counts[2])),
      Math.floor(n / counts[2]) % counts[1],
      n % counts[2],
    ];
    const wrapped = (axis: number, place: number) =>
      at[axis]! * window[axis]! + place >= sizes[axis]! - shift[axis]! ? 1 : 0;
    for (let i = 0; i < tokens; i++) {
      const places = [Math.floor(i / (h * w)), Math.floor(i / w) % h, i % w];
      regions[i] = places.reduce((code, place, axis) => 2 * code + wrapped(axis, place), 0);
    }
    for (let i = 0; i < tokens; i++) {
      for (let j = 0; j < tokens; j++) {
        if (regions[i] !== regions[j]) values[(n * tokens + i) * tokens + j] = APART;
      }
    }
  }
  return tensor(values, [windows, 1, tokens, tokens]);
}

/** Rows of a table of relative places: as many as differences along each axis. */
export function relativePlaces(window: Extent3): number {
  return window.reduce((product, size) => product * (2 * size - 1), 1);
}

/**
 * For each pair of tokens of a window the row of their relative place in a table for windows of size `full`.
 * @param window - no larger than `full` along any axis
 */
export function relativeIndices(window: Extent3, full: Extent3): Uint32Array {
  const [t, h, w] = window;
  const tokens = t * h * w;
  const indices = new Uint32Array(tokens * tokens);
  const place = (i: number) => [Math.floor(i / (h * w)), Math.floor(i / w) % h, i % w];
  for (let i = 0; i < tokens; i++) {
    const a = place(i);
    for (let j = 0; j < tokens; j++) {
      const b = place(j);
      indices[i * tokens + j] = full.reduce(
        (row, size, axis) => row * (2 * size - 1) + (a[axis]! - b[axis]! + size - 1),
        0,
      );
    }
  }
  return indices;
}
