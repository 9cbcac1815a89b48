/** Spiking self-attention by dot products, frame by frame [Zhou2023]. Tensors are `[T, B, H, W, C]`. */
import type { Module } from "../nn/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { linearAttention } from "./attention.ts";
import { fromTokens, toTokens } from "./tokens.ts";

/** Factor of the sums over keys. */
const SCALE = 0.125;

/** Threshold of the neurons behind {@link dotAttention}. */
export const DOT_THRESHOLD = 0.5;

/**
 * q(kᵀv)/8 within each frame, in heads of contiguous channels; tells the module's observer of its two products.
 *
 * @param module - whose observer is told
 * @param spikes - binary queries, keys and values, `[T, B, H, W, C]`
 * @returns `[T, B, H, W, C]`
 */
export function dotAttention(
  module: Module,
  { q, k, v }: { readonly q: Tensor; readonly k: Tensor; readonly v: Tensor },
  heads: number,
): Tensor {
  const [qs, ks, vs] = [q, k, v].map((x) => toTokens(x, heads, "spatial")) as [Tensor, Tensor, Tensor];
  const perProduct = v.size * vs.shape[2]!;
  module.observer?.({ kind: "synapse", macs: perProduct, input: v });
  module.observer?.({ kind: "synapse", macs: perProduct, input: q });
  return fromTokens(linearAttention(qs, ks, vs, "dot", SCALE), v.shape, heads, "spatial");
}
