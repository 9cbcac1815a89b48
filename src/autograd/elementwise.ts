/** Element-wise operations with broadcasting, as NumPy and PyTorch broadcast. */
import { backend, type BinaryOp, type Broadcast, type UnaryOp } from "../backend/index.ts";
import { type Shape, ShapeError, show, sizeOf, stridesOf } from "../core/index.ts";
import { Tensor } from "../tensor/index.ts";
import { recordOne } from "./tape.ts";

/** a + b. Shapes broadcast. @throws ShapeError */
export function add(a: Tensor, b: Tensor): Tensor {
  const out = binary("add", a, b);
  return recordOne(out, [a, b], (g) => [
    wanted(a, () => sumTo(g, a.shape)),
    wanted(b, () => sumTo(g, b.shape)),
  ]);
}

/** a − b. Shapes broadcast. @throws ShapeError */
export function sub(a: Tensor, b: Tensor): Tensor {
  const out = binary("sub", a, b);
  return recordOne(out, [a, b], (g) => [
    wanted(a, () => sumTo(g, a.shape)),
    wanted(b, () => sumTo(unary("neg", g), b.shape)),
  ]);
}

/** a · b, element by element. Shapes broadcast. @throws ShapeError */
export function mul(a: Tensor, b: Tensor): Tensor {
  const out = binary("mul", a, b);
  return recordOne(out, [a, b], (g) => [
    wanted(a, () => sumTo(binary("mul", g, b), a.shape)),
    wanted(b, () => sumTo(binary("mul", g, a), b.shape)),
  ]);
}

/** a / b, element by element. Shapes broadcast. @throws ShapeError */
export function div(a: Tensor, b: Tensor): Tensor {
  const out = binary("div", a, b);
  return recordOne(out, [a, b], (g) => [
    wanted(a, () => sumTo(binary("div", g, b), a.shape)),
    wanted(b, () => sumTo(unary("neg", binary("div", binary("mul", g, out), b)), b.shape)),
  ]);
}

/** scale·x + shift with constants. */
export function affine(x: Tensor, scale: number, shift = 0): Tensor {
  const out = Tensor.empty(x.shape);
  backend().affine(out.data, x.data, scale, shift);
  return recordOne(out, [x], (g) => [scaled(g, scale)]);
}

/** x itself; its gradient is multiplied by `factor`. */
export function scaleGradient(x: Tensor, factor: number): Tensor {
  return recordOne(x.view(x.shape), [x], (g) => [scaled(g, factor)]);
}

/** x limited to [low, high]; the gradient is 0 outside. */
export function clamp(x: Tensor, low: number, high: number): Tensor {
  const out = Tensor.empty(x.shape);
  backend().clamp(out.data, x.data, low, high);
  return recordOne(out, [x], (g) => {
    const dx = Tensor.empty(x.shape);
    for (let i = 0; i < dx.data.length; i++) {
      dx.data[i] = x.data[i]! < low || x.data[i]! > high ? 0 : g.data[i]!;
    }
    return [dx];
  });
}

/** −x */
export function neg(x: Tensor): Tensor {
  return recordOne(unary("neg", x), [x], (g) => [unary("neg", g)]);
}

/** |x|; gradient 0 at 0. */
export function abs(x: Tensor): Tensor {
  return recordOne(unary("abs", x), [x], (g) => {
    const dx = Tensor.empty(x.shape);
    for (let i = 0; i < dx.data.length; i++) dx.data[i] = Math.sign(x.data[i]!) * g.data[i]!;
    return [dx];
  });
}

/** x² */
export function square(x: Tensor): Tensor {
  return recordOne(unary("square", x), [x], (g) => [binary("mul", scaled(g, 2), x)]);
}

/** √x, for x > 0. */
export function sqrt(x: Tensor): Tensor {
  const out = unary("sqrt", x);
  return recordOne(out, [x], (g) => [binary("div", scaled(g, 0.5), out)]);
}

/** eˣ */
export function exp(x: Tensor): Tensor {
  const out = unary("exp", x);
  return recordOne(out, [x], (g) => [binary("mul", g, out)]);
}

/** Natural logarithm, for x > 0. */
export function log(x: Tensor): Tensor {
  return recordOne(unary("log", x), [x], (g) => [binary("div", g, x)]);
}

/** sin x */
export function sin(x: Tensor): Tensor {
  return recordOne(unary("sin", x), [x], (g) => [binary("mul", g, unary("cos", x))]);
}

