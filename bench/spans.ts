/** Charts of spans: how much a time varies, a row each. */
import { type Axis, LETTER, MARGIN, place, scaleOf, sheet, stroke, text, type Tone, WIDTH } from "./svg.ts";

/** A row: a thick line from the first to the second value, a dot at the first, a thin line to the third. */
export type Span = {
  readonly label: string;
  readonly tone: Tone;
  readonly values: readonly [typical: number, high: number, highest: number];
};

/** Rows under a heading. */
export type SpanGroup = { readonly title: string; readonly spans: readonly Span[] };

/** A chart of spans. */
export type SpanFigure = {
  readonly title: string;
  readonly subtitle: string;
  readonly x: Axis;
  /** Upright lines with their names. */
  readonly limits: readonly { readonly x: number; readonly label: string }[];
  readonly groups: readonly SpanGroup[];
};

const ROW = 19;
const GROUP = 26;
const TOP = 92;

/** Draws a chart, 760 px wide. */
export function drawSpans({ title, subtitle, x, limits, groups }: SpanFigure): string {
  const labels = groups.flatMap(({ spans }) => spans.map(({ label }) => label.length * LETTER));
  const left = MARGIN + Math.max(...labels) + 22;
  const right = WIDTH - MARGIN - 12;
  const at = scaleOf(x, left, right);
  const format = x.format ?? String;
  const parts: string[] = [];
  let y = TOP;
  for (const { title: heading, spans } of groups) {
    parts.push(text(MARGIN, y + 10, heading, "head"));
    y += GROUP;
    for (const span of spans) {
      parts.push(rowOf(span, y, left, at));
      y += ROW;
    }
    y += 6;
  }
  const bottom = y;
  const axis = [
    ...x.ticks.map((tick) => stroke([at(tick), TOP - 8], [at(tick), bottom], "grid")),
    ...x.ticks.map((tick) => text(at(tick), bottom + 17, format(tick), "faint middle")),
    text(right, bottom + 36, x.label, "faint end"),
    ...limits.map((limit) => stroke([at(limit.x), TOP - 8], [at(limit.x), bottom], "axis")),
    ...limits.map((limit) => text(at(limit.x), TOP - 14, limit.label, "faint middle")),
  ];
  return sheet(title, subtitle, bottom + 50, [...axis, ...parts].join(""));
}

function rowOf({ label, tone, values }: Span, y: number, left: number, at: (x: number) => number): string {
  const [typical, high, highest] = values.map(at) as [number, number, number];
  const line = (from: number, to: number, width: number): string =>
    `<path d="M${place(from)} ${y}H${place(to)}" style="stroke:var(--${tone});stroke-width:${width}"/>\n`;
  return [
    text(left - 12, y + 4, label, "faint end"),
    line(high, highest, 1),
    `<path d="M${place(highest)} ${y - 3}V${y + 3}" style="stroke:var(--${tone});stroke-width:1"/>\n`,
    line(typical, high, 4),
    `<circle cx="${place(typical)}" cy="${y}" r="5" style="fill:var(--${tone})"/>\n`,
  ].join("");
}
