/** What learned triangulation learns from. */
import { affine, clamp, mul, sqrt, square, sub, sum } from "../autograd/index.ts";
import { ShapeError, show, sizeOf } from "../core/index.ts";
import { type Tensor, tensor } from "../tensor/index.ts";

/**
 * Mean distance of the joints that are known, in their unit: the MPJPE that it is measured by [Pavllo2019, §3]. Distances below
 * a thousandth of a unit count as that.
 *
 * @param found - what `TemporalTriangulation` tells, `[T, B, J, 3]`
 * @param truth - as many numbers; not a number where a joint is not known
 * @throws ShapeError
 */
export function triangulationLoss(found: Tensor, truth: ArrayLike<number>): Tensor {
  if (truth.length !== sizeOf(found.shape)) {
    throw new ShapeError(
      `triangulationLoss: expected joints ${show(found.shape)}, got ${truth.length} numbers`,
    );
  }
  const joints = truth.length / 3;
  const known = Float64Array.from({ length: joints }, (_, j) =>
    Number([0, 1, 2].every((k) => !Number.isNaN(truth[3 * j + k]))),
  );
  const wanted = Float64Array.from(truth, (value, i) => (known[Math.floor(i / 3)] === 0 ? 0 : value));
  const squares = sum(square(sub(found, tensor(wanted, found.shape))), [found.shape.length - 1]);
  const distances = mul(sqrt(clamp(squares, 1e-6, Infinity)), tensor(known, squares.shape));
  return affine(
    sum(distances),
    1 /
      Math.max(
        1,
        known.reduce((a, b) => a + b, 0),
      ),
  );
}
