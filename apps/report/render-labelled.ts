/** Turns classes of inputs, or of pixels, into one self-contained HTML page. */
import { fill } from "./fill.ts";
import { template } from "./generated/labelled-template.ts";
import type { LabelledReport } from "./labelled-data.ts";

/** The report as the text of an HTML file that opens without a network. */
export function renderLabelled(report: LabelledReport): string {
  return fill(template, report.title, report);
}
