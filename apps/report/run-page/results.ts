/** What was measured: numbers to remember, and the table of all. */
import { byId, html } from "../page/dom.ts";
import { digits, inFull } from "../page/format.ts";
import { about } from "../page/lane.ts";
import { figure } from "../page/masthead.ts";
import type { RunReport } from "../run-data.ts";
import { bestOf, headlineOf, shown } from "./rows.ts";
import { smooth } from "./smooth.ts";

/** Baselines of which a number is shown at the top. */
const TOP_BASELINES = 2;

/** The numbers to remember. */
export function summary({ measured, curves }: RunReport): HTMLElement {
  const { label, unit, text } = headlineOf(measured);
  const { rows, headline, on } = measured;
  const value = (i: number) => text(rows[i]!.values[headline.column]);
  const own = curves?.evaluations.rows[0]?.values ?? [];
  const best = bestOf(own, headline.better);
  const known =
    best < 0 || best === own.length - 1
      ? ""
      : `; best: ${text(own[best])} after ${inFull(curves!.evaluations.steps[best]!)}`;
  const loss = smooth(curves?.training.loss ?? []);
  return html(
    "section",
    { class: "row", "aria-label": "Summary" },
    html(
      "dl",
      { class: "summary across" },
      ...rows.flatMap(({ name, baseline }, i) => {
        if (!baseline)
          return [
            figure(
              value(i),
              unit,
              i === 0 ? label : name,
              `${on}${i === 0 ? known : ""}`,
              i === 0 ? "net" : "",
            ),
          ];
        const place = rows.slice(0, i).filter((row) => row.baseline).length;
        return place < TOP_BASELINES ? [figure(value(i), unit, `${label}, ${name}`, "baseline")] : [];
      }),
      ...(loss.length > 0
        ? [
            figure(
              digits(loss.at(-1)!),
              "",
              "Loss",
              `smoothed; ${digits(curves!.training.loss[0]!)} at first`,
            ),
          ]
        : []),
    ),
  );
}

/** The section of all columns. */
export function results({ measured }: RunReport): HTMLElement {
  const { unit, columns, rows, headline, on } = measured;
  const style = (column: number) => (column === headline.column ? { class: "headline" } : {});
  return html(
    "section",
    { class: "row", id: "table" },
    about("Metrics", `${on[0]!.toUpperCase()}${on.slice(1)}.`),
    html(
      "div",
      { class: "scroll" },
      html(
        "table",
        {},
        html(
          "thead",
          {},
          html(
            "tr",
            {},
            html("th", { scope: "col" }, unit),
            ...columns.map(({ label }, i) => html("th", { scope: "col", ...style(i) }, label)),
          ),
        ),
        html(
          "tbody",
          {},
          ...rows.map(({ name, baseline, values }) =>
            html(
              "tr",
              { class: baseline ? "baseline" : "model" },
              html("th", { scope: "row" }, name),
              ...columns.map((column, i) => html("td", style(i), shown(values[i], column.digits))),
            ),
          ),
        ),
      ),
    ),
  );
}

/** The section of the configuration. */
export function configuration(config: string): HTMLElement {
  return html(
    "section",
    { class: "row", id: "configuration" },
    about("Configuration", "With what it left out filled in; saccade train takes it as it stands."),
    html("pre", { tabindex: 0 }, config),
  );
}

/** Fills the last line. */
export function source({ madeBy }: RunReport): void {
  byId("source").textContent = madeBy;
}
