/** Sums and means over axes, softmax over the last. */
import { backend } from "../backend/index.ts";
import { ArgumentError, show, sizeOf } from "../core/index.ts";
import { Tensor } from "../tensor/index.ts";
import { affine } from "./elementwise.ts";
import { recordOne } from "./tape.ts";

/**
 * Sum over axes (all by default), which vanish from the shape.
 * @throws ArgumentError when an axis does not exist
 */
export function sum(x: Tensor, axes: readonly number[] = x.shape.map((_, i) => i)): Tensor {
  let result = x;
  for (const axis of [...axes].sort((a, b) => b - a)) result = sumAxis(result, axis);
  return result;
}

/** Mean over axes (all by default), which vanish from the shape. */
export function mean(x: Tensor, axes: readonly number[] = x.shape.map((_, i) => i)): Tensor {
  const count = axes.reduce((total, axis) => total * (x.shape[axis] ?? 1), 1);
  return affine(sum(x, axes), 1 / count);
}

function sumAxis(x: Tensor, axis: number): Tensor {
  const size = x.shape[axis];
  if (size === undefined) throw new ArgumentError(`sum: expected an axis of ${show(x.shape)}, got ${axis}`);
  const outer = sizeOf(x.shape.slice(0, axis));
  const inner = sizeOf(x.shape.slice(axis + 1));
  const out = Tensor.empty(x.shape.filter((_, i) => i !== axis));
  backend().sum(out.data, x.data, outer, size, inner);
  return recordOne(out, [x], (g) => {
    const dx = Tensor.empty(x.shape);
    for (let k = 0; k < size; k++) {
      backend().copyBlocks(dx.data, k * inner, size * inner, g.data, 0, inner, outer, inner, false);
    }
    return [dx];
  });
}

/**
 * Largest entry along one axis, which vanishes from the shape; the first of equals takes the gradient.
 * @throws ArgumentError when the axis does not exist or is empty
 */
export function max(x: Tensor, axis: number): Tensor {
  const size = x.shape[axis];
  if (size === undefined || size === 0) {
    throw new ArgumentError(`max: expected an axis of ${show(x.shape)} with entries, got ${axis}`);
  }
  const inner = sizeOf(x.shape.slice(axis + 1));
  const out = Tensor.empty(
    x.shape.filter((_, i) => i !== axis),
    { spikeLevels: x.spikeLevels },
  );
  const chosen = new Uint32Array(out.size);
  for (let i = 0; i < out.size; i++) {
    const first = Math.floor(i / inner) * size * inner + (i % inner);
    let best = first;
    for (let k = 1; k < size; k++) {
      const at = first + k * inner;
      if (x.data[at]! > x.data[best]!) best = at;
    }
    chosen[i] = best;
    out.data[i] = x.data[best]!;
  }
  return recordOne(out, [x], (g) => {
    const dx = Tensor.empty(x.shape);
    dx.data.fill(0);
    for (let i = 0; i < chosen.length; i++) dx.data[chosen[i]!] = g.data[i]!;
    return [dx];
  });
}

/** Softmax over the last axis. */
export function softmax(x: Tensor): Tensor {
  const n = x.shape.at(-1) ?? 1;
  const out = Tensor.empty(x.shape);
  backend().softmax(out.data, x.data, x.size / n, n);
  return recordOne(out, [x], (g) => {
    const dx = Tensor.empty(x.shape);
    backend().softmaxGrad(dx.data, out.data, g.data, x.size / n, n);
    return [dx];
  });
}

/** Logarithm of the softmax over the last axis. */
export function logSoftmax(x: Tensor): Tensor {
  const n = x.shape.at(-1) ?? 1;
  const out = Tensor.empty(x.shape);
  backend().logSoftmax(out.data, x.data, x.size / n, n);
  return recordOne(out, [x], (g) => {
    const dx = Tensor.empty(x.shape);
    backend().logSoftmaxGrad(dx.data, out.data, g.data, x.size / n, n);
    return [dx];
  });
}
