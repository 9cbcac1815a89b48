/** Turns report data into one self-contained HTML page. */
import { ArgumentError } from "../../src/core/index.ts";
import type { ReportData } from "./data.ts";
import { fill } from "./fill.ts";
import { template } from "./generated/template.ts";

/** Numbers of one pose: 24 joints, three coordinates. */
const POSE = 72;

/**
 * The report as the text of an HTML file that opens without a network.
 *
 * @throws ArgumentError if there is no step, a pose is not 24 finite points, or frames and steps differ in number
 */
export function renderReport(data: ReportData): string {
  check(data);
  return fill(template, data.recording.name, data);
}

function check({ steps, frames, rates }: ReportData): void {
  const fail = (what: string): never => {
    throw new ArgumentError(`renderReport: expected ${what}`);
  };
  if (steps.length === 0) fail("at least one step, got 0");
  steps.forEach(({ joints, truth }, i) => {
    for (const points of truth === undefined ? [joints] : [joints, truth]) {
      if (points.length !== POSE) fail(`${POSE} coordinates at step ${i}, got ${points.length}`);
      if (!Array.from(points).every(Number.isFinite)) fail(`finite coordinates at step ${i}`);
    }
  });
  for (const list of [frames.on, frames.off]) {
    if (list.length !== steps.length) fail(`${steps.length} frames, one a step, got ${list.length}`);
  }
  if (rates !== undefined && rates.values.length !== rates.layers.length) {
    fail(`rates of ${rates.layers.length} layers, got ${rates.values.length}`);
  }
}
