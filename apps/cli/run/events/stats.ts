/** What `saccade events stats` does. */
import { writeFileAtomic } from "../../../../src/core/node.ts";
import { renderStats } from "../../../report/render-stats.ts";
import type { StatsData } from "../../../report/stats-data.ts";
import type { Context } from "../../context.ts";
import type { InputOptions } from "../../events-options.ts";
import type { StatsOptions } from "../../events.ts";
import { InputError, writing } from "../../faults.ts";
import { checkDistinct } from "../distinct-files.ts";
import { brief } from "../table.ts";
import { openInput, tellLosses } from "./input.ts";
import { pixelMap } from "./pixel-map.ts";
import { bar, gathered, sparkline } from "./sparkline.ts";
import { Tally } from "./tally.ts";
import { grouped, microseconds } from "./units.ts";

/** Pixels of a sensor whose events are counted one by one; about 200 MB. */
const MAX_PIXELS = 1 << 24;

/** Tells how many events there are when and where, as text, one object, or a page. */
export async function stats(
  file: string,
  options: InputOptions & StatsOptions,
  context: Context,
): Promise<void> {
  if (options.html !== undefined) checkDistinct([file], [options.html]);
  const input = await openInput(file, options, context);
  try {
    const { width, height } = input.stream.sensor;
    if (width * height > MAX_PIXELS) {
      throw new InputError(
        input.name,
        `expected a sensor of at most ${MAX_PIXELS} pixels, got ${width}x${height}; see --region`,
      );
    }
    const tally = new Tally(input.stream.sensor);
    for await (const batch of input.stream) tally.add(batch);
    tellLosses(input, context);
    const data = dataOf(input.name, input.recording.format, tally, options.hottest);
    if (options.html !== undefined) {
      const { html } = options;
      const page = renderStats(data, pixelMap(tally.pixels, width, height));
      await writing(html, () => writeFileAtomic(html, new TextEncoder().encode(page)));
    }
    if (options.json) context.stdout.write(`${JSON.stringify(data)}\n`);
    else if (options.html === undefined) context.stdout.write(text(data));
    else context.stdout.write(`${options.html}\n`);
  } finally {
    await input.close();
  }
}

function dataOf(file: string, format: string, tally: Tally, hottest: number): StatsData {
  const { rate, events, on } = tally;
  const trimmed = (counts: Float64Array) =>
    Array.from(counts.subarray(0, 1 + counts.findLastIndex((n) => n > 0)));
  return {
    file,
    format,
    ...tally.sensor,
    events,
    on,
    off: events - on,
    firstUs: events === 0 ? null : tally.firstUs,
    lastUs: events === 0 ? null : tally.lastUs,
    rate: { startUs: rate.startUs, binUs: rate.binUs, on: Array.from(rate.on), off: Array.from(rate.off) },
    perPixel: tally.perPixel(),
    hottest: tally.hottest(hottest),
    gaps: trimmed(tally.gaps),
    intervals: trimmed(tally.intervals),
  };
}

const COLUMNS = 60;
const BAR = 32;

function text(data: StatsData): string {
  const { events, on, rate, perPixel, width, height } = data;
  const head = `${data.file}: ${data.format}, ${width} x ${height} pixels, ${grouped(events)} events`;
  if (events === 0) return `${head}\n`;
  const total = rate.on.map((count, i) => count + rate.off[i]!);
  const { values, each } = gathered(total, COLUMNS);
  const lit = gathered(rate.on, COLUMNS).values;
  const columnUs = each * rate.binUs;
  const most = Math.max(...values);
  const active = (100 * perPixel.active) / (width * height);
  const pixelLines = data.hottest.map(
    ({ x, y, events: n }) =>
      `  ${`(${x}, ${y})`.padEnd(13)} ${bar(n / data.hottest[0]!.events, BAR).padEnd(BAR)} ${grouped(n)}\n`,
  );
  return [
    `${head}, ${microseconds(data.lastUs! - data.firstUs!)}\n`,
    `\nevents/s: a column is ${microseconds(columnUs)}, the highest ${brief((most / columnUs) * 1e6)}\n`,
    `  ${sparkline(values, most)}\n`,
    `\nshare of ON: ${((100 * on) / events).toFixed(1)} % in all\n`,
    `  ${sparkline(
      values.map((n, i) => (n === 0 ? 0 : lit[i]! / n)),
      1,
    )}\n`,
    `\nevents of a pixel: ${brief(perPixel.mean)} on average, median ${grouped(perPixel.median)}; ${active.toFixed(1)} % of the pixels have any\n`,
    ...pixelLines,
    "\ntime since the last event of the same pixel\n",
    ...histogram(data.intervals),
    "\ntime since the last event of any pixel\n",
    ...histogram(data.gaps),
  ].join("");
}

/** Rows of a histogram by powers of two; powers of four where there are many. */
function histogram(counts: readonly number[]): string[] {
  const all = counts.reduce((sum, n) => sum + n, 0);
  if (all === 0) return ["  none\n"];
  const rows: { readonly from: number; count: number }[] = [];
  counts.forEach((count, power) => {
    if (power > 0 && power % 2 === 0 && counts.length > 12) rows.at(-1)!.count += count;
    else rows.push({ from: power === 0 ? 0 : 2 ** (power - 1), count });
  });
  const shown = rows.slice(
    rows.findIndex(({ count }) => count > 0),
    rows.findLastIndex(({ count }) => count > 0) + 1,
  );
  const most = Math.max(...shown.map(({ count }) => count));
  return shown.map(({ from, count }) => {
    const share = `${((100 * count) / all).toFixed(1)} %`;
    const label = from === 0 ? "0 µs" : `from ${microseconds(from)}`;
    return `  ${label.padEnd(13)} ${bar(count / most, BAR).padEnd(BAR)} ${share}\n`;
  });
}
