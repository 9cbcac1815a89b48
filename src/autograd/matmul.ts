/** Matrix products. */
import { backend, type Gemm } from "../backend/index.ts";
import { dims, ShapeError, show, sizeOf } from "../core/index.ts";
import { Tensor } from "../tensor/index.ts";
import { recordOne } from "./tape.ts";

/**
 * Batched product `op(a) · op(b)` over the last two axes; leading axes must agree.
 *
 * @param a - `[..., M, K]`, or `[..., K, M]` with `transA`
 * @param b - `[..., K, N]`, or `[..., N, K]` with `transB`
 * @returns `[..., M, N]`
 * @throws ShapeError
 */
export function matmul(
  a: Tensor,
  b: Tensor,
  { transA = false, transB = false }: { readonly transA?: boolean; readonly transB?: boolean } = {},
): Tensor {
  const lead = a.shape.slice(0, -2);
  if (show(lead) !== show(b.shape.slice(0, -2))) {
    throw new ShapeError(`matmul: expected equal leading axes, got ${show(a.shape)} and ${show(b.shape)}`);
  }
  const size = dims("matmul", transA ? "... K M" : "... M K", a.shape);
  dims("matmul", transB ? "... N K" : "... K N", b.shape, size);
  const { M: m, N: n, K: k } = size as { M: number; N: number; K: number };
  const batch = sizeOf(lead);
  const product = (shape: readonly number[], x: Tensor, y: Tensor, p: Gemm): Tensor => {
    const out = Tensor.empty(shape);
    backend().gemm(out.data, x.data, y.data, p);
    return out;
  };
  const out = product([...lead, m, n], a, b, { m, n, k, transA, transB, batch });
  return recordOne(out, [a, b], (g) => [
    !a.requiresGrad
      ? null
      : transA
        ? product(a.shape, b, g, { m: k, n: m, k: n, transA: transB, transB: true, batch })
        : product(a.shape, g, b, { m, n: k, k: n, transB: !transB, batch }),
    !b.requiresGrad
      ? null
      : transB
        ? product(b.shape, g, a, { m: n, n: k, k: m, transA: true, transB: transA, batch })
        : product(b.shape, a, g, { m: k, n, k: m, transA: !transA, batch }),
  ]);
}
