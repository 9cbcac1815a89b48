/** Values without their noise. */

/** Part of all values that a mean is taken over. */
const WINDOW = 0.04;

/** The mean of the values around each, as far to both sides as there are any. */
export function smooth(values: readonly number[]): number[] {
  const reach = Math.max(1, Math.round((WINDOW / 2) * values.length));
  const sums = [0];
  for (const value of values) sums.push(sums.at(-1)! + value);
  return values.map((_, i) => {
    const [from, until] = [Math.max(0, i - reach), Math.min(values.length, i + reach + 1)];
    return (sums[until]! - sums[from]!) / (until - from);
  });
}
