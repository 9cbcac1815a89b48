/** Scales of values, from the foot of a plot to its head. */
import { roundTicks } from "../page/lane.ts";

/** Ticks of a logarithmic scale that have room. */
const MAX_TICKS = 7;

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

/** From one of 1, 2, 5, 10, 20 … to another, powers of ten alone where they are many. Values must be above zero. */
export function logarithmicScale(values: readonly number[]): Scale {
  const low = Math.log10(Math.min(...values)) + 1e-9;
  const high = Math.log10(Math.max(...values)) - 1e-9;
  const decades = Array.from(
    { length: Math.ceil(high - Math.floor(low)) + 2 },
    (_, i) => Math.floor(low) + i,
  );
  const round = decades.flatMap((exponent) => [1, 2, 5].map((factor) => Number(`${factor}e${exponent}`)));
  const first = round.findLastIndex((tick) => Math.log10(tick) <= low);
  const last = round.findIndex((tick, i) => i > first && Math.log10(tick) >= high);
  const ticks = round.slice(first, last + 1);
  const [bottom, top] = [Math.log10(ticks[0]!), Math.log10(ticks.at(-1)!)];
  const powers = ticks.filter((tick) => Number.isInteger(Math.log10(tick)));
  const stride = Math.ceil(powers.length / MAX_TICKS);
  return {
    ticks: ticks.length <= MAX_TICKS ? ticks : powers.filter((_, i) => i % stride === 0),
    at: (value) => (Math.log10(value) - bottom) / (top - bottom),
  };
}
