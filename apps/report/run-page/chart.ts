/** Lines over steps, with values under the pointer. */
import { html, onResize, svg } from "../page/dom.ts";
import { count } from "../page/format.ts";
import { axis, plotBox, roundTicks } from "../page/lane.ts";
import type { Scale } from "./scale.ts";

/** Values of a line whose places are still told apart. */
const MAX_DOTS = 60;

/** A line of a chart. */
export type Line = {
  readonly values: readonly (number | null)[];
  /** Name of a colour of style.css. */
  readonly colour: string;
  readonly style: "bold" | "thin" | "dashed";
  /** A dot at each value. */
  readonly dots?: boolean;
};

/** What a chart shows. */
export type ChartOptions = {
  readonly height: number;
  /** Places of the values: above 0, ascending. */
  readonly steps: readonly number[];
  /** Step at the left border; 0 by default. */
  readonly first?: number;
  /** Step at the right border. */
  readonly last: number;
  readonly lines: readonly Line[];
  /** The region between two lines. */
  readonly band?: { readonly low: readonly number[]; readonly high: readonly number[] };
  readonly scale: Scale;
  /** What a value is, by its place in `steps`. */
  readonly tip: (index: number) => string;
  /** Described to those who do not see it. */
  readonly label: string;
};

/** The line of a model, or of a baseline. */
export function lineOf(values: Line["values"], baseline: boolean, colour: string): Line {
  return {
    values,
    colour,
    style: baseline ? "dashed" : "bold",
    dots: !baseline && values.length <= MAX_DOTS,
  };
}

/** A plot in the page's columns, with names of its ticks; its steps below. */
export function chart(
  options: ChartOptions & { readonly unit: string; readonly margin: HTMLElement },
): HTMLElement {
  const { scale, unit, margin, first = 0, last } = options;
  const gutter = html("div", { class: "gutter ticks" });
  const top = scale.ticks.at(-1)!;
  for (const tick of scale.ticks) {
    const text = tick === top ? `${tickText(tick)} ${unit}`.trim() : tickText(tick);
    gutter.append(html("span", { style: `bottom: ${scale.at(tick) * 100}%` }, text));
  }
  const ticks = roundTicks(last, 6).filter((step) => step >= first && step <= last && Number.isInteger(step));
  return html(
    "div",
    { class: "chart" },
    html("div", { class: "lane" }, gutter, plot(options), html("div", { class: "margin" }, margin)),
    axis(ticks.map((step) => [tickText(step), (step - first) / (last - first)])),
  );
}

/** The plot alone. */
export function plot({
  height,
  steps,
  first = 0,
  last,
  lines,
  band,
  scale,
  tip,
  label,
}: ChartOptions): HTMLElement {
  // The pointer finds the value that is nearest to it.
  const nearest = (place: number) => {
    const after = steps.findIndex((step) => step >= place);
    if (after <= 0) return after < 0 ? steps.length - 1 : 0;
    return place - steps[after - 1]! < steps[after]! - place ? after - 1 : after;
  };
  const columns = 4 * steps.length;
  const shareOf = (step: number) => (step - first) / (last - first);
  const hair = html("div", { class: "hair", hidden: "" });
  const box = plotBox({
    height,
    columns,
    label,
    tip: (column) => {
      const index = nearest(first + ((column + 0.5) / columns) * (last - first));
      hair.style.left = `${shareOf(steps[index]!) * 100}%`;
      return tip(index);
    },
  });
  box.addEventListener("pointermove", () => (hair.hidden = false));
  box.addEventListener("pointerleave", () => (hair.hidden = true));
  const picture = svg("svg", { "aria-hidden": "true" });
  box.prepend(picture, hair);
  onResize(box, (width) => {
    const x = (i: number) => (shareOf(steps[i]!) * width).toFixed(1);
    const y = (value: number) => (height * (1 - Math.max(0, Math.min(1, scale.at(value))))).toFixed(1);
    picture.replaceChildren(
      ...scale.ticks.map((tick) =>
        svg("line", { x1: 0, x2: width, y1: y(tick), y2: y(tick), class: "grid" }),
      ),
      ...(band === undefined
        ? []
        : [
            svg("path", {
              class: "area",
              d: `M${band.low.map((value, i) => `${x(i)} ${y(value)}`).join("L")}L${band.high
                .map((value, i) => `${x(i)} ${y(value)}`)
                .reverse()
                .join("L")}Z`,
            }),
          ]),
      // The model last, over what it is measured beside.
      ...lines.toReversed().flatMap(({ values, colour, style, dots }) => {
        const known = values.flatMap((value, i) => (value === null ? [] : [[i, value] as const]));
        const points = known.map(([i, value]) => `${x(i)} ${y(value)}`);
        if (points.length === 0) return [];
        // What a baseline always tells is true of all steps.
        const always = style === "dashed" && known.every(([, value]) => value === known[0]![1]);
        const d = always ? `M0 ${y(known[0]![1])}H${width}` : `M${points.join("L")}`;
        return [
          svg("path", { d, class: `line ${style}`, style: `stroke: var(--${colour})` }),
          ...(dots === true
            ? known.map(([i, value]) =>
                svg("circle", { cx: x(i), cy: y(value), r: 3, style: `fill: var(--${colour})` }),
              )
            : []),
        ];
      }),
    );
  });
  return box;
}

/** A round number, short. */
function tickText(tick: number): string {
  return Math.abs(tick) >= 10_000 ? count(tick).replace(/\.?0+(?= )/, "") : String(tick);
}

/** Names of lines and their values, for the margin. */
export function stats(
  rows: readonly { name: string; value: string; colour?: string; dashed?: boolean }[],
): HTMLElement {
  return html(
    "dl",
    { class: "stats" },
    ...rows.map(({ name, value, colour, dashed = false }) => {
      const key =
        colour === undefined
          ? []
          : [html("i", { class: dashed ? "key dash" : "key line", style: `--colour: var(--${colour})` })];
      return html("div", {}, html("dt", {}, ...key, name), html("dd", {}, value));
    }),
  );
}
