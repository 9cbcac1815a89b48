/** Firing rates of all layers as a heat map. */
import type { ReportData } from "../data.ts";
import { painted } from "./canvas.ts";
import { byId, html } from "./dom.ts";
import { percent, seconds } from "./format.ts";
import { about, columnAxis, lane, timeAxis } from "./lane.ts";
import { mean, quantile } from "./metrics.ts";
import type { Player } from "./player.ts";
import { css, mix, type Palette } from "./theme.ts";

/** Least height of a row that has room for its layer's name, CSS pixels. */
const NAMED_ROW = 12;

/** Height of a layer's row: from airy for a few layers to a hairline for hundreds. */
function rowHeight(layers: number): number {
  const row = Math.min(17, 480 / layers);
  return layers <= 64 ? Math.max(NAMED_ROW, row) : Math.max(2, row);
}

/** Fills the section `#activity`; leaves it hidden without rates. */
export function activity({ rates, steps }: ReportData, player: Player): void {
  if (rates === undefined || rates.layers.length === 0) return;
  const { layers, values } = rates;
  const columns = Math.max(1, ...values.map((row) => row.length));
  const means = values.map(mean);
  // The scale ends where nearly all rates lie, so that one busy layer does not wash out the rest.
  const top = Math.max(
    quantile(
      values.flatMap((row) => Array.from(row)),
      0.995,
    ) || 0,
    1e-3,
  );
  const times = steps.map(({ tUs }) => tUs);
  const linked = columns === player.steps;
  const row = rowHeight(layers.length);
  const { element, gutter, plot, margin } = lane(player, {
    height: layers.length * row,
    columns,
    label: `Firing rate of ${layers.length} layers at ${columns} steps`,
    tip: (column, down) => {
      const layer = Math.floor(down * layers.length);
      const when = linked ? `${seconds(times[column]! - times[0]!)} s` : `step ${column + 1}`;
      return `${layers[layer]}   ${when}   ${percent(values[layer]![column] ?? 0)}`;
    },
  });
  element.style.setProperty("--row", `${row}px`);
  element.classList.toggle("dense", row < NAMED_ROW);
  const names = layers.map((name) => html("span", { title: name }, name));
  gutter.classList.add("names");
  gutter.append(...names);
  const widest = Math.max(...means.filter(Number.isFinite), 1e-9);
  margin.classList.add("means");
  margin.append(
    ...means.map((value) =>
      html(
        "div",
        {},
        html("i", { style: `width: ${((value || 0) / widest) * 100}%` }),
        html("span", {}, percent(value || 0)),
      ),
    ),
  );
  plot.addEventListener("pointermove", (event) => {
    const box = plot.getBoundingClientRect();
    const at = Math.floor(((event.clientY - box.top) / box.height) * layers.length);
    names.forEach((name, i) => name.classList.toggle("lit", i === at));
  });
  plot.addEventListener("pointerleave", () => names.forEach((name) => name.classList.remove("lit")));
  const canvas = html("canvas", { "aria-hidden": "true" });
  plot.prepend(canvas);
  paintCells(canvas, plot, columns, layers.length, (palette, row, column) => {
    const share = Math.min(1, (values[row]![column] ?? 0) / top);
    return mix(palette.stage, palette.net, share ** 0.8);
  });
  const section = byId("activity");
  section.append(
    about(
      "Firing rate",
      "Share of a layer’s neurons that spike in a time step. Where nothing fires, nothing is computed.",
      html("p", { class: "wide" }, "Right, each layer’s mean."),
      html("div", { class: "scale" }, "0", html("i"), percent(top)),
    ),
    html("div", {}, element, linked ? timeAxis(times) : columnAxis(columns)),
  );
  section.hidden = false;
}

/** Fills a canvas with rows of cells, a hairline between the rows. */
function paintCells(
  canvas: HTMLCanvasElement,
  frame: HTMLElement,
  columns: number,
  rows: number,
  colour: (palette: Palette, row: number, column: number) => readonly [number, number, number],
): void {
  const small = html("canvas", { width: columns, height: rows });
  const pixels = small.getContext("2d")!;
  painted(canvas, frame, (c, palette, width, height) => {
    const image = pixels.createImageData(columns, rows);
    for (let i = 0; i < rows * columns; i++) {
      const [red, green, blue] = colour(palette, Math.floor(i / columns), i % columns);
      image.data.set([red, green, blue, 255], 4 * i);
    }
    pixels.putImageData(image, 0, 0);
    c.imageSmoothingEnabled = false;
    c.drawImage(small, 0, 0, width, height);
    c.fillStyle = css(palette.paper);
    if (height / rows >= 6)
      for (let row = 1; row < rows; row++) c.fillRect(0, Math.round((row * height) / rows) - 0.5, width, 1);
  });
}
