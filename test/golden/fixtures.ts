/** Golden cases: descriptions, and the numbers that an independent implementation gave. */
import { readFileSync } from "node:fs";
import type { Shape } from "../../src/core/index.ts";
import { parseSafetensors } from "../../src/io/index.ts";
import type { AffineRules, GainRules, Kind } from "./fill.ts";

type Input = { readonly fill: string; readonly kind: string; readonly shape: Shape };
type StageFigures = {
  readonly shape: Shape;
  readonly mean: number;
  readonly l2: number;
  readonly absmax: number;
};

/** One neuron, its input, and gradients for surrogates with and without a gradient through the reset. */
export type NeuronCase = {
  readonly key: string;
  readonly neuron: "LIF" | "PLIF" | "IF";
  readonly tau: number | null;
  readonly reset: "hard" | "soft";
  readonly decay_input: boolean;
  readonly grads: readonly {
    readonly surrogate: SurrogateKey;
    readonly detach_reset: boolean;
    readonly grad_x: string;
    readonly grad_w?: string;
  }[];
};

export type SurrogateKey = "atan2" | "sigmoid4" | "rect1" | "eq5_c2";

export type BlockCase = {
  readonly key: string;
  readonly block: string;
  readonly bn: "eval" | "train";
  readonly config: { readonly detach_reset: boolean } & Readonly<Record<string, number | boolean | string>>;
  readonly input: Input;
};

export type TinyCase = {
  readonly key: string;
  readonly att_mode: "3D_ham" | "3D_dot" | "2D";
  readonly bn: "eval" | "train";
  readonly surrogate?: "sigmoid4" | "atan2";
  readonly labels?: readonly number[];
  readonly loss?: number;
  readonly input: Input;
  readonly affine_rules: AffineRules;
  readonly stages: Readonly<Record<string, StageFigures>>;
  readonly rates: Readonly<Record<string, number>>;
  readonly logits: readonly (readonly number[])[];
  readonly grad_l2?: Readonly<Record<string, number>>;
  /** Mean and L2 norm. */
  readonly bn_after?: Readonly<Record<string, readonly [number, number]>>;
};

export type FullCase = {
  readonly key: string;
  readonly size: "15M" | "55M";
  readonly params: number;
  readonly in: Shape;
  readonly input: Input;
  readonly affine_rules: AffineRules;
  readonly stages_f64: Readonly<Record<string, StageFigures>>;
  readonly rates_f64: Readonly<Record<string, number>>;
};

/** What the golden files hold, as far as the tests read it. */
export const manifest = JSON.parse(
  readFileSync(new URL("../fixtures/golden/manifest.json", import.meta.url), "utf8"),
) as {
  readonly fillExamples: readonly {
    readonly name: string;
    readonly shape: Shape;
    readonly kind: Kind;
    readonly gain: number | null;
    readonly fnv1a: number;
    readonly first5_u: readonly number[];
    readonly first5_value: readonly number[];
  }[];
  readonly neurons: { readonly cases: readonly NeuronCase[] };
  readonly attention: readonly { readonly key: string; readonly form: string; readonly v: "v" | "v_real" }[];
  readonly gainRules: GainRules;
  readonly blocks: {
    readonly affineRules: Readonly<Record<"eval" | "train", AffineRules>>;
    readonly cases: readonly BlockCase[];
  };
  readonly tiny: readonly TinyCase[];
  readonly full: readonly FullCase[];
};

/** Numbers with a shape. */
export type Golden = { readonly shape: Shape; readonly data: ArrayLike<number> };

/** The tensors of a golden file by name. */
export function goldenFile(name: string): {
  get(key: string): Golden;
  has(key: string): boolean;
  keys(): string[];
} {
  const bytes = readFileSync(new URL(`../fixtures/golden/${name}.safetensors`, import.meta.url));
  const { tensors } = parseSafetensors(bytes, name);
  return {
    get(key) {
      const stored = tensors.get(key);
      if (stored === undefined) throw new Error(`${name}: no tensor ${key}`);
      return { shape: stored.shape, data: stored.data as ArrayLike<number> };
    },
    has: (key) => tensors.has(key),
    keys: () => [...tensors.keys()],
  };
}
