/** Round numbers for axes. */

/** Multiples of 1, 2 or 5 times a power of ten from `low` to `high`, about `most` of them. */
export function ticks(low: number, high: number, most: number): number[] {
  const raw = (high - low) / Math.max(1, most);
  if (!(raw > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw * 0.999)!;
  const first = Math.ceil(low / step - 1e-6);
  const count = Math.floor(high / step + 1e-6) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** The unit in which a duration in seconds reads well, and what seconds are multiplied by. */
export function timeUnit(seconds: number): { readonly unit: string; readonly factor: number } {
  if (seconds < 2e-3) return { unit: "µs", factor: 1e6 };
  return seconds < 2 ? { unit: "ms", factor: 1e3 } : { unit: "s", factor: 1 };
}

/** A number without needless digits. */
export function spanText(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** A time in seconds with its unit, to three digits. */
export function timeText(seconds: number): string {
  const { unit, factor } = timeUnit(seconds);
  return `${Number((seconds * factor).toPrecision(3))} ${unit}`;
}
