/** Maps as tokens that attend to each other. */
import { permute, reshape } from "../autograd/index.ts";
import { dims } from "../core/index.ts";
import type { Tensor } from "../tensor/index.ts";

/** The tokens that attend to each other in one pass. */
export type Extent = "joint" | "spatial" | "temporal";

/** Orders of the axes T, B, N, A, D that bring the attending tokens next to D. */
const orders: Record<Extent, readonly number[]> = {
  joint: [1, 3, 0, 2, 4],
  spatial: [0, 1, 3, 2, 4],
  temporal: [1, 2, 3, 0, 4],
};

/** `[T, B, H, W, C]` → `[groups, tokens, D]`; heads are contiguous groups of D channels. */
export function toTokens(x: Tensor, heads: number, extent: Extent): Tensor {
  const { T, B, H, W, C } = dims("attention", "T B H W C", x.shape) as Record<
    "T" | "B" | "H" | "W" | "C",
    number
  >;
  const split = reshape(x, [T, B, H * W, heads, C / heads]);
  const tokens = { joint: T * H * W, spatial: H * W, temporal: T }[extent];
  return reshape(permute(split, orders[extent]), [-1, tokens, C / heads]);
}

/** The inverse of {@link toTokens}. */
export function fromTokens(x: Tensor, shape: readonly number[], heads: number, extent: Extent): Tensor {
  const [T, B, H, W, C] = shape as [number, number, number, number, number];
  const order = orders[extent];
  const sizes = [T, B, H * W, heads, C / heads];
  const split = reshape(
    x,
    order.map((axis) => sizes[axis]!),
  );
  const back = order.map((_, axis) => order.indexOf(axis));
  return reshape(permute(split, back), shape);
}
