/** Element-wise functions, reductions, moves and optimiser steps: shapes become jobs. */
import { stridesOf } from "../../core/index.ts";
import type { AdamStep, BinaryOp, Broadcast, Floats, SgdStep, UnaryOp } from "../backend.ts";
import { address, type Device } from "./device.ts";
import * as id from "./generated/ids.ts";

/** Numbers of a task of element-wise kernels. */
const GROUP = 16384;

const unaryCodes: Partial<Record<UnaryOp, number>> = {
  neg: 0,
  abs: 1,
  square: 2,
  sqrt: 3,
  relu: 4,
  reciprocal: 5,
};

const binaryCodes: Record<BinaryOp, number> = { add: 0, sub: 1, mul: 2, div: 3 };

function tasksOf(length: number): number {
  return Math.ceil(length / GROUP);
}

/** See `Backend.unary`. Returns false for functions that have no kernel. */
export function unary(device: Device, op: UnaryOp, out: Floats, a: Floats): boolean {
  const code = unaryCodes[op];
  if (code === undefined) return false;
  const length = out.length;
  device.launch(id.UNARY, tasksOf(length), length / 2, [address(out), address(a), length, code]);
  return true;
}

/** See `Backend.clamp`. */
export function clamp(device: Device, out: Floats, a: Floats, low: number, high: number): void {
  const length = out.length;
  device.launch(id.CLAMP, tasksOf(length), length / 2, [address(out), address(a), length], [low, high]);
}

/** See `Backend.affine`. */
export function affine(device: Device, out: Floats, a: Floats, scale: number, shift: number): void {
  const length = out.length;
  device.launch(id.AFFINE, tasksOf(length), length / 2, [address(out), address(a), length], [scale, shift]);
}

/** See `Backend.addScaled`. */
export function addScaled(device: Device, out: Floats, a: Floats, scale: number): void {
  const length = out.length;
  device.launch(id.ADD_SCALED, tasksOf(length), length / 2, [address(out), address(a), length], [scale]);
}

/** See `Backend.binary`. Returns false for shapes of more than 6 axes that do not merge into fewer. */
export function binary(
  device: Device,
  op: BinaryOp,
  out: Floats,
  a: Floats,
  b: Floats,
  broadcast: Broadcast | null,
): boolean {
  const length = out.length;
  const code = binaryCodes[op];
  if (broadcast === null) {
    const ints = [address(out), address(a), address(b), length, code];
    device.launch(id.BINARY, tasksOf(length), length / 2, ints);
    return true;
  }
  const walk = merge(broadcast.shape, [broadcast.a, broadcast.b]);
  if (walk === null) return false;
  const { shape, strides } = walk;
  const rows = length / shape[5]!;
  const group = Math.max(1, Math.floor(GROUP / shape[5]!));
  device.launch(id.BROADCAST, Math.ceil(rows / group), length, [
    address(out),
    address(a),
    address(b),
    code,
    group,
    rows,
    ...shape,
    ...strides[0]!,
    ...strides[1]!,
  ]);
  return true;
}

/** Merges axes that all stride lists walk in one go; pads to 6 axes in front. Null if more than 6 remain. */
function merge(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
): { shape: number[]; strides: number[][] } | null {
  const sizes: number[] = [];
  const steps: number[][] = strides.map(() => []);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis]!;
    if (size === 1) continue;
    const inner = sizes[0];
    const joins = inner !== undefined && steps.every((s, i) => strides[i]![axis] === s[0]! * inner);
    if (joins) sizes[0] = inner * size;
    else {
      sizes.unshift(size);
      steps.forEach((s, i) => s.unshift(strides[i]![axis]!));
    }
  }
  if (sizes.length > 6) return null;
  while (sizes.length < 6) {
    // In front of nothing, an axis of one number that the vector loop walks.
    steps.forEach((s) => s.unshift(sizes.length === 0 ? 1 : 0));
    sizes.unshift(1);
  }
  return { shape: sizes, strides: steps };
}

