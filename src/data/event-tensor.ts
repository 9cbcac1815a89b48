/** Representations of events as tensors. */
import type { Shape } from "../core/index.ts";
import { type Tensor, tensor } from "../tensor/index.ts";

/**
 * A dense representation as a tensor. One of 0 and 1 alone becomes a tensor of spikes, for which operations choose
 * event-driven kernels; anything else one of real numbers.
 *
 * @param grid - values, row-major, and their shape: `CountGrid`, `BinaryVoxelGrid` and the like, or what `toFrame` gives
 * @param options - `batch`: makes `[T, 1, C, H, W]`, as models take it, of `[T, C, H, W]`; false by default
 * @returns a tensor of its own; the values are copied
 * @throws ShapeError if there are not as many values as the shape has
 */
export function toTensor(
  { values, shape }: { readonly values: Float32Array; readonly shape: Shape },
  { batch = false } = {},
): Tensor {
  const [steps = 1, ...rest] = shape;
  const spikeLevels = values.every((value) => value === 0 || value === 1) ? 1 : 0;
  return tensor(values, batch ? [steps, 1, ...rest] : shape, { spikeLevels });
}
