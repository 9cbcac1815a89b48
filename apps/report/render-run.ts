/** Turns a run of training, or a measurement, into one self-contained HTML page. */
import { fill } from "./fill.ts";
import { template } from "./generated/run-template.ts";
import type { RunReport } from "./run-data.ts";

/** The report as the text of an HTML file that opens without a network. */
export function renderRun(report: RunReport): string {
  return fill(template, report.title, report);
}
