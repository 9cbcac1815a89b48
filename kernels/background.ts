// A background that shifts: a module of its own, with a memory of its own, in the strict build only.
// src/simulate/plain-background.ts is the same in plain TypeScript and is the truth.

function mix(a: v128, b: v128, f: v128): v128 {
  return f32x4.add(a, f32x4.mul(f32x4.sub(b, a), f));
}

/**
 * Draws `width` × `height` pixels of a painting with rows of `stride` from column `left` and row `top`, moved by the
 * shares `fx` and `fy` of a pixel. `width` is a multiple of four; a column and a row more are read.
 */
export function draw(
  paint: usize,
  stride: usize,
  left: usize,
  top: usize,
  width: usize,
  height: usize,
  fx: f32,
  fy: f32,
  out: usize,
): void {
  const across = f32x4.splat(fx);
  const down = f32x4.splat(fy);
  for (let v: usize = 0; v < height; v++) {
    const row = paint + 4 * ((top + v) * stride + left);
    const below = row + 4 * stride;
    const to = out + 4 * v * width;
    for (let u: usize = 0; u < 4 * width; u += 16) {
      const near = mix(v128.load(row + u), v128.load(below + u), down);
      const next = mix(v128.load(row + u, 4), v128.load(below + u, 4), down);
      v128.store(to + u, mix(near, next, across));
    }
  }
}
