/** Kernels in colours: orange where spikes drive the work, ink where every number is multiplied. */
import type { StepProfile } from "../../../src/engine/index.ts";

const COLOURS: Readonly<Record<string, string>> = {
  gather: "net",
  "depthwise gather": "net-left",
  "popcount attention": "net-right",
  "attention by pixel": "net-right",
  dense: "dense",
  depthwise: "ink-3",
};

/** Name of the colour of a kernel. */
export function colourOf(kernel: string): string {
  return COLOURS[kernel] ?? "off";
}

/** Time of all steps of a kernel, as a share of the whole. */
export type KernelTime = { readonly kernel: string; readonly share: number };

/** Time of the kernels, the longest first. */
export function byKernel(steps: readonly StepProfile[]): KernelTime[] {
  const shares = new Map<string, number>();
  for (const { kernel, share: part } of steps) shares.set(kernel, (shares.get(kernel) ?? 0) + part);
  return [...shares].map(([kernel, part]) => ({ kernel, share: part })).sort((a, b) => b.share - a.share);
}

/** What there was to choose from, the quickest first, for example `gather 12 µs, dense 44 µs`. */
export function estimatesOf({ estimates }: StepProfile): string {
  const time = (ns: number): string =>
    ns >= 1e6 ? `${(ns / 1e6).toFixed(1)} ms` : `${Math.round(ns / 1000)} µs`;
  return estimates
    .toSorted((a, b) => a.ns - b.ns)
    .map(({ kernel, ns }) => `${kernel} ${time(ns)}`)
    .join(", ");
}

/** A time of a step, with decimals that line up. */
export function milliseconds(ms: number): string {
  return `${ms.toFixed(3)} ms`;
}

/** A share of the time, with decimals that line up. */
export function share(part: number): string {
  return `${(100 * part).toFixed(1)} %`;
}
