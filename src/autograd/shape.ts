/** Operations that move numbers without changing them. */
import { backend } from "../backend/index.ts";
import { ArgumentError, dims, type Shape, ShapeError, show, sizeOf } from "../core/index.ts";
import { scope, Tensor } from "../tensor/index.ts";
import { recordOne } from "./tape.ts";

/** The same numbers under another shape; one size may be −1 and is worked out. @throws ShapeError */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const known = shape.reduce((total, size) => (size === -1 ? total : total * size), 1);
  const out = x.view(shape.map((size) => (size === -1 ? x.size / known : size)));
  return recordOne(out, [x], (g) => [g.view(x.shape)]);
}

/**
 * Axes in another order: axis i of the result is axis `axes[i]` of `x`.
 * @throws ArgumentError when `axes` is not a permutation
 */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  if (axes.length !== x.shape.length || x.shape.some((_, i) => !axes.includes(i))) {
    throw new ArgumentError(`permute: expected an order of ${x.shape.length} axes, got ${show(axes)}`);
  }
  const out = permuted(x, axes);
  const back = axes.map((_, i) => axes.indexOf(i));
  return recordOne(out, [x], (g) => [permuted(g, back)]);
}

function permuted(x: Tensor, axes: readonly number[]): Tensor {
  const out = Tensor.empty(
    axes.map((axis) => x.shape[axis]!),
    { spikeLevels: x.spikeLevels },
  );
  backend().permute(out.data, x.data, x.shape, axes);
  return out;
}

/** Entries `from` … `to` − 1 of one axis. @throws ArgumentError when out of range */
export function slice(x: Tensor, axis: number, from: number, to: number): Tensor {
  const size = x.shape[axis];
  if (size === undefined || !(0 <= from && from <= to && to <= size)) {
    throw new ArgumentError(
      `slice: expected 0 ≤ from ≤ to ≤ size of axis ${axis}, got ${from}…${to} of ${show(x.shape)}`,
    );
  }
  const inner = sizeOf(x.shape.slice(axis + 1));
  const outer = sizeOf(x.shape.slice(0, axis));
  const length = (to - from) * inner;
  const shape = x.shape.map((s, i) => (i === axis ? to - from : s));
  const out = Tensor.empty(shape, { spikeLevels: x.spikeLevels });
  backend().copyBlocks(out.data, 0, length, x.data, from * inner, size * inner, outer, length, false);
  return recordOne(out, [x], (g) => {
    const dx = Tensor.empty(x.shape);
    dx.data.fill(0);
    backend().copyBlocks(dx.data, from * inner, size * inner, g.data, 0, length, outer, length, false);
    return [dx];
  });
}

/**
 * Rows of a table in the order of `indices`, with repetition; the gradient of a row is the sum over its repetitions.
 *
 * @param table - `[R, C]`
 * @param indices - N whole numbers in 0 … R − 1
 * @returns `[N, C]`
 * @throws ShapeError, ArgumentError
 */
export function rows(table: Tensor, indices: ArrayLike<number>): Tensor {
  const { R, C } = dims("rows", "R C", table.shape) as { R: number; C: number };
  const out = Tensor.empty([indices.length, C], { spikeLevels: table.spikeLevels });
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i]!;
    if (!(Number.isInteger(row) && row >= 0 && row < R)) {
      throw new ArgumentError(`rows: expected indices in 0…${R - 1}, got ${row} at ${i}`);
    }
    for (let c = 0; c < C; c++) out.data[i * C + c] = table.data[row * C + c]!;
  }
  return recordOne(out, [table], (g) => {
    const dx = Tensor.empty(table.shape);
    dx.data.fill(0);
    for (let i = 0; i < indices.length; i++) {
      for (let c = 0; c < C; c++) dx.data[indices[i]! * C + c]! += g.data[i * C + c]!;
    }
    return [dx];
  });
}

/** Joins tensors along an axis; all other sizes must agree. @throws ShapeError, ArgumentError */
export function concat(parts: readonly Tensor[], axis: number): Tensor {
  const first = parts[0];
  if (first === undefined) throw new ArgumentError("concat: expected at least one tensor, got none");
  if (first.shape[axis] === undefined) {
    throw new ArgumentError(`concat: expected an axis of ${show(first.shape)}, got ${axis}`);
  }
  for (const part of parts) {
    if (
      part.shape.length !== first.shape.length ||
      part.shape.some((s, i) => i !== axis && s !== first.shape[i])
    ) {
      throw new ShapeError(
        `concat: expected shapes that agree but on axis ${axis}, got ${show(first.shape)} and ${show(part.shape)}`,
      );
    }
  }
  const inner = sizeOf(first.shape.slice(axis + 1));
  const outer = sizeOf(first.shape.slice(0, axis));
  const total = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
  const spiking = parts.every((part) => part.spikeLevels > 0);
  const out = Tensor.empty(
    first.shape.map((s, i) => (i === axis ? total : s)),
    { spikeLevels: spiking ? Math.max(...parts.map((part) => part.spikeLevels)) : 0 },
  );
  const starts: number[] = [];
  let start = 0;
  for (const part of parts) {
    const length = part.shape[axis]! * inner;
    backend().copyBlocks(out.data, start, total * inner, part.data, 0, length, outer, length, false);
    starts.push(start);
    start += length;
  }
  return recordOne(out, parts, (g) =>
    parts.map((part, i) => {
      const length = part.shape[axis]! * inner;
      const dx = Tensor.empty(part.shape);
      backend().copyBlocks(dx.data, 0, length, g.data, starts[i]!, total * inner, outer, length, false);
      return dx;
    }),
  );
}

/** Joins tensors of one shape along a new axis. @throws ShapeError */
export function stack(parts: readonly Tensor[], axis = 0): Tensor {
  return concat(
    parts.map((part) => reshape(part, [...part.shape.slice(0, axis), 1, ...part.shape.slice(axis)])),
    axis,
  );
}

/**
 * Pads images `[…, H, W, C]` by `padding` on each side with one constant a channel (zeros if left out). The constants
 * take no gradient.
 */
export function pad(x: Tensor, padding: number, values?: Tensor): Tensor {
  const [height, width, channels] = x.shape.slice(-3) as [number, number, number];
  const lead = x.shape.slice(0, -3);
  const images = sizeOf(lead);
  const out = Tensor.empty([...lead, height + 2 * padding, width + 2 * padding, channels]);
  backend().pad(out.data, x.data, values?.data ?? null, images, height, width, channels, padding);
  return recordOne(out, [x], (g) => {
    const axis = x.shape.length - 3;
    return [
      scope(() => slice(slice(g, axis, padding, padding + height), axis + 1, padding, padding + width)),
    ];
  });
}
