/** Decimal numbers, exactly: no floating-point arithmetic between digits and result. */

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,4}))?$/i;

/**
 * A decimal number times a power of ten, rounded to a whole number: the nearest, halves away from zero.
 *
 * @param text - digits with an optional sign, point and exponent
 * @param shift - the power of ten
 * @returns the number; infinite above 10^17; `undefined` if the text is no number
 */
export function decimalTimes(text: string, shift: number): number | undefined {
  const [, sign, whole = "", fraction = "", exponent = "0"] = NUMBER.exec(text) ?? [];
  if (sign === undefined || whole + fraction === "") return undefined;
  const digits = (whole + fraction).replace(/^0+/, "");
  // How many of the digits stand before the point.
  const point = digits.length - fraction.length + Number(exponent) + shift;
  const factor = sign === "-" ? -1 : 1;
  if (digits === "" || point < 0) return 0;
  if (point > 17) return factor * Number.POSITIVE_INFINITY;
  const round = (digits[point] ?? "0") >= "5" ? 1 : 0;
  return factor * (Number(digits.slice(0, point).padEnd(point, "0")) + round);
}

/** A decimal number; `undefined` if the text is none. Coordinates and polarities: exact if whole. */
export function decimal(text: string): number | undefined {
  return NUMBER.test(text) && /\d/.test(text) ? Number(text) : undefined;
}
