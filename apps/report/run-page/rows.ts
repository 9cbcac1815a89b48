/** How the model and what it is measured beside are told apart on all parts of the page. */
import type { Measured } from "../run-data.ts";

/** Name of the colour in style.css of a row: that of the network for the model. */
export function colourOf(rows: readonly { readonly baseline: boolean }[], index: number): string {
  const { baseline } = rows[index]!;
  const before = rows.slice(0, index).filter((row) => row.baseline === baseline).length;
  const colours = baseline ? ["dense", "on"] : ["net", "ink"];
  return colours[before % colours.length]!;
}

/** A value of a column as text. */
export function shown(value: number | null | undefined, digits: number): string {
  return typeof value === "number" ? value.toFixed(digits) : "–";
}

/** What is known of the headline metric. */
export function headlineOf({ columns, headline, unit }: Measured): {
  readonly label: string;
  readonly unit: string;
  readonly text: (value: number | null | undefined) => string;
} {
  const { label, digits } = columns[headline.column]!;
  return { label, unit, text: (value) => shown(value, digits) };
}

/** Place of the best of some values; -1 where none is known. */
export function bestOf(values: readonly (number | null)[], better: "low" | "high"): number {
  const sign = better === "low" ? 1 : -1;
  let best = -1;
  values.forEach((value, i) => {
    if (value !== null && (best < 0 || sign * value < sign * values[best]!)) best = i;
  });
  return best;
}
