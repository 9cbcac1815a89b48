/** How a model learnt: the headline metric, the loss and its terms, step by step. */
import { choice, html } from "../page/dom.ts";
import { digits, inFull } from "../page/format.ts";
import { about } from "../page/lane.ts";
import type { EvaluationCurves, Measured, RunReport, StepCurves } from "../run-data.ts";
import { chart, lineOf, plot, stats } from "./chart.ts";
import { bestOf, colourOf, headlineOf } from "./rows.ts";
import { linearScale, logarithmicScale } from "./scale.ts";
import { smooth } from "./smooth.ts";

type Curves = NonNullable<RunReport["curves"]>;

/** The sections of a run; none before the first step. */
export function learning({ training, evaluations }: Curves, measured: Measured): HTMLElement[] {
  const last = Math.max(1, training.steps.at(-1) ?? 0, evaluations.steps.at(-1) ?? 0);
  return [
    ...(evaluations.steps.length > 0 ? [metric(evaluations, measured, last)] : []),
    ...(training.steps.length > 0 ? [loss(training, last), others(training, last)] : []),
  ];
}

function metric({ steps, rows }: EvaluationCurves, measured: Measured, last: number): HTMLElement {
  const { label, unit, text } = headlineOf(measured);
  const lines = rows.map(({ values, baseline }, i) => lineOf(values, baseline, colourOf(rows, i)));
  const known = rows.flatMap(({ values }) => values.filter((value) => value !== null));
  const best = bestOf(rows[0]!.values, measured.headline.better);
  const margin = stats([
    ...rows.map(({ name, values }, i) => ({
      name,
      value: text(values.at(-1)),
      colour: lines[i]!.colour,
      dashed: lines[i]!.style === "dashed",
    })),
    { name: `Best, at ${inFull(steps[best] ?? 0)}`, value: text(rows[0]!.values[best]) },
  ]);
  return html(
    "section",
    { class: "row", id: "metric" },
    about(
      label,
      `Of the validation data, after so many steps of training. ${measured.headline.better === "low" ? "Low" : "High"} is good.`,
    ),
    chart({
      height: 230,
      steps,
      last,
      lines,
      scale: linearScale(known.length > 0 ? known : [0]),
      unit,
      margin,
      label: `${label} of the validation data, from ${text(rows[0]!.values[0])} to ${text(rows[0]!.values.at(-1))} ${unit}`,
      tip: (i) =>
        [`step ${inFull(steps[i]!)}`, ...rows.map(({ name, values }) => `${name} ${text(values[i])}`)].join(
          "\n",
        ),
    }),
  );
}

function loss({ steps, loss: values, lowest, highest }: StepCurves, last: number): HTMLElement {
  const smoothed = smooth(values);
  const margin = () =>
    stats([
      { name: "First", value: digits(values[0]!) },
      { name: "Last", value: digits(smoothed.at(-1)!), colour: "net" },
      { name: "Lowest", value: digits(Math.min(...smoothed)) },
    ]);
  const place = html("div");
  const draw = (logarithmic: boolean) =>
    place.replaceChildren(
      chart({
        height: 230,
        steps,
        last,
        lines: [
          { values: smoothed, colour: "net", style: "bold" },
          { values, colour: "net-left", style: "thin" },
        ],
        band: { low: lowest, high: highest },
        scale: logarithmic ? logarithmicScale(values) : linearScale(values),
        unit: "",
        margin: margin(),
        label: `Loss, from ${digits(values[0]!)} to ${digits(smoothed.at(-1)!)}`,
        tip: (i) => `step ${inFull(steps[i]!)}   ${digits(values[i]!)}   smoothed ${digits(smoothed[i]!)}`,
      }),
    );
  draw(false);
  const scales = [
    ["Linear", false],
    ["Logarithmic", true],
  ] as const;
  // Logarithms are of what is above zero, which losses may leave.
  const switchable = Math.min(...lowest) > 0;
  return html(
    "section",
    { class: "row", id: "loss" },
    about(
      "Loss",
      steps.length === steps.at(-1)! - steps[0]! + 1
        ? "Thin: of each step. Bold: the mean of the steps around it."
        : "Thin: means of neighbouring steps, and from the lowest of them to the highest. Bold: the mean around it.",
      ...(switchable ? [choice<boolean>("Scale", scales, false, draw)] : []),
    ),
    place,
  );
}

function others({ steps, others: curves }: StepCurves, last: number): HTMLElement {
  const minis = curves.map(({ name, values }) =>
    html(
      "figure",
      { class: "mini" },
      html("figcaption", {}, html("h3", {}, name), html("span", {}, digits(values.at(-1)!))),
      plot({
        height: 72,
        steps,
        last,
        lines: [{ values, colour: "net", style: "bold" }],
        scale: floorAndTop(values),
        label: `${name}, from ${digits(values[0]!)} to ${digits(values.at(-1)!)}`,
        tip: (i) => `step ${inFull(steps[i]!)}   ${digits(values[i]!)}`,
      }),
    ),
  );
  return html(
    "section",
    { class: "row", id: "others" },
    about(
      "Step by step",
      curves.some(({ name }) => name.startsWith("loss: "))
        ? "Each in its own scale; the number is that of the last step. The terms of the loss are as they are before their weights."
        : "Each in its own scale; the number is that of the last step.",
    ),
    html("div", { class: "minis" }, ...minis),
  );
}

/** A scale whose only lines are the foot and the head, which no name needs. */
function floorAndTop(values: readonly number[]) {
  const { ticks, at } = linearScale(values);
  return { ticks: [ticks[0]!, ticks.at(-1)!], at };
}
