/** Statistics of events as one page that needs no script. */
import type { StatsData } from "./stats-data.ts";

const WIDTH = 920;
const HEIGHT = 180;
const LEFT = 64;
const BOTTOM = 26;

/**
 * The page as the text of an HTML file that opens without a network.
 *
 * @param map - the numbers of events by pixel, as the URL of a picture
 */
export function renderStats(data: StatsData, map: string): string {
  const { events, on, perPixel, rate, width, height } = data;
  const title = escape(data.file.split(/[\\/]/).at(-1)!);
  const durationUs = events === 0 ? 0 : data.lastUs! - data.firstUs!;
  const facts = [
    ["Format", data.format],
    ["Sensor", `${width} × ${height}`],
    ["Events", events.toLocaleString("en-US")],
    ["Duration", time(durationUs)],
    ["Rate", durationUs > 0 ? `${brief((events / durationUs) * 1e6)} events/s` : "–"],
    ["ON", events > 0 ? `${((100 * on) / events).toFixed(1)} %` : "–"],
    ["Active pixels", `${((100 * perPixel.active) / (width * height)).toFixed(1)} %`],
  ];
  const total = rate.on.map((n, i) => n + rate.off[i]!);
  const perSecond = (counts: readonly number[]) => counts.map((n) => (n / rate.binUs) * 1e6);
  const share = total.map((n, i) => (n === 0 ? NaN : (100 * rate.on[i]!) / n));
  const spanUs = rate.binUs * Math.max(1, total.length);
  const sections = [
    section(
      "Rate",
      `Events per second, in bins of ${time(rate.binUs)}. <i class="key on"></i> ON <i class="key off"></i> OFF`,
      chart(
        [
          ["on", perSecond(rate.on)],
          ["off", perSecond(rate.off)],
        ],
        spanUs,
        (v) => brief(v),
      ),
    ),
    section(
      "Polarity",
      "Share of ON events over time.",
      chart([["on", share]], spanUs, (v) => `${v} %`, 100),
    ),
    section(
      "Pixels",
      `${brief(perPixel.mean)} events on average, median ${perPixel.median.toLocaleString("en-US")}, at most ${perPixel.most.toLocaleString("en-US")}. Brightness is logarithmic.`,
      `<div class="map"><img src="${map}" alt="Numbers of events by pixel" style="aspect-ratio: ${width} / ${height}"><table><thead><tr><th>Pixel</th><th>Events</th></tr></thead>${data.hottest
        .map(({ x, y, events: n }) => `<tr><td>${x}, ${y}</td><td>${n.toLocaleString("en-US")}</td></tr>`)
        .join("")}</table></div>`,
    ),
    section("Intervals", "Time since the last event of the same pixel.", histogram(data.intervals)),
    section("Gaps", "Time since the last event of any pixel.", histogram(data.gaps)),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="color-scheme" content="light dark"><title>${title} · Saccade</title><link rel="icon" href="data:,">
<style>${STYLE}</style></head><body><main>
<p class="brand">Saccade · event statistics</p><h1>${title}</h1>
<dl>${facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${escape(value!)}</dd></div>`).join("")}</dl>
${sections.join("\n")}
</main></body></html>
`;
}

function section(title: string, about: string, body: string): string {
  return `<section><h2>${title}</h2><p>${about}</p>${body}</section>`;
}

/** Curves over time, from zero up. */
function chart(
  curves: readonly (readonly [name: string, values: readonly number[]])[],
  spanUs: number,
  label: (value: number) => string,
  most = ceiling(Math.max(1, ...curves.flatMap(([, values]) => values.filter(Number.isFinite))), FINE),
): string {
  const plotWidth = WIDTH - LEFT - 8;
  const plotHeight = HEIGHT - BOTTOM - 8;
  const px = (x: number) => x.toFixed(1);
  const y = (value: number) => px(8 + plotHeight * (1 - value / most));
  const rows = [0, 0.5, 1].map((part) => {
    const at = y(part * most);
    return `<line class="grid" x1="${LEFT}" x2="${WIDTH - 8}" y1="${at}" y2="${at}"/><text x="${LEFT - 8}" y="${at}" class="end">${label(part * most)}</text>`;
  });
  const step = ceiling(spanUs / 8);
  const ticks = Array.from({ length: Math.floor(spanUs / step) + 1 }, (_, i) => {
    const x = LEFT + (plotWidth * i * step) / spanUs;
    // The first and the last would be cut by the border.
    const anchor = i === 0 ? "" : x > WIDTH - 24 ? "end" : "middle";
    return `<text x="${px(x)}" y="${HEIGHT - 8}" class="${anchor}">${time(i * step)}</text>`;
  });
  const lines = curves.map(([name, values]) => {
    let path = "";
    let pen = "M";
    values.forEach((value, i) => {
      if (!Number.isFinite(value)) return void (pen = "M");
      path += `${pen}${px(LEFT + (plotWidth * (i + 0.5)) / values.length)} ${y(value)}`;
      pen = "L";
    });
    return `<path class="curve ${name}" d="${path}"/>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">${rows.join("")}${ticks.join("")}${lines.join("")}</svg>`;
}

function histogram(counts: readonly number[]): string {
  const all = counts.reduce((sum, n) => sum + n, 0);
  if (all === 0) return "<p>None.</p>";
  const first = counts.findIndex((n) => n > 0);
  const shown = counts.slice(first);
  const most = Math.max(...shown);
  return `<div class="bars">${shown
    .map((n, i) => {
      const power = first + i;
      const from = power === 0 ? "0" : `≥ ${time(2 ** (power - 1))}`;
      return `<span>${from}</span><i style="width:${((100 * n) / most).toFixed(2)}%"></i><b>${((100 * n) / all).toFixed(1)} %</b>`;
    })
    .join("")}</div>`;
}

const ROUND = [1, 2, 5, 10];
const FINE = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** The least of the factors times a power of ten that is at least the value. */
function ceiling(value: number, factors: readonly number[] = ROUND): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return factors.find((factor) => factor * power >= value)! * power;
}

function brief(value: number): string {
  const units = ["", " k", " M", " G"];
  const unit = value < 1 ? 0 : Math.min(3, Math.floor(Math.log10(value) / 3 + 1e-9));
  return `${Number((value / 1000 ** unit).toPrecision(3))}${units[unit]}`;
}

function time(us: number): string {
  if (us === 0) return "0 s";
  if (us < 1e3) return `${us} µs`;
  if (us < 1e6) return `${Number((us / 1e3).toPrecision(4))} ms`;
  return `${Number((us / 1e6).toPrecision(4))} s`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `:root{color-scheme:light dark;--paper:light-dark(#f5f6f7,#0c0f13);--ink:light-dark(#12171d,#e9edf1);--ink-2:light-dark(#57626d,#98a4b0);--rule:light-dark(#dde1e5,#242b33);--on:light-dark(#1d5fe0,#6cb0ff);--off:light-dark(#d0342c,#ff7a6b);font:13px/1.45 system-ui,"Segoe UI",Helvetica,Arial,sans-serif;color:var(--ink);background:var(--paper)}
*{box-sizing:border-box;margin:0;padding:0}main{max-width:1000px;margin:0 auto;padding:26px 32px 48px;font-variant-numeric:tabular-nums}
.brand{font-weight:600;font-size:15px}h1{font-size:27px;line-height:34px;letter-spacing:-.022em;margin:12px 0 14px;overflow-wrap:anywhere}
dl{display:flex;flex-wrap:wrap;gap:8px 36px}dt{color:var(--ink-2);font-size:12px}
section{border-top:1px solid var(--rule);margin-top:26px;padding-top:18px}h2{font-size:17px}section>p{color:var(--ink-2);margin:4px 0 12px}
svg{width:100%;display:block}.grid{stroke:var(--rule)}text{font-size:11px;fill:var(--ink-2);dominant-baseline:middle}.end{text-anchor:end}.middle{text-anchor:middle}
.curve{fill:none;stroke-width:1.5;stroke-linejoin:round}.curve.on{stroke:var(--on)}.curve.off{stroke:var(--off)}
.key{display:inline-block;width:9px;height:9px;margin:0 4px 0 12px;background:var(--on)}.key.off{background:var(--off)}
.map{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:32px;align-items:start}.map img{width:100%;max-height:480px;object-fit:contain;image-rendering:pixelated;object-position:left top}
table{border-collapse:collapse}th{font-weight:400;color:var(--ink-2);font-size:12px;text-align:right}td{text-align:right;padding:4px 0 4px 28px;border-top:1px solid var(--rule)}
.bars{display:grid;grid-template-columns:88px minmax(0,1fr) 60px;gap:3px 12px;align-items:center}.bars span,.bars b{text-align:right;font-weight:400;color:var(--ink-2);font-size:12px}.bars i{height:14px;background:var(--on);min-width:1px}`;
