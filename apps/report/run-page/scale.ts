/** Scales of values, from the foot of a plot to its head. */
import { roundTicks } from "../page/lane.ts";

/** Where values stand. */
export type Scale = {
  readonly ticks: readonly number[];
  /** Share of the height; in 0 … 1 between the first and the last tick. */
  readonly at: (value: number) => number;
};

/** Round steps; from zero, unless all values are far from it. */
export function linearScale(values: readonly number[]): Scale {
  const least = Math.min(...values);
  const most = Math.max(...values);
  const low = least >= 0 && least < 0.5 * most ? 0 : least;
  const high = most > low ? most : low + (Math.abs(low) || 1);
  const step = roundTicks(high - low, 4)[1]!;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(6)),
  );
  return { ticks, at: (value) => (value / step - first) / (last - first) };
}

/** Powers of ten, with 2 and 5 between them where there is room. Values must be above zero. */
export function logarithmicScale(values: readonly number[]): Scale {
  const exponents = [Math.min(...values), Math.max(...values)].map((value) => Math.log10(value));
  const first = Math.floor(exponents[0]!);
  const decades = Math.ceil(exponents[1]!) - first;
  const between = decades > 2 ? [1] : [1, 2, 5];
  const all = Array.from({ length: decades + 1 }, (_, i) =>
    between.map((factor) => factor * 10 ** (first + i)),
  ).flat();
  const from = Math.max(
    0,
    all.findLastIndex((tick) => Math.log10(tick) <= exponents[0]! + 1e-9),
  );
  const until = all.findIndex((tick, i) => i > from && Math.log10(tick) >= exponents[1]! - 1e-9);
  const used = all.slice(from, until + 1);
  const [bottom, top] = [Math.log10(used[0]!), Math.log10(used.at(-1)!)];
  // Of many powers of ten about five are named.
  const stride = Math.ceil((used.length - 1) / 5);
  return {
    ticks: used
      .filter((_, i) => (used.length - 1 - i) % stride === 0)
      .map((tick) => Number(tick.toPrecision(6))),
    at: (value) => (Math.log10(value) - bottom) / (top - bottom),
  };
}
