/** What benchmarks share: the fastest of many runs, rivals that take turns, options, and Markdown tables. */
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";

/**
 * Whether processor time is measured instead of the time that passes: `SACCADE_BENCH_CLOCK=processor`. On a machine that
 * is busy with other work it comes close to the time on a quiet one, where a single thread computes.
 */
export const processorTime = process.env["SACCADE_BENCH_CLOCK"] === "processor";

/** Milliseconds, of the clock or of processor time. */
export function now(): number {
  if (!processorTime) return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * Milliseconds of the fastest run: other work on the machine only ever adds.
 * @param run - what is timed; called twice before
 * @param options - `ms` to go on for, at least 5 runs
 */
export function fastest(run: () => void, { ms = 200 }: { readonly ms?: number } = {}): number {
  run();
  run();
  return best(repeat(run, ms, 5));
}

/** Milliseconds of each run, for about `ms` and at least `least` times. */
export function repeat(run: () => void, ms: number, least = 1): number[] {
  const times: number[] = [];
  const end = performance.now() + ms;
  while (times.length < least || performance.now() < end) {
    const start = now();
    run();
    times.push(now() - start);
  }
  return times;
}

/** {@link repeat} for what ends later than it returns. */
export async function repeatAsync(run: () => void | Promise<void>, ms: number, least = 1): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + ms;
  while (times.length < least || performance.now() < end) {
    const start = now();
    await run();
    times.push(now() - start);
  }
  return times;
}

/** One of several that do the same work. */
export type Contender = {
  readonly name: string;
  /** Runs for about so many milliseconds, at least once; the times of the runs. */
  readonly measure: (ms: number) => number[] | Promise<number[]>;
};

/** A contender of this thread. */
export function contender(name: string, run: () => void | Promise<void>): Contender {
  return { name, measure: (ms) => repeatAsync(run, ms) };
}

/** Times of the runs of each contender, by name. */
export type Timings = ReadonlyMap<string, readonly number[]>;

/**
 * Times contenders in turn, so that a slow spell of the machine falls on all of them. The first turn finds cold caches
 * and does not count.
 */
export async function inTurn(
  contenders: readonly Contender[],
  { turns = 5, ms = 100 }: { readonly turns?: number; readonly ms?: number } = {},
): Promise<Timings> {
  const timings = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  for (const { measure } of contenders) await measure(0);
  for (let turn = 0; turn < turns; turn++) {
    for (const { name, measure } of contenders) timings.get(name)!.push(...(await measure(ms)));
  }
  return timings;
}

/** The least. */
export function best(times: readonly number[]): number {
  return times.reduce((a, b) => Math.min(a, b), Infinity);
}

/** The value below which a share of them lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** Milliseconds or a rate, with about three digits. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return "–";
  return value.toFixed(Math.max(0, Math.min(3, 2 - Math.floor(Math.log10(Math.abs(value) || 1)))));
}

/** `a / b` as a factor. */
export function factor(a: number, b: number): string {
  return Number.isFinite(a / b) ? `${(a / b).toFixed(2)}×` : "–";
}

/** Options of the command line, as of `parseArgs`; names of benchmarks stand before them. */
export function flags<const Options extends ParseArgsOptionsConfig>(options: Options) {
  return parseArgs({ args: process.argv.slice(2), options, allowPositionals: true }).values;
}

/** The numbers of a list with commas. */
export function numbers(list: string): number[] {
  return list.split(",").map(Number);
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
