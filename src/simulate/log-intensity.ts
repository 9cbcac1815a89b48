/** The response of an event pixel's photoreceptor: logarithmic, and linear in the dark. */
import { exponential, naturalLog } from "../core/index.ts";

const STEPS = 4096;
/** ln(1 + k/STEPS), one entry more than steps so that interpolation needs no case. */
const LOG_MANTISSA = Float64Array.from({ length: STEPS + 1 }, (_, k) => naturalLog(1 + k / STEPS));

/**
 * ln I for I ≥ I₀, and its tangent ln I₀ + I/I₀ − 1 below, so that a dark pixel stays finite. v2e [Hu2021, §3] has the
 * same two pieces, but with a steeper line that makes its dark pixels more sensitive than its bright ones; the tangent
 * keeps the slope continuous. Accurate to 1e-8 by a table over the bits of the float. Not-a-number and negative
 * intensities count as dark.
 *
 * @param intensity - linear intensity as a 32-bit float; 1 is white in full light
 * @param bits - the same 32 bits read as an integer
 * @param dark - I₀, below which the response is linear
 * @param logDark - ln I₀
 */
export function logIntensity(intensity: number, bits: number, dark: number, logDark: number): number {
  if (!(intensity >= dark)) return logDark - 1 + (intensity > 0 ? intensity / dark : 0);
  const k = (bits >> 11) & 0xfff;
  const low = LOG_MANTISSA[k]!;
  const exponent = (bits >> 23) - 127;
  return exponent * Math.LN2 + low + (LOG_MANTISSA[k + 1]! - low) * ((bits & 0x7ff) / 2048);
}

/**
 * How the codes of a video stand for light: `"linear"`, as v2e takes them, or `"srgb"`, which undoes the curve of the
 * sRGB standard (IEC 61966-2-1) first. Most videos have such a curve; with it, the same threshold is a contrast 2.2 times
 * smaller.
 */
export type Transfer = "linear" | "srgb";

/** Intensity of each 8-bit code, `[256]`; 1 is white. */
export function codeIntensities(transfer: Transfer): Float32Array {
  return Float32Array.from({ length: 256 }, (_, code) => {
    const value = code / 255;
    if (transfer === "linear") return value;
    return value <= 0.04045 ? value / 12.92 : exponential(2.4 * naturalLog((value + 0.055) / 1.055));
  });
}
