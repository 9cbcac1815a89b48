/** Surrogate derivatives of the spike, as functions of u = h − θ. */
import type { Surrogate } from "../backend.ts";

/** The derivative that replaces ∂s/∂h at u = h − θ. */
export function surrogateDerivative(surrogate: Surrogate, u: number): number {
  switch (surrogate.kind) {
    case "atan": {
      const z = (Math.PI / 2) * surrogate.alpha * u;
      return surrogate.alpha / 2 / (1 + z * z);
    }
    case "sigmoid": {
      const q = 1 / (1 + Math.exp(-surrogate.alpha * u));
      return surrogate.alpha * q * (1 - q);
    }
    case "rectangular":
      return Math.abs(u) < surrogate.width / 2 ? 1 / surrogate.width : 0;
    case "gated-atan":
      return u < 0 ? 0 : surrogateDerivative({ kind: "atan", alpha: surrogate.alpha }, u);
  }
}
