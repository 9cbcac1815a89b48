/** Surrogate gradients by name: one registry, one name each. */
import type { Surrogate } from "../backend/index.ts";
import { ArgumentError } from "../core/index.ts";

export type { Surrogate };

const positive = (name: string, value: number): number => {
  if (!(value > 0)) throw new ArgumentError(`surrogate: expected ${name} above 0, got ${value}`);
  return value;
};

/** The surrogate gradients of the four systems, each a function of u = h − θ. */
export const surrogate = {
  /** α / (2(1 + (π/2·αu)²)); α = 2 by default [Zou2023; SpikingJelly's ATan]. */
  atan: ({ alpha = 2 } = {}): Surrogate => ({ kind: "atan", alpha: positive("alpha", alpha) }),
  /** α·σ(αu)(1 − σ(αu)); α = 4 by default, that of the released SpikeVideoFormer. */
  sigmoid: ({ alpha = 4 } = {}): Surrogate => ({ kind: "sigmoid", alpha: positive("alpha", alpha) }),
  /** 1/a where |u| < a/2 [Zhang2025, eq. 5]; a = 1 by default. */
  rectangular: ({ width = 1 } = {}): Surrogate => ({ kind: "rectangular", width: positive("width", width) }),
  /** ATan where the neuron fired, 0 elsewhere [Zou2023, eq. 5]. */
  gatedAtan: ({ alpha = 2 } = {}): Surrogate => ({ kind: "gated-atan", alpha: positive("alpha", alpha) }),
  /** 1 / (1 + (πu)²) [Aydin2024, eq. 7]; ATan with α = 2. */
  hybrid: (): Surrogate => ({ kind: "atan", alpha: 2 }),
} as const;
