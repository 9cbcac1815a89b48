/**
 * Logarithm and exponential of additions, multiplications and divisions alone. `Math.log` and `Math.exp` may differ from
 * engine to engine in their last bit; these give the same bits everywhere.
 */

/** 1/(2k − 1) and 1/n, the coefficients of both series: the first that is left out is below 2⁻⁵⁴ of the sum. */
const ODD = Float64Array.from({ length: 12 }, (_, k) => 1 / (2 * k + 1));
const EXP_TERMS = 14;
/** Powers of two beyond which an exponential is 0 or +∞. */
const LAST_POWER = 1022;
/** A number, and its two halves: the exponent is in the half that is not zero for 1. */
const NUMBER = Float64Array.of(1);
const HALVES = new Uint32Array(NUMBER.buffer);
const UPPER = HALVES[0] === 0 ? 1 : 0;

/**
 * ln x to within 2 units of the last place, by ln m = 2 artanh((m − 1)/(m + 1)) of the mantissa m in [√½, √2). −∞ at 0,
 * NaN below, +∞ at +∞.
 */
export function naturalLog(x: number): number {
  if (!(x > 0) || x === Infinity) return x === 0 ? -Infinity : x > 0 ? x : NaN;
  const subnormal = x < 2 ** -1022;
  NUMBER[0] = subnormal ? x * 2 ** 54 : x;
  const bits = HALVES[UPPER]!;
  let exponent = (bits >>> 20) - 1023 - (subnormal ? 54 : 0);
  HALVES[UPPER] = (bits & 0xfffff) | 0x3ff00000;
  let mantissa = NUMBER[0];
  if (mantissa >= Math.SQRT2) {
    mantissa /= 2;
    exponent++;
  }
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let sum = 0;
  for (let k = 11; k >= 0; k--) sum = sum * square + ODD[k]!;
  return exponent * Math.LN2 + 2 * s * sum;
}

/**
 * eˣ to a relative error below 2⁻⁵² · (2 + |x|), by eˣ = 2ᵏ · e^(x − k ln 2) and Taylor's series.
 * 0 and +∞ at the ends.
 */
export function exponential(x: number): number {
  if (Number.isNaN(x)) return NaN;
  const k = Math.round(x / Math.LN2);
  if (k > LAST_POWER) return Infinity;
  if (k < -LAST_POWER) return 0;
  const rest = x - k * Math.LN2;
  let sum = 1;
  for (let n = EXP_TERMS; n >= 1; n--) sum = 1 + (sum * rest) / n;
  let power = 1;
  for (let i = 0; i < Math.abs(k); i++) power *= k > 0 ? 2 : 0.5;
  return sum * power;
}
