/** Plain text tables. */

/**
 * Rows of cells in columns: the first to the left, the others to the right. Rows may differ in length.
 *
 * @returns the lines, each ended
 */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ");
  return rows.map((row) => `${line(row).trimEnd()}\n`).join("");
}

/** A number as a person reads it: three digits, with a suffix above a thousand (k, M, G, T). */
export function brief(value: number): string {
  const suffixes = ["", "k", "M", "G", "T"];
  const power = value < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(value) / 3));
  const scaled = value / 1000 ** power;
  const digits = scaled === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(scaled))));
  return `${scaled.toFixed(Math.min(6, digits))}${suffixes[power] === "" ? "" : ` ${suffixes[power]}`}`;
}
