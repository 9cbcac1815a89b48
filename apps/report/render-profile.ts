/** Turns a profile into one self-contained HTML page. */
import { fill } from "./fill.ts";
import { template } from "./generated/profile-template.ts";
import type { ProfileReport } from "./profile-data.ts";

/** The profile as the text of an HTML file that opens without a network. */
export function renderProfile(report: ProfileReport): string {
  return fill(template, report.model.name, report);
}
