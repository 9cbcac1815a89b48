/** Plain text tables. */

/**
 * Rows of cells in columns: the first `left` to the left, the others to the right. Rows may differ in length.
 *
 * @returns the lines, each ended
 */
export function table(rows: readonly (readonly string[])[], left = 1): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i < left ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ");
  return rows.map((row) => `${line(row).trimEnd()}\n`).join("");
}

/** A number as a person reads it: three digits, with a suffix from a thousand on (k, M, G, T). */
export function brief(value: number): string {
  const rounded = Number(value.toPrecision(3));
  if (rounded === 0) return "0";
  const power = Math.min(4, Math.max(0, Math.floor(Math.log10(Math.abs(rounded)) / 3)));
  const scaled = rounded / 1000 ** power;
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(scaled))));
  return `${scaled.toFixed(Math.min(6, digits))}${["", " k", " M", " G", " T"][power]!}`;
}

/** Millijoules in a unit that fits. */
export function joules(mj: number): string {
  if (mj >= 1000) return `${brief(mj / 1000)} J`;
  return mj < 1 ? `${brief(1000 * mj)} µJ` : `${brief(mj)} mJ`;
}
