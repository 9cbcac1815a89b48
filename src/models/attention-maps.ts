/** Where a token of the pose tracker looks [Zou2023, §V-D, fig. 10]. */
import { ArgumentError } from "../core/index.ts";
import { type Tensor, tensor } from "../tensor/index.ts";
import type { PoseTrackerRun } from "./pose-tracker.ts";

/** A token; all counted from 0, so that t = 1 of the paper is 0. */
export type AttentionQuery = {
  /** Step. */
  readonly t: number;
  /** Row and column of the map, of 32×32 pixels each. */
  readonly y: number;
  readonly x: number;
  /** View, the first by default. */
  readonly view?: number;
};

/** Options of {@link attentionMaps}. */
export type AttentionMapOptions = {
  readonly query: AttentionQuery;
  /** The last by default. */
  readonly layer?: number;
  /** The mean over heads by default. */
  readonly head?: number;
  /** Sample of the batch, the first by default. */
  readonly sample?: number;
};

/**
 * The scores of a query for all tokens of a clip, as shares whose sum is 1. Scores that went through a softmax are shares
 * already; others are divided by their sum, and stay zero where all are.
 *
 * @param run - what `PoseTracker.run` gave
 * @returns `[T, V, H', W']`
 * @throws ArgumentError if there is no such layer, head, sample or token
 */
export function attentionMaps(
  { scores, grid }: Pick<PoseTrackerRun, "scores" | "grid">,
  { query, layer = scores.length - 1, head, sample = 0 }: AttentionMapOptions,
): Tensor {
  const { timeSteps, views, height, width } = grid;
  const check = (name: string, value: number, count: number) => {
    if (Number.isInteger(value) && value >= 0 && value < count) return;
    throw new ArgumentError(`attentionMaps: expected ${name} below ${count}, got ${value}`);
  };
  const { t, y, x, view = 0 } = query;
  check("a layer", layer, scores.length);
  const [B, heads, N] = scores[layer]!.shape as [number, number, number];
  check("a sample", sample, B);
  check("a head", head ?? 0, heads);
  check("a step", t, timeSteps);
  check("a view", view, views);
  check("a row", y, height);
  check("a column", x, width);
  const row = ((t * views + view) * height + y) * width + x;
  const sums = new Float64Array(N);
  for (let h = head ?? 0; h < (head === undefined ? heads : head + 1); h++) {
    const at = ((sample * heads + h) * N + row) * N;
    scores[layer]!.data.subarray(at, at + N).forEach((score, n) => (sums[n]! += score));
  }
  const total = sums.reduce((a, b) => a + b, 0);
  const shares = total > 0 ? sums.map((sum) => sum / total) : sums;
  return tensor(shares, [timeSteps, views, height, width]);
}
