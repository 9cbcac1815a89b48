/** Joint error over time and per joint; joint speed where the truth is not known. */
import type { ReportData } from "../data.ts";
import { namedBar } from "./bar.ts";
import { JOINT_COLUMNS, NAMES } from "./body.ts";
import { byId, html, onResize, svg } from "./dom.ts";
import { digits, seconds } from "./format.ts";
import { about, lane, roundTicks, timeAxis } from "./lane.ts";
import { type JointSeries, mean, pelvisAlignedErrors, quantile, speeds } from "./metrics.ts";
import type { Player } from "./player.ts";

const HEIGHT = 190;

/** Fills the section `#accuracy`. */
export function accuracy(data: ReportData, player: Player): void {
  const known = data.steps.some(({ truth }) => truth !== undefined);
  const series = known ? pelvisAlignedErrors(data.steps) : speeds(data.steps);
  const unit = known ? "mm" : "m/s";
  const times = data.steps.map(({ tUs }) => tUs);
  const text = known
    ? about(
        "Joint error",
        "Distance between predicted and true joints once both pelvises coincide, averaged over 24 joints (PEL-MPJPE).",
        "Below, each joint’s mean; the tick is the current step.",
      )
    : about(
        "Joint speed",
        "How fast the predicted joints move, averaged over 24 joints. The recording has no ground truth, so there is no error to show.",
        "Below, each joint’s mean; the tick is the current step.",
      );
  byId("accuracy").append(
    text,
    html("div", {}, curve(series, unit, times, player), timeAxis(times), jointTable(series, unit, player)),
  );
}

function curve(
  { perStep }: JointSeries,
  unit: string,
  times: readonly number[],
  player: Player,
): HTMLElement {
  const known = perStep.filter(Number.isFinite);
  const ticks = roundTicks(Math.max(0, ...known), 4);
  const top = ticks.at(-1)!;
  const y = (value: number) => HEIGHT * (1 - value / top);
  const average = mean(perStep);
  const { element, gutter, plot, margin } = lane(player, {
    height: HEIGHT,
    columns: perStep.length,
    label: `Mean over all joints at each step, from ${digits(Math.min(...known))} to ${digits(Math.max(...known))} ${unit}`,
    tip: (i) => `${seconds(times[i]! - times[0]!)} s   ${digits(perStep[i]!)} ${unit}`,
  });
  gutter.classList.add("ticks");
  for (const tick of ticks) {
    const label = tick === top ? `${tick} ${unit}` : String(tick);
    gutter.append(html("span", { style: `bottom: ${(tick / top) * 100}%` }, label));
  }
  const picture = svg("svg", { "aria-hidden": "true" });
  plot.prepend(picture);
  onResize(plot, (width) => {
    const x = (i: number) => ((i + 0.5) / perStep.length) * width;
    let line = "";
    let area = "";
    let from = -1;
    // Steps without a value interrupt the line.
    for (let i = 0; i <= perStep.length; i++) {
      const value = perStep[i];
      if (value !== undefined && Number.isFinite(value)) {
        line += `${from < 0 ? "M" : "L"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
        area += from < 0 ? `M${x(i).toFixed(1)} ${HEIGHT}` : "";
        area += `L${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
        if (from < 0) from = i;
      } else if (from >= 0) {
        area += `L${x(i - 1).toFixed(1)} ${HEIGHT}Z`;
        from = -1;
      }
    }
    picture.replaceChildren(
      ...ticks.map((tick) => svg("line", { x1: 0, x2: width, y1: y(tick), y2: y(tick), class: "grid" })),
      svg("path", { d: area, class: "area" }),
      ...(known.length > 0
        ? [svg("line", { x1: 0, x2: width, y1: y(average), y2: y(average), class: "mean" })]
        : []),
      svg("path", { d: line, class: "curve" }),
    );
  });
  const row = (name: string, value: number) =>
    html("div", {}, html("dt", {}, name), html("dd", {}, `${digits(value)} ${unit}`));
  const now = html("dd");
  margin.append(
    html(
      "dl",
      { class: "stats" },
      html("div", {}, html("dt", {}, "Now"), now),
      row("Mean", average),
      row("Median", quantile(perStep, 0.5)),
      row("95 %", quantile(perStep, 0.95)),
      row("Worst", known.length > 0 ? Math.max(...known) : NaN),
    ),
  );
  player.onChange((step) => {
    now.textContent = `${digits(perStep[step]!)} ${unit}`;
  });
  return element;
}

/** Left, centre and right side by side, so that a pair of joints is read along a line. */
function jointTable({ values, perJoint }: JointSeries, unit: string, player: Player): HTMLElement {
  const every = values.flat();
  const top = Math.max(quantile(every, 0.98) || 0, ...perJoint.filter(Number.isFinite)) || 1;
  const ticks: HTMLElement[] = [];
  const joint = (j: number): HTMLElement => {
    const tick = (ticks[j] = html("b"));
    const value = perJoint[j]!;
    const side = NAMES[j]![1];
    const colour = side === "" ? "net" : `net-${side}`;
    const share = (value || 0) / top;
    return namedBar({ name: NAMES[j]![0], value: digits(value), share, colour: `var(--${colour})` }, tick);
  };
  const table = html(
    "div",
    { class: "joints" },
    ...JOINT_COLUMNS.map(([title, joints]) =>
      html("div", {}, html("h3", {}, `${title}, ${unit}`), ...joints.map(joint)),
    ),
  );
  player.onChange((step) => {
    ticks.forEach((tick, j) => {
      const value = values[step]?.[j];
      tick.hidden = value === undefined;
      if (value !== undefined) tick.style.left = `${Math.min(100, (value / top) * 100)}%`;
    });
  });
  return table;
}