/** cos x */
export function cos(x: Tensor): Tensor {
  return recordOne(unary("cos", x), [x], (g) => [unary("neg", binary("mul", g, unary("sin", x)))]);
}

/** arccos x, for −1 < x < 1; gradient −1/√(1 − x²). */
export function acos(x: Tensor): Tensor {
  return recordOne(unary("acos", x), [x], (g) => {
    const dx = Tensor.empty(x.shape);
    for (let i = 0; i < dx.data.length; i++) dx.data[i] = -g.data[i]! / Math.sqrt(1 - x.data[i]! ** 2);
    return [dx];
  });
}

/** max(x, 0); gradient 0 at 0. */
export function relu(x: Tensor): Tensor {
  const out = unary("relu", x);
  return recordOne(out, [x], (g) => {
    const dx = Tensor.empty(x.shape);
    for (let i = 0; i < dx.data.length; i++) dx.data[i] = out.data[i]! > 0 ? g.data[i]! : 0;
    return [dx];
  });
}

/** 1/(1 + e⁻ˣ) */
export function sigmoid(x: Tensor): Tensor {
  const out = unary("sigmoid", x);
  return recordOne(out, [x], (g) => {
    const dx = Tensor.empty(x.shape);
    for (let i = 0; i < dx.data.length; i++) dx.data[i] = g.data[i]! * out.data[i]! * (1 - out.data[i]!);
    return [dx];
  });
}

/** 1/x */
export function reciprocal(x: Tensor): Tensor {
  const out = unary("reciprocal", x);
  return recordOne(out, [x], (g) => [unary("neg", binary("mul", g, unary("square", out)))]);
}

/**
 * The shape that two shapes broadcast to.
 * @throws ShapeError where sizes differ and neither is 1
 */
export function broadcastShape(a: Shape, b: Shape): number[] {
  const length = Math.max(a.length, b.length);
  return Array.from({ length }, (_, i) => {
    const x = a[a.length - length + i] ?? 1;
    const y = b[b.length - length + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new ShapeError(`broadcast: expected shapes that agree or are 1, got ${show(a)} and ${show(b)}`);
    }
    return x === 1 ? y : x;
  });
}

/** Sums a gradient over the axes that a broadcast repeated. Returns the gradient itself where none was. */
export function sumTo(gradient: Tensor, shape: Shape): Tensor {
  if (show(gradient.shape) === show(shape)) return gradient;
  let sizes: number[] = [...gradient.shape];
  let sum = gradient;
  for (let axis = 0; axis < sizes.length; axis++) {
    const want = shape[axis - (sizes.length - shape.length)] ?? 1;
    if (want === sizes[axis]) continue;
    const outer = sizeOf(sizes.slice(0, axis));
    const inner = sizeOf(sizes.slice(axis + 1));
    const next = Tensor.empty([...sizes.slice(0, axis), 1, ...sizes.slice(axis + 1)]);
    backend().sum(next.data, sum.data, outer, sizes[axis]!, inner);
    if (sum !== gradient) sum.dispose();
    sum = next;
    sizes = [...next.shape];
  }
  return sum.view(shape);
}

function wanted(input: Tensor, gradient: () => Tensor): Tensor | null {
  return input.requiresGrad ? gradient() : null;
}

function scaled(x: Tensor, factor: number): Tensor {
  const out = Tensor.empty(x.shape);
  backend().affine(out.data, x.data, factor, 0);
  return out;
}

function unary(op: UnaryOp, x: Tensor): Tensor {
  const out = Tensor.empty(x.shape);
  backend().unary(op, out.data, x.data);
  return out;
}

function binary(op: BinaryOp, a: Tensor, b: Tensor): Tensor {
  const shape = broadcastShape(a.shape, b.shape);
  const out = Tensor.empty(shape);
  const same = a.size === out.size && b.size === out.size;
  backend().binary(op, out.data, a.data, b.data, same ? null : broadcastOf(shape, a.shape, b.shape));
  return out;
}

function broadcastOf(shape: Shape, a: Shape, b: Shape): Broadcast {
  return { shape, a: broadcastStrides(a, shape), b: broadcastStrides(b, shape) };
}

/** Strides over `to` of numbers of the shape `from`: 0 along the axes that are repeated. */
function broadcastStrides(from: Shape, to: Shape): number[] {
  const strides = stridesOf(from);
  const lead = to.length - from.length;
  return to.map((_, axis) => (axis < lead || from[axis - lead] === 1 ? 0 : strides[axis - lead]!));
}
