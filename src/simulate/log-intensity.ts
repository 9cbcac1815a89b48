/** The response of an event pixel's photoreceptor: logarithmic, and linear in the dark. */
import { exponential, naturalLog } from "../core/index.ts";

const round = Math.fround;
const LN2 = round(Math.LN2);
/** Twice the series of artanh, by even powers. */
const [SERIES_2, SERIES_4, SERIES_6] = [round(2 / 3), round(2 / 5), round(2 / 7)];
/** Bits of √½, where the mantissa's range begins. */
const ROOT_HALF = 0x3f3504f3;

/** The part of a receptor's response below which it is linear. */
export type Darkness = {
  /** I₀, a 32-bit float. */
  readonly dark: number;
  /** 1/I₀ and ln I₀ − 1, rounded to 32 bits. */
  readonly slope: number;
  readonly offset: number;
};

/** The dark end of a response that is linear below an intensity. */
export function darknessBelow(intensity: number): Darkness {
  const dark = round(intensity);
  return { dark, slope: round(1 / dark), offset: round(naturalLog(dark) - 1) };
}

/**
 * ln I for I ≥ I₀, and its tangent ln I₀ + I/I₀ − 1 below, so that a dark pixel stays finite. v2e [Hu2021, §3] has the
 * same two pieces, but with a steeper line that makes its dark pixels more sensitive than its bright ones; the tangent
 * keeps the slope continuous. In 32-bit arithmetic, accurate to 5e-7 for any intensity that a frame holds: the logarithm
 * is k ln 2 + 2 artanh((m − 1)/(m + 1)) for I = 2^k m with m in [√½, √2). Not-a-number and negative intensities count as
 * dark.
 *
 * @param intensity - linear intensity as a 32-bit float; 1 is white in full light
 * @param bits - the same 32 bits read as an integer
 * @param mantissa - a place for one float, and the same place as an integer: how bits become a number
 */
export function logIntensity(
  intensity: number,
  bits: number,
  { dark, slope, offset }: Darkness,
  mantissa: { readonly float: Float32Array; readonly bits: Int32Array },
): number {
  if (!(intensity >= dark)) return round(round((intensity > 0 ? intensity : 0) * slope) + offset);
  const k = (bits - ROOT_HALF) >> 23;
  mantissa.bits[0] = bits - (k << 23);
  const m = mantissa.float[0]!;
  const s = round(round(m - 1) / round(m + 1));
  const z = round(s * s);
  let p = round(round(z * SERIES_6) + SERIES_4);
  p = round(round(p * z) + SERIES_2);
  p = round(round(p * z) + 2);
  return round(round(k * LN2) + round(p * s));
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
