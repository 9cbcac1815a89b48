/** What benchmarks share: the fastest of many runs, and Markdown tables. */

/**
 * Milliseconds of the fastest run: other work on the machine only ever adds.
 * @param run - what is timed; called twice before
 * @param options - `ms` to go on for, at least 5 runs
 */
export function fastest(run: () => void, { ms = 200 }: { readonly ms?: number } = {}): number {
  run();
  run();
  let best = Infinity;
  const end = performance.now() + ms;
  for (let count = 0; count < 5 || performance.now() < end; count++) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
