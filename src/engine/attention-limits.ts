/** How many tokens attention can sum over in exact 32-bit integers. */
import { backend, planesOf } from "../backend/index.ts";
import { UnsupportedError } from "../core/index.ts";
import type { Work } from "./fuse.ts";
import type { Value } from "./graph.ts";
import type { Horizon } from "./plan.ts";

type Attention = Extract<Work, { readonly kind: "attention" }>;

/** @throws UnsupportedError where sums of attention could leave 32-bit integers */
export function checkAttention(
  work: Attention,
  values: readonly Value[],
  timeSteps: number,
  horizon: Horizon,
): void {
  const channels = values[work.q]!.shape[2];
  const levels = values[work.q]!.levels;
  const size = { heads: work.heads, channels, queryPlanes: planesOf(levels) };
  if (!backend().packed.servesAttention(size)) {
    throw new UnsupportedError(
      `compile: attention at ${work.layer}: expected heads of fewer channels than ${channels / work.heads}`,
    );
  }
  if (levels > 1 && (work.score === "euclidean" || work.score === "manhattan")) {
    throw new UnsupportedError(
      `compile: ${work.score} attention at ${work.layer}: expected binary neurons, got spike counts up to ${levels}`,
    );
  }
  const steps = horizon.kind === "clip" || horizon.window === Infinity ? timeSteps : horizon.window;
  const tokens = tokensOfStep(work, values) * (work.extent === "spatial" ? 1 : steps);
  const most = mostTokens(work, values);
  if (tokens > most) {
    throw new UnsupportedError(
      `compile: attention at ${work.layer}: expected at most ${most} tokens, whose sums fit 32 bits, got ${tokens}`,
    );
  }
}

/** Tokens of a step that attend to each other. */
export function tokensOfStep(work: Attention, values: readonly Value[]): number {
  const [H, W] = values[work.q]!.shape;
  return work.extent === "temporal" ? 1 : H * W;
}

/** Tokens that keys and values can come from before a sum could leave 32-bit integers. */
export function mostTokens(work: Attention, values: readonly Value[]): number {
  const depth = values[work.q]!.shape[2] / work.heads;
  const levels = values[work.q]!.levels * values[work.k]!.levels * values[work.v]!.levels;
  return Math.floor((2 ** 31 - 1) / (8 * depth * levels));
}
