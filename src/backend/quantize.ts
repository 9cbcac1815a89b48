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
  for (const w of weights) {
    if (w > 0) positive += w;
    else negative -= w;
    largest = Math.max(largest, Math.abs(w));
  }
  if (!Number.isFinite(positive + negative))
    throw new ArgumentError(`quantize: expected finite weights, got a sum of ${positive - negative}`);
  if (largest === 0) return 0;
  // Rounding can add half a unit a weight; the scale grows until the whole numbers fit too.
  for (
    let scale = Math.max((Math.max(positive, negative) * levels) / MOST, largest / MOST);
    ;
    scale *= 1.002
  ) {
    let above = 0;
    let below = 0;
    for (let i = 0; i < whole.length; i++) {
      const q = Math.round(weights[i]! / scale);
      whole[i] = q;
      if (q > 0) above += q;
      else below -= q;
    }
    if (Math.max(above, below) * levels <= MOST) return scale;
  }
}
