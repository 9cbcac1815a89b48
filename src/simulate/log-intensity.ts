/** The response of an event pixel's photoreceptor: logarithmic, and linear in the dark. */

/** Intensity below which the response is linear; 1 is white in full light. */
export const LINEAR_BELOW = 0.02;

const STEPS = 4096;
const LOG_DARK = Math.log(LINEAR_BELOW);
/** ln(1 + k/STEPS), one entry more than steps so that interpolation needs no case. */
const LOG_MANTISSA = Float64Array.from({ length: STEPS + 1 }, (_, k) => Math.log1p(k / STEPS));

/**
 * ln I for I ≥ {@link LINEAR_BELOW}, and its tangent ln I₀ + I/I₀ − 1 below, so that a dark pixel stays finite. v2e
 * [Hu2021, §3] has the same two pieces, but with a steeper line that makes its dark pixels more sensitive than its
 * bright ones; the tangent keeps the slope continuous. Accurate to 1e-8 by a table over the bits of the float.
 * Not-a-number and negative intensities count as dark.
 *
 * @param intensity - linear intensity as a 32-bit float
 * @param bits - the same 32 bits read as an integer
 */
export function logIntensity(intensity: number, bits: number): number {
  if (!(intensity >= LINEAR_BELOW)) return LOG_DARK - 1 + (intensity > 0 ? intensity / LINEAR_BELOW : 0);
  const k = (bits >> 11) & 0xfff;
  const low = LOG_MANTISSA[k]!;
  const exponent = (bits >> 23) - 127;
  return exponent * Math.LN2 + low + (LOG_MANTISSA[k + 1]! - low) * ((bits & 0x7ff) / 2048);
}
