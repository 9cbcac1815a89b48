/** Element-wise functions, broadcasts, reductions and moves. */
import { sizeOf, stridesOf } from "../../core/index.ts";
import type { BinaryOp, Broadcast, Floats, UnaryOp } from "../backend.ts";

const unaryFunctions: Record<UnaryOp, (x: number) => number> = {
  neg: (x) => -x,
  abs: Math.abs,
  square: (x) => x * x,
  sqrt: Math.sqrt,
  exp: Math.exp,
  log: Math.log,
  sin: Math.sin,
  cos: Math.cos,
  acos: Math.acos,
  relu: (x) => (x > 0 ? x : 0),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  reciprocal: (x) => 1 / x,
};

const binaryFunctions: Record<BinaryOp, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
};

/** See {@link Backend.unary}. */
export function unary(op: UnaryOp, out: Floats, a: Floats): void {
  const f = unaryFunctions[op];
  for (let i = 0; i < out.length; i++) out[i] = f(a[i]!);
}

/** See {@link Backend.binary}. */
export function binary(op: BinaryOp, out: Floats, a: Floats, b: Floats, broadcast: Broadcast | null): void {
  const f = binaryFunctions[op];
  if (broadcast === null) {
    for (let i = 0; i < out.length; i++) out[i] = f(a[i]!, b[i]!);
    return;
  }
  walk(broadcast.shape, [broadcast.a, broadcast.b], (i, at) => {
    out[i] = f(a[at[0]!]!, b[at[1]!]!);
  });
}

/** Visits a shape in row-major order with the offsets that each stride list gives. */
function walk(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  visit: (i: number, at: number[]) => void,
): void {
  const total = sizeOf(shape);
  const index = shape.map(() => 0);
  const at = strides.map(() => 0);
  for (let i = 0; i < total; i++) {
    visit(i, at);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      strides.forEach((s, k) => (at[k]! += s[axis]!));
      if (index[axis]! < shape[axis]!) break;
      strides.forEach((s, k) => (at[k]! -= s[axis]! * shape[axis]!));
      index[axis] = 0;
    }
  }
}

/** See {@link Backend.permute}. */
export function permute(out: Floats, a: Floats, shape: readonly number[], axes: readonly number[]): void {
  const strides = stridesOf(shape);
  walk(
    axes.map((axis) => shape[axis]!),
    [axes.map((axis) => strides[axis]!)],
    (i, at) => {
      out[i] = a[at[0]!]!;
    },
  );
}

/** See {@link Backend.sum}. */
export function sum(out: Floats, a: Floats, outer: number, axis: number, inner: number): void {
  const totals = new Float64Array(inner);
  for (let o = 0; o < outer; o++) {
    totals.fill(0);
    for (let k = 0; k < axis; k++) {
      const row = (o * axis + k) * inner;
      for (let i = 0; i < inner; i++) totals[i]! += a[row + i]!;
    }
    out.set(totals, o * inner);
  }
}

/** See {@link Backend.copyBlocks}. */
export function copyBlocks(
  out: Floats,
  outOffset: number,
  outStride: number,
  a: Floats,
  aOffset: number,
  aStride: number,
  blocks: number,
  length: number,
  accumulate: boolean,
): void {
  for (let k = 0; k < blocks; k++) {
    const to = outOffset + k * outStride;
    const from = aOffset + k * aStride;
    if (accumulate) for (let i = 0; i < length; i++) out[to + i]! += a[from + i]!;
    else for (let i = 0; i < length; i++) out[to + i] = a[from + i]!;
  }
}

/** See {@link Backend.softmax} and {@link Backend.logSoftmax}. */
export function softmax(out: Floats, a: Floats, rows: number, n: number, logarithm: boolean): void {
  for (let r = 0; r < rows; r++) {
    const row = a.subarray(r * n, (r + 1) * n);
    let peak = -Infinity;
    for (const x of row) peak = Math.max(peak, x);
    let total = 0;
    for (const x of row) total += Math.exp(x - peak);
    const shift = Math.log(total) + peak;
    for (let i = 0; i < n; i++)
      out[r * n + i] = logarithm ? row[i]! - shift : Math.exp(row[i]! - peak) / total;
  }
}

/** See {@link Backend.softmaxGrad} and {@link Backend.logSoftmaxGrad}. */
export function softmaxGrad(
  da: Floats,
  out: Floats,
  dOut: Floats,
  rows: number,
  n: number,
  logarithm: boolean,
): void {
  for (let r = 0; r < rows; r++) {
    let total = 0;
    for (let i = r * n; i < (r + 1) * n; i++) total += logarithm ? dOut[i]! : dOut[i]! * out[i]!;
    for (let i = r * n; i < (r + 1) * n; i++) {
      da[i] = logarithm ? dOut[i]! - Math.exp(out[i]!) * total : out[i]! * (dOut[i]! - total);
    }
  }
}
