/** Small charts of characters. */

const LEVELS = "▁▂▃▄▅▆▇█";
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** Values as a line of bars of rising height; a blank where there is none. */
export function sparkline(values: ArrayLike<number>, most: number): string {
  return Array.from(values, (value) => {
    if (!(value > 0) || most <= 0) return " ";
    return LEVELS[Math.min(LEVELS.length - 1, Math.floor((value / most) * LEVELS.length))]!;
  }).join("");
}

/** A share in [0, 1] as a bar to the right. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  return "█".repeat(eighths >> 3) + EIGHTHS[eighths & 7]!;
}

/** Sums of neighbours, so that at most `count` values remain. */
export function gathered(
  values: ArrayLike<number>,
  count: number,
): { readonly values: Float64Array; readonly each: number } {
  const each = Math.max(1, Math.ceil(values.length / count));
  const sums = new Float64Array(Math.ceil(values.length / each));
  for (let i = 0; i < values.length; i++) sums[Math.floor(i / each)]! += values[i]!;
  return { values: sums, each };
}
