/** Axes that fit numbers. */
import type { Axis } from "../svg.ts";

/**
 * An axis with some five ticks at round numbers that covers all values.
 * @param from - a value that it covers as well
 */
export function niceAxis(label: string, values: readonly number[], from?: number): Axis {
  const all = from === undefined ? values : [from, ...values];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const rough = (high - low || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!;
  const first = Math.floor(low / step);
  const last = Math.ceil(high / step);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  return { label, scale: "linear", ticks, format: (tick) => tick.toFixed(digits) };
}
