/** Tensors made of a name and a shape, so that golden cases need no weight files: hash, generator, then a formula. */
import { hashName, mulberry32, type Shape, sizeOf } from "../../src/core/index.ts";
import { BatchNorm, type Module } from "../../src/nn/index.ts";

/** What a tensor is in a model; decides the formula. */
export type Kind = "weight" | "bias" | "bn_weight" | "bn_bias" | "bn_mean" | "bn_var" | "plif_w";

/** `[substring, gain]`: the first that occurs in a weight's name gives its gain. */
export type GainRules = readonly (readonly [string, number])[];

/** `[substring of the name or "kind:<kind>", scale, offset]`: the first that fits is applied to the value. */
export type AffineRules = readonly (readonly [string, number, number])[];

function drawn(name: string, shape: Shape, valueOf: (u: number) => number): Float32Array {
  const next = mulberry32(hashName(name));
  const values = new Float32Array(sizeOf(shape));
  for (let i = 0; i < values.length; i++) values[i] = valueOf(next());
  return values;
}

/** A filled input: uniform in [low, high), float32. */
export function uniform(name: string, shape: Shape, low = 0, high = 1): Float32Array {
  return drawn(name, shape, (u) => low + (high - low) * u);
}

/** A filled binary input: 1 with probability p. */
export function binary(name: string, shape: Shape, p: number): Float32Array {
  return drawn(name, shape, (u) => (u < p ? 1 : 0));
}

/** The input that a case describes, for example `{"fill": "x#1", "kind": "uniform[-3,3)", "shape": [4, 2]}`. */
export function filledInput(input: {
  readonly fill: string;
  readonly kind: string;
  readonly shape: Shape;
}): Float32Array {
  const { fill, kind, shape } = input;
  const root = Math.sqrt(3);
  if (kind === "uniform [-sqrt3, sqrt3)") return uniform(fill, shape, -root, root);
  if (kind === "uniform[-3,3)") return uniform(fill, shape, -3, 3);
  if (kind === "binary u<0.3") return binary(fill, shape, 0.3);
  throw new Error(`unknown kind of input ${kind}`);
}

/** Numbers of one model tensor, float32. */
export function filled(
  name: string,
  shape: Shape,
  kind: Kind,
  gain: number,
  rules: AffineRules = [],
): Float32Array {
  const bound = Math.sqrt((3 * gain) / sizeOf(shape.slice(1)));
  const formulas: Record<Kind, (u: number) => number> = {
    weight: (u) => (2 * u - 1) * bound,
    bias: (u) => (2 * u - 1) * 0.1,
    bn_weight: (u) => 0.5 + u,
    bn_bias: (u) => (2 * u - 1) * 0.5,
    bn_mean: (u) => (2 * u - 1) * 0.2,
    bn_var: (u) => 0.5 + u,
    plif_w: (u) => (2 * u - 1) * 0.5,
  };
  const rule = rules.find(([key]) => (key.startsWith("kind:") ? key === `kind:${kind}` : name.includes(key)));
  const [, scale, offset] = rule ?? ["", 1, 0];
  const formula = formulas[kind];
  return drawn(name, shape, (u) => offset + scale * formula(u));
}

/** Fills all tensors of a module under the names that `nameOf` gives them. */
export function fillModule(
  module: Module,
  nameOf: (own: string) => string,
  gains: GainRules,
  rules: AffineRules = [],
): void {
  const owners = new Map(module.namedModules());
  for (const [path, tensor] of module.namedTensors()) {
    const name = nameOf(path);
    const gain = gains.find(([key]) => key === "*" || name.includes(key))![1];
    tensor.data.set(filled(name, tensor.shape, kindOf(path, owners), gain, rules));
  }
}

function kindOf(path: string, owners: ReadonlyMap<string, Module>): Kind {
  const cut = path.lastIndexOf(".");
  const property = path.slice(cut + 1);
  const normalises = owners.get(path.slice(0, Math.max(0, cut))) instanceof BatchNorm;
  const kinds: Record<string, Kind> = normalises
    ? { weight: "bn_weight", bias: "bn_bias", runningMean: "bn_mean", runningVariance: "bn_var" }
    : { weight: "weight", bias: "bias", leakLogit: "plif_w" };
  return kinds[property]!;
}
