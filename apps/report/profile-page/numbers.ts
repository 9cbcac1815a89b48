/** All numbers of all steps. */
import { shortName } from "../layer-name.ts";
import { byId, html } from "../page/dom.ts";
import { count, percent } from "../page/format.ts";
import { about } from "../page/lane.ts";
import { insteadOf } from "../instead-of.ts";
import type { StepProfile } from "../../../src/engine/index.ts";
import type { ProfileReport } from "../profile-data.ts";

import { milliseconds, share } from "./kernels.ts";

const COLUMNS = [
  "Layer",
  "Computes",
  "Output",
  "Kernel",
  "Instead of",
  "Rate in",
  "Rate out",
  "Dense MACs",
  "MACs",
  "ACs",
  "Time",
  "Share",
];

/** Fills the section `#numbers`. */
export function numbers({ steps, total }: ProfileReport): void {
  const ms = steps.reduce((sum, step) => sum + step.ms, 0);
  const blanks = ["", "", "", "", "", ""];
  byId("numbers").append(
    about(
      "All numbers",
      "MACs are multiply-accumulates, ACs accumulates: each spike times the outputs that it reaches.",
      "Where there was a choice, what was not chosen stands there, and how many times as long it was estimated to take. Merged and factored are the two forms of a RepConv.",
    ),
    html(
      "div",
      { class: "scroll" },
      html(
        "table",
        { class: "numbers" },
        html("thead", {}, html("tr", {}, ...COLUMNS.map((name) => html("th", { scope: "col" }, name)))),
        html("tbody", {}, ...steps.map((step) => line(step.layer, cellsOf(step)))),
        html("tfoot", {}, line("", ["All", ...blanks, ...operations(total), milliseconds(ms), "100.0 %"])),
      ),
    ),
  );
}

function line(title: string, [first, ...rest]: readonly string[]): HTMLElement {
  const attributes = title === "" ? {} : { title };
  return html(
    "tr",
    attributes,
    html("th", { scope: "row" }, first!),
    ...rest.map((cell) => html("td", {}, cell)),
  );
}

function cellsOf(step: StepProfile): string[] {
  const rate = (value: number | null): string => (value === null ? "" : percent(value));
  return [
    shortName(step.layer),
    step.kind,
    step.outputShape.slice(2).join("×"),
    step.kernel,
    insteadOf(step),
    rate(step.firingRate),
    rate(step.outputFiringRate),
    ...operations(step),
    milliseconds(step.ms),
    share(step.share),
  ];
}

function operations({ denseMacs, macs, acs }: Pick<StepProfile, "denseMacs" | "macs" | "acs">): string[] {
  return [denseMacs, macs, acs].map((operation) => (operation === 0 ? "" : count(operation)));
}
