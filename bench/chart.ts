/** Charts as SVG that read on light and on dark pages: lines over axes, and spans of times. No more than that. */

/** A colour by what it stands for; the same in all charts. */
export type Tone = "float" | "integer" | "dense" | "rival" | "other";

/** Points joined by a line, with its name at the right end (none if empty). */
export type Series = {
  readonly label: string;
  readonly tone: Tone;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly style?: "bold" | "thin" | "dashed";
};

/** An axis from its first tick to its last. */
export type Axis = {
  readonly label: string;
  readonly scale: "linear" | "log";
  readonly ticks: readonly number[];
  readonly format?: (tick: number) => string;
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

const WIDTH = 760;
const MARGIN = 20;
/** Mean width of a letter at 12 px. */
const LETTER = 6.3;
const LINE = 15;

const tones: Record<Tone, readonly [light: string, dark: string]> = {
  float: ["#2563c9", "#6ea8fe"],
  integer: ["#c2410c", "#fb923c"],
  dense: ["#0f7b6c", "#3fc7b4"],
  rival: ["#6b7280", "#9ca3af"],
  other: ["#8b3fb5", "#c792ea"],
};

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

/** The frame of every chart: colours, background and title. */
export function sheet(title: string, subtitle: string, height: number, content: string): string {
  const colours = (dark: 0 | 1): string =>
    Object.entries(tones)
      .map(([tone, pair]) => `--${tone}:${pair[dark]}`)
      .join(";");
  const style = `
svg{--ground:#ffffff;--ink:#1f2328;--faint:#59636e;--grid:#d9dee3;${colours(0)}}
@media (prefers-color-scheme:dark){svg{--ground:#0d1117;--ink:#f0f6fc;--faint:#9198a1;--grid:#2b323b;${colours(1)}}}
text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:var(--ink)}
.title{font-size:16px;font-weight:600}.head{font-weight:600}.faint{fill:var(--faint)}
.end{text-anchor:end}.middle{text-anchor:middle}
.halo{stroke:var(--ground);stroke-width:4px;stroke-linejoin:round;paint-order:stroke}
path{fill:none;stroke-linejoin:round;stroke-linecap:round}.grid{stroke:var(--grid);stroke-width:1}
.axis{stroke:var(--faint);stroke-width:1}
`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">
<style>${style}</style>
<rect width="${WIDTH}" height="${height}" rx="6" fill="var(--ground)"/>
${text(MARGIN, 30, title, "title")}${text(MARGIN, 49, subtitle, "faint")}${content}</svg>
`;
}

/** A line of text; classes: `title`, `head`, `faint`, `end`, `middle`, `halo`. */
export function text(x: number, y: number, content: string, classes = "", tone?: Tone): string {
  const colour = tone === undefined ? "" : ` style="fill:var(--${tone})"`;
  const look = classes === "" ? "" : ` class="${classes}"`;
  return `<text x="${place(x)}" y="${place(y)}"${look}${colour}>${escaped(content)}</text>\n`;
}

/** A straight line. */
export function stroke(
  from: readonly [number, number],
  to: readonly [number, number],
  classes: string,
): string {
  return `<path class="${classes}" d="M${place(from[0])} ${place(from[1])}L${place(to[0])} ${place(to[1])}"/>\n`;
}

/** Where a value of an axis lies between two places. */
export function scaleOf({ scale, ticks }: Axis, from: number, to: number): (value: number) => number {
  const along = scale === "log" ? Math.log : (value: number) => value;
  const [first, last] = [along(ticks[0]!), along(ticks.at(-1)!)];
  return (value) => from + ((along(value) - first) / (last - first)) * (to - from);
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
    return `<path d="${d}" style="stroke:var(--${one.tone});${looks[one.style ?? "bold"]}"/>\n`;
  });
  const dots = marks.map(
    ({ x: a, y: b, label, tone }) =>
      `<circle cx="${place(atX(a))}" cy="${place(atY(b))}" r="4.5" style="fill:var(--ground);stroke:var(--${tone});stroke-width:2"/>\n` +
      text(atX(a) + 8, atY(b) - 8, label, "halo", tone),
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

function place(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