/** See `Backend.permute`. Returns false for more than 6 axes that do not merge into fewer. */
export function permute(
  device: Device,
  out: Floats,
  a: Floats,
  shape: readonly number[],
  axes: readonly number[],
): boolean {
  const length = out.length;
  if (length === 0) return true;
  const dense = stridesOf(shape);
  const walk = merge(
    axes.map((axis) => shape[axis]!),
    [axes.map((axis) => dense[axis]!)],
  );
  if (walk === null) return false;
  const rows = length / walk.shape[5]!;
  const group = Math.max(1, Math.floor(GROUP / walk.shape[5]!));
  device.launch(id.PERMUTE, Math.ceil(rows / group), length, [
    address(out),
    address(a),
    0,
    0,
    group,
    rows,
    ...walk.shape,
    ...walk.strides[0]!,
  ]);
  return true;
}

/** See `Backend.copyBlocks`. */
export function copyBlocks(
  device: Device,
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
  if (length === 0) return;
  const group = Math.max(1, Math.floor(GROUP / length));
  device.launch(id.COPY_BLOCKS, Math.ceil(blocks / group), (blocks * length) / 2, [
    address(out) + 4 * outOffset,
    outStride,
    address(a) + 4 * aOffset,
    aStride,
    blocks,
    length,
    Number(accumulate),
    group,
  ]);
}

/** See `Backend.countNonZero`. */
export function countNonZero(device: Device, a: Floats): number {
  const tasks = tasksOf(a.length);
  let total = 0;
  device.borrowWords(tasks, (counts) => {
    device.launch(id.COUNT_NON_ZERO, tasks, a.length / 4, [counts.byteOffset, address(a), a.length]);
    for (const count of counts) total += count;
  });
  return total;
}

/** See `Backend.sum`. */
export function sum(
  device: Device,
  out: Floats,
  a: Floats,
  outer: number,
  axis: number,
  inner: number,
): void {
  if (outer * inner === 0) return;
  const length = outer * axis * inner;
  const blocks = inner === 1 ? 1 : Math.ceil(inner / 4096);
  // Long sums are cut into chunks whose number depends on the shape alone.
  const wanted = Math.ceil(Math.min(16, length / (4 * GROUP)) / (outer * blocks));
  const chunkRows = Math.ceil(axis / Math.max(1, wanted)) || 1;
  const chunks = Math.max(1, Math.ceil(axis / chunkRows));
  device.borrow(2 * outer * chunks * inner, (part) => {
    const from = [part.byteOffset, address(a)];
    if (inner === 1) {
      const pieces = outer * chunks;
      const group = Math.max(1, Math.floor(GROUP / chunkRows));
      const ints = [...from, outer, axis, chunks, chunkRows, group, address(out)];
      device.launch(id.SUM_ROWS, Math.ceil(pieces / group), length / 2, ints);
    } else {
      const ints = [...from, axis, inner, chunks, chunkRows, address(out)];
      device.launch(id.SUM, outer * chunks * blocks, length / 2, ints);
    }
    if (chunks === 1) return;
    const totals = new Float64Array(part.buffer, part.byteOffset, outer * chunks * inner);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        let total = 0;
        for (let chunk = 0; chunk < chunks; chunk++) total += totals[(o * chunks + chunk) * inner + i]!;
        out[o * inner + i] = total;
      }
    }
  });
}

/** See `Backend.sgdStep`. */
export function sgdStep(device: Device, w: Floats, g: Floats, velocity: Floats | null, p: SgdStep): void {
  const length = w.length;
  const ints = [address(w), address(g), address(velocity), length, Number(p.nesterov)];
  device.launch(id.SGD_STEP, tasksOf(length), length, ints, [p.rate, p.momentum, p.weightDecay]);
}

/** See `Backend.adamStep`. */
export function adamStep(device: Device, w: Floats, g: Floats, m: Floats, v: Floats, p: AdamStep): void {
  const length = w.length;
  const ints = [address(w), address(g), address(m), address(v), length, Number(p.decoupled)];
  const { beta1, beta2, epsilon, weightDecay, rate, correction1, correction2 } = p;
  const reals = [beta1, beta2, epsilon, weightDecay, rate, correction1, correction2];
  device.launch(id.ADAM_STEP, tasksOf(length), length * 4, ints, reals);
}
