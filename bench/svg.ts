/** What charts are drawn with: SVG that reads on light and on dark pages. */

/** A colour by what it stands for; the same in all charts. */
export type Tone = "float" | "integer" | "dense" | "rival" | "other";

/** An axis from its first tick to its last. */
export type Axis = {
  readonly label: string;
  readonly scale: "linear" | "log";
  readonly ticks: readonly number[];
  readonly format?: (tick: number) => string;
};

/** Width of every chart, and the room at its sides. */
export const WIDTH = 760;
export const MARGIN = 20;
/** Mean width of a letter at 12 px. */
export const LETTER = 6.3;

const tones: Record<Tone, readonly [light: string, dark: string]> = {
  float: ["#2563c9", "#6ea8fe"],
  integer: ["#c2410c", "#fb923c"],
  dense: ["#0f7b6c", "#3fc7b4"],
  rival: ["#6b7280", "#9ca3af"],
  other: ["#8b3fb5", "#c792ea"],
};

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

/** A coordinate as text. */
export function place(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
