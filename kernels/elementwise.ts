// Element-wise functions. A task is 16384 numbers. Those with float64 constants are computed in float64 and rounded
// once, as the reference does.
import { at, int, pointer, real } from "./memory";
import { high, loadLanes, low, narrow, storeLanes } from "./lanes";

const GROUP = 16384;

function apply(op: i32, x: v128): v128 {
  switch (op) {
    case 0:
      return f32x4.neg(x);
    case 1:
      return f32x4.abs(x);
    case 2:
      return f32x4.mul(x, x);
    case 3:
      return f32x4.sqrt(x);
    case 4:
      return v128.and(x, f32x4.gt(x, f32x4.splat(0)));
    default:
      return f32x4.div(f32x4.splat(1), x);
  }
}

/** out = f(a), f being 0 neg, 1 abs, 2 square, 3 sqrt, 4 relu, 5 reciprocal. */
export function unary(args: usize, task: i32): void {
  const out = pointer(args, 0);
  const a = pointer(args, 1);
  const op = int(args, 3);
  const end = min(int(args, 2), (task + 1) * GROUP);
  let i = task * GROUP;
  for (; i + 4 <= end; i += 4) v128.store(at(out, i), apply(op, v128.load(at(a, i))));
  for (; i < end; i++) storeLanes(at(out, i), apply(op, loadLanes(at(a, i), false)), false);
}

/** out = min(max(a, low), high) */
export function clamp(args: usize, task: i32): void {
  const out = pointer(args, 0);
  const a = pointer(args, 1);
  const least = f32x4.splat(<f32>real(args, 0));
  const most = f32x4.splat(<f32>real(args, 1));
  const end = min(int(args, 2), (task + 1) * GROUP);
  for (let i = task * GROUP; i < end;) {
    const whole = i + 4 <= end;
    storeLanes(at(out, i), f32x4.min(f32x4.max(loadLanes(at(a, i), whole), least), most), whole);
    i += whole ? 4 : 1;
  }
}

function combineLanes(op: i32, a: v128, b: v128): v128 {
  switch (op) {
    case 0:
      return f32x4.add(a, b);
    case 1:
      return f32x4.sub(a, b);
    case 2:
      return f32x4.mul(a, b);
    default:
      return f32x4.div(a, b);
  }
}

/** out = a ∘ b, ∘ being 0 add, 1 sub, 2 mul, 3 div. */
export function binary(args: usize, task: i32): void {
  const op = int(args, 4);
  const from = task * GROUP;
  const end = min(int(args, 3), from + GROUP);
  binaryRun(
    op,
    at(pointer(args, 0), from),
    at(pointer(args, 1), from),
    at(pointer(args, 2), from),
    1,
    1,
    end - from,
  );
}

/** One run of `count` results; the strides of a and b are 0, 1 or anything. */
function binaryRun(op: i32, out: usize, a: usize, b: usize, strideA: i32, strideB: i32, count: i32): void {
  const vectors = (strideA | strideB) >>> 0 <= 1;
  const stepA = strideA << 4;
  const stepB = strideB << 4;
  let i = 0;
  if (vectors) {
    for (; i + 4 <= count; i += 4) {
      const left = loadLanes(a, strideA == 1);
      const right = loadLanes(b, strideB == 1);
      v128.store(out, combineLanes(op, left, right));
      out += 16;
      a += stepA;
      b += stepB;
    }
  }
  for (; i < count; i++) {
    storeLanes(out, combineLanes(op, v128.load32_splat(a), v128.load32_splat(b)), false);
    out += 4;
    a = at(a, strideA);
    b = at(b, strideB);
  }
}

/**
 * out = a ∘ b over a shape of 6 axes (the first may be 1) with strides of their own, counted in numbers. Task: `group`
 * runs along the last axis.
 */
export function broadcast(args: usize, task: i32): void {
  const out = pointer(args, 0);
  const a = pointer(args, 1);
  const b = pointer(args, 2);
  const op = int(args, 3);
  const group = int(args, 4);
  const rows = int(args, 5);
  const count = int(args, 11);
  const last = min(rows, (task + 1) * group);
  for (let row = task * group; row < last; row++) {
    binaryRun(
      op,
      at(out, row * count),
      at(a, walk(args, row, 12)),
      at(b, walk(args, row, 18)),
      int(args, 17),
      int(args, 23),
      count,
    );
  }
}

/** Offset of run `row`: the shape is in arguments 6 to 11, the strides begin at argument `strides`. */
export function walk(args: usize, row: i32, strides: i32): i32 {
  let offset = 0;
  for (let axis = 4; axis >= 0 && row != 0; axis--) {
    const size = int(args, 6 + axis);
    if (size == 1) continue;
    const rest = row / size;
    offset += (row - rest * size) * int(args, strides + axis);
    row = rest;
  }
  return offset;
}

/** out = scale·a + shift */
export function affine(args: usize, task: i32): void {
  const out = pointer(args, 0);
  const a = pointer(args, 1);
  const scale = f64x2.splat(real(args, 0));
  const shift = f64x2.splat(real(args, 1));
  const end = min(int(args, 2), (task + 1) * GROUP);
  for (let i = task * GROUP; i < end;) {
    const whole = i + 4 <= end;
    const x = loadLanes(at(a, i), whole);
    const lower = f64x2.add(f64x2.mul(low(x), scale), shift);
    const upper = f64x2.add(f64x2.mul(high(x), scale), shift);
    storeLanes(at(out, i), narrow(lower, upper), whole);
    i += whole ? 4 : 1;
  }
}

/** out += scale·a */
export function addScaled(args: usize, task: i32): void {
  const out = pointer(args, 0);
  const a = pointer(args, 1);
  const scale = f64x2.splat(real(args, 0));
  const end = min(int(args, 2), (task + 1) * GROUP);
  for (let i = task * GROUP; i < end;) {
    const whole = i + 4 <= end;
    const x = loadLanes(at(a, i), whole);
    const y = loadLanes(at(out, i), whole);
    const lower = f64x2.add(low(y), f64x2.mul(low(x), scale));
    const upper = f64x2.add(high(y), f64x2.mul(high(x), scale));
    storeLanes(at(out, i), narrow(lower, upper), whole);
    i += whole ? 4 : 1;
  }
}
