/** Weights as whole numbers. */
import { ArgumentError } from "../core/index.ts";

/** The largest sum that int16 holds. */
const MOST = 32767;

/**
 * Rounds weights to whole numbers, such that neither all positive nor all negative ones, `levels` times each, leave
 * int16: then no set of spikes does, and what wraps on the way comes back.
 * @returns the scale
 * @throws ArgumentError for weights that are not finite
 */
export function quantize(whole: Int16Array, weights: Float32Array, levels: number): number {
  let positive = 0;
  let negative = 0;
  let largest = 0;
  for (let i = 0; i < weights.length; i++) {
    const w = weights[i]!;
    if (w > 0) positive += w;
    else negative -= w;
    largest = w > largest ? w : -w > largest ? -w : largest;
  }
  if (!Number.isFinite(positive + negative)) {
    throw new ArgumentError(`quantize: expected finite weights, got a sum of ${positive - negative}`);
  }
  if (largest === 0) return 0;
  let scale = Math.max((Math.max(positive, negative) * levels) / MOST, largest / MOST);
  // Rounding can add half a unit a weight; the scale grows until the whole numbers fit too.
  while (!roundTo(whole, weights, 1 / scale, MOST / levels)) scale *= 1.002;
  return scale;
}

/** whole = round(factor·weights); whether its positive and its negative sum stay within `most`. */
function roundTo(whole: Int16Array, weights: Float32Array, factor: number, most: number): boolean {
  let sum = 0;
  let magnitude = 0;
  for (let i = 0; i < whole.length; i++) {
    const w = weights[i]! * factor;
    const q = (w + (w < 0 ? -0.5 : 0.5)) | 0;
    whole[i] = q;
    sum += q;
    magnitude += q < 0 ? -q : q;
  }
  return (magnitude + Math.abs(sum)) / 2 <= most;
}
