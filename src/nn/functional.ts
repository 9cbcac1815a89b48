/** Functions without parameters that dense networks are made of. */
import { add, affine, concat, relu, reshape, slice, stack } from "../autograd/index.ts";
import type { Tensor } from "../tensor/index.ts";

/** x where it is positive, `slope`·x elsewhere; at 0 the gradient is `slope`. */
export function leakyRelu(x: Tensor, slope: number): Tensor {
  return add(affine(relu(x), 1 - slope), affine(x, slope));
}

/** Maps `[..., H, W, C]` at twice the size: bilinear, pixel centres aligned (align_corners = false). */
export function doubled(x: Tensor): Tensor {
  const axes = x.shape.length;
  return doubledAlong(doubledAlong(x, axes - 3), axes - 2);
}

/** Twice as many entries along an axis: each lies a quarter of a step from its nearest old one. */
function doubledAlong(x: Tensor, axis: number): Tensor {
  const size = x.shape[axis]!;
  const first = slice(x, axis, 0, 1);
  const last = slice(x, axis, size - 1, size);
  const before = size === 1 ? x : concat([first, slice(x, axis, 0, size - 1)], axis);
  const after = size === 1 ? x : concat([slice(x, axis, 1, size), last], axis);
  const near = affine(x, 0.75);
  const pairs = stack([add(near, affine(before, 0.25)), add(near, affine(after, 0.25))], axis + 1);
  return reshape(pairs, [...x.shape.slice(0, axis), 2 * size, ...x.shape.slice(axis + 1)]);
}
