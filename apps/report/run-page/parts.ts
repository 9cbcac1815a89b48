/** Where a model is good and where it is not: by class, by joint, by step of the window. */
import { namedBar } from "../page/bar.ts";
import { JOINT_COLUMNS, NAMES } from "../page/body.ts";
import { html } from "../page/dom.ts";
import { digits, percent } from "../page/format.ts";
import { about } from "../page/lane.ts";
import type { Measured, MeasuredRow } from "../run-data.ts";
import { chart, lineOf, stats } from "./chart.ts";
import { colourOf } from "./rows.ts";
import { linearScale } from "./scale.ts";

/** The section of classes of pixels. */
export function iouSection({ rows }: Measured): HTMLElement[] {
  const [first, ...beside] = rows.filter(({ iou }) => iou !== undefined);
  if (first === undefined) return [];
  const byShare = first.iou!.map(({ share }, i) => [i, share ?? -1] as const).sort(([, a], [, b]) => b - a);
  return [
    html(
      "section",
      { class: "row", id: "iou" },
      about(
        "Classes",
        "Intersection over union: the pixels that truth and model agree on, as a share of those that either says. A dash: a class that is not there.",
        legend(rows, [first, ...beside]),
      ),
      html(
        "div",
        { class: "joints even" },
        ...byShare.map(([i]) =>
          compared(first.iou![i]!.name, [first, ...beside], rows, (row) => row.iou![i]?.share ?? null, {
            most: 1,
            text: percent,
          }),
        ),
      ),
    ),
  ];
}

/** The section of joints of a body. */
export function jointSection({ rows }: Measured): HTMLElement[] {
  const known = rows.filter(({ perJoint }) => perJoint?.length === NAMES.length);
  if (known.length === 0) return [];
  const most = Math.max(...known.flatMap(({ perJoint }) => perJoint!), 1e-9);
  const text = (millimetres: number) => `${digits(millimetres)} mm`;
  return [
    html(
      "section",
      { class: "row", id: "joints" },
      about(
        "Joints",
        "Mean distance between predicted and true joints once both pelvises coincide.",
        legend(rows, known),
      ),
      html(
        "div",
        { class: "joints" },
        ...JOINT_COLUMNS.map(([title, joints]) =>
          html(
            "div",
            {},
            html("h3", {}, title),
            ...joints.map((j) =>
              compared(NAMES[j]![0], known, rows, (row) => row.perJoint![j]!, { most, text }),
            ),
          ),
        ),
      ),
    ),
  ];
}

/** The section of steps of a window. */
export function stepSection({ rows, unit }: Measured): HTMLElement[] {
  const known = rows.filter(({ perStep }) => perStep !== undefined);
  const steps = Math.max(0, ...known.map(({ perStep }) => perStep!.length));
  if (steps < 2) return [];
  const places = Array.from({ length: steps }, (_, t) => t + 1);
  const colour = (row: MeasuredRow) => colourOf(rows, rows.indexOf(row));
  const at = ({ perStep }: MeasuredRow, t: number) => perStep![t] ?? NaN;
  return [
    html(
      "section",
      { class: "row", id: "steps" },
      about("Steps of the window", "Error after each step, the mean of all windows."),
      chart({
        height: 210,
        steps: places,
        first: 1,
        last: steps,
        lines: known.map((row) => lineOf(row.perStep!, row.baseline, colour(row))),
        scale: linearScale(known.flatMap(({ perStep }) => perStep!)),
        unit,
        label: `Error after each of ${steps} steps, ${unit}`,
        margin: stats(
          known.map((row) => ({
            name: row.name,
            value: digits(at(row, steps - 1)),
            colour: colour(row),
            dashed: row.baseline,
          })),
        ),
        tip: (t) => [`step ${t + 1}`, ...known.map((row) => `${row.name} ${digits(at(row, t))}`)].join("\n"),
      }),
    ),
  ];
}

/** A bar of the first row, with ticks of those beside it. */
function compared(
  name: string,
  [first, ...beside]: readonly MeasuredRow[],
  rows: readonly MeasuredRow[],
  of: (row: MeasuredRow) => number | null,
  { most, text }: { readonly most: number; readonly text: (value: number) => string },
): HTMLElement {
  const own = of(first!);
  const ticks = beside.flatMap((row) => {
    const value = of(row);
    if (value === null) return [];
    const style = `left: ${(100 * value) / most}%; background: var(--${colourOf(rows, rows.indexOf(row))})`;
    return [html("b", { style })];
  });
  const bar = namedBar(
    {
      name,
      value: own === null ? "–" : text(own),
      share: (own ?? 0) / most,
      colour: `var(--${colourOf(rows, rows.indexOf(first!))})`,
    },
    ...ticks,
  );
  bar.title = [first!, ...beside].map((row) => `${row.name}: ${text(of(row) ?? NaN)}`).join("\n");
  return bar;
}

/** What bar and ticks are, where there is more than the bar. */
function legend(rows: readonly MeasuredRow[], known: readonly MeasuredRow[]): HTMLElement {
  const entries = known.map((row, i) =>
    html(
      "span",
      {},
      html("i", {
        class: i === 0 ? "key" : "key tick",
        style: `--colour: var(--${colourOf(rows, rows.indexOf(row))})`,
      }),
      row.name,
    ),
  );
  return html("div", { class: "legend" }, ...(known.length > 1 ? entries : []));
}
