/** Charts of lines over two axes. */
import { type Axis, LETTER, MARGIN, place, scaleOf, sheet, stroke, text, type Tone, WIDTH } from "./svg.ts";

/** Points joined by a line, with its name at the right end (none if empty). */
export type Series = {
  readonly label: string;
  readonly tone: Tone;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly style?: "bold" | "thin" | "dashed";
};

/** A dot with a text beside it. */
export type Mark = { readonly x: number; readonly y: number; readonly label: string; readonly tone: Tone };

/** One coordinate system. */
export type Panel = {
  readonly title?: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  readonly marks?: readonly Mark[];
};

/** A chart. */
export type Figure = {
  readonly title: string;
  readonly subtitle: string;
  readonly panels: readonly Panel[];
  readonly columns?: number;
  readonly panelHeight?: number;
};

/** Height of a line of text. */
const LINE = 15;

/** Draws a chart, 760 px wide. */
export function draw({ title, subtitle, panels, columns = 1, panelHeight = 300 }: Figure): string {
  const top = 64;
  const parts: string[] = [];
  for (let first = 0; first < panels.length; first += columns) {
    const row = panels.slice(first, first + columns);
    const aside = row.map((panel) => leftOf(panel) + rightOf(panel));
    // All of a row are equally wide but for what stands beside them.
    const width = (WIDTH - 2 * MARGIN - aside.reduce((a, b) => a + b)) / columns;
    let left = MARGIN;
    for (const [i, panel] of row.entries()) {
      const y = top + (first / columns) * panelHeight;
      parts.push(panelOf(panel, left, y, aside[i]! + width, panelHeight - 12));
      left += aside[i]! + width;
    }
  }
  return sheet(title, subtitle, top + Math.ceil(panels.length / columns) * panelHeight, parts.join(""));
}

function panelOf(panel: Panel, left: number, top: number, width: number, height: number): string {
  const { title, x, y, series, marks = [] } = panel;
  const [xText, yText] = [x.format ?? String, y.format ?? String];
  const plot = {
    left: left + leftOf(panel),
    right: left + width - rightOf(panel),
    top: top + (title === undefined ? 26 : 44),
    bottom: top + height - 40,
  };
  const atX = scaleOf(x, plot.left, plot.right);
  const atY = scaleOf(y, plot.bottom, plot.top);
  const lines = series.map((one) => {
    const d = one.points
      .map(([a, b], i) => `${i === 0 ? "M" : "L"}${place(atX(a))} ${place(atY(b))}`)
      .join("");
    const line = `<path d="${d}" style="stroke:var(--${one.tone});${looks[one.style ?? "bold"]}"/>\n`;
    if (one.style !== undefined) return line;
    const dots = one.points.map(
      ([a, b]) =>
        `<circle cx="${place(atX(a))}" cy="${place(atY(b))}" r="3" style="fill:var(--${one.tone})"/>\n`,
    );
    return line + dots.join("");
  });
  const dots = marks.map(
    ({ x: a, y: b, label, tone }) =>
      `<circle cx="${place(atX(a))}" cy="${place(atY(b))}" r="4.5" style="fill:var(--ground);stroke:var(--${tone});stroke-width:2"/>\n` +
      text(atX(a) - 8, atY(b) + 18, label, "halo end", tone),
  );
  return [
    ...(title === undefined ? [] : [text(left, top + 14, title, "head")]),
    text(left, plot.top - 12, y.label, "faint"),
    text(plot.right, plot.bottom + 34, x.label, "faint end"),
    ...y.ticks.map((tick) => stroke([plot.left, atY(tick)], [plot.right, atY(tick)], "grid")),
    ...y.ticks.map((tick) => text(plot.left - 6, atY(tick) + 4, yText(tick), "faint end")),
    ...x.ticks.map((tick) => stroke([atX(tick), plot.bottom], [atX(tick), plot.bottom + 4], "axis")),
    ...x.ticks.map((tick) => text(atX(tick), plot.bottom + 17, xText(tick), "faint middle")),
    stroke([plot.left, plot.bottom], [plot.right, plot.bottom], "axis"),
    ...lines,
    ...dots,
    ...endLabels(series, atX, atY),
  ].join("");
}

/** Room for the numbers of the upright axis. */
function leftOf({ y }: Panel): number {
  return 8 + Math.max(...y.ticks.map((tick) => (y.format ?? String)(tick).length)) * 7;
}

/** Room for the names of lines. */
function rightOf({ series }: Panel): number {
  return 16 + Math.max(8, ...series.map(({ label }) => label.length * LETTER));
}

const looks = {
  bold: "stroke-width:2.5",
  thin: "stroke-width:1;opacity:.45",
  dashed: "stroke-width:2;stroke-dasharray:5 5",
} as const;

/** Names beside the last points, pushed apart where they would overlap. */
function endLabels(
  series: readonly Series[],
  atX: (value: number) => number,
  atY: (value: number) => number,
): string[] {
  const labels = series
    .filter(({ label, points }) => label !== "" && points.length > 0)
    .map(({ label, tone, points }) => {
      const [x, y] = points.at(-1)!;
      return { label, tone, x: atX(x) + 7, y: atY(y) + 4 };
    })
    .sort((a, b) => a.y - b.y);
  for (let round = 0; round < 50; round++) {
    for (let i = 1; i < labels.length; i++) {
      const overlap = LINE - (labels[i]!.y - labels[i - 1]!.y);
      if (overlap <= 0) continue;
      labels[i - 1]!.y -= overlap / 2;
      labels[i]!.y += overlap / 2;
    }
  }
  return labels.map(({ label, tone, x, y }) => text(x, y, label, "", tone));
}

/** Five or so round ticks from 0 to a value or a little above. */
export function ticksTo(most: number): number[] {
  const power = 10 ** Math.floor(Math.log10(most / 4));
  const step = [1, 2, 2.5, 5, 10].find((round) => round * power >= most / 4)! * power;
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, i) => Number((i * step).toPrecision(6)));
}

/** Ticks that double, from one below a value to one above another. */
export function doublings(from: number, to: number): number[] {
  const first = Math.floor(Math.log2(from) + 1e-9);
  const last = Math.ceil(Math.log2(to) - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => 2 ** (first + i));
}
