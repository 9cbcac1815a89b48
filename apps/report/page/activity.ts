/** Firing rates of all layers as a heat map, and the spikes of one layer as a raster. */
import { type ReportData, type ReportRaster, unpackBits } from "../data.ts";
import { byId, fitCanvas, html, onResize } from "./dom.ts";
import { percent, seconds } from "./format.ts";
import { about, columnAxis, follows, lane, timeAxis } from "./lane.ts";
import { mean, quantile } from "./metrics.ts";
import type { Player } from "./player.ts";
import { css, mix, onTheme, type Palette } from "./theme.ts";

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
  const { element, gutter, plot, margin } = lane(player, {
    height: layers.length * Math.max(8, Math.min(17, 420 / layers.length)),
    columns,
    label: `Firing rate of ${layers.length} layers at ${columns} steps`,
    tip: (column, down) => {
      const layer = Math.floor(down * layers.length);
      const when = linked ? `${seconds(times[column]! - times[0]!)} s` : `step ${column + 1}`;
      return `${layers[layer]}   ${when}   ${percent(values[layer]![column] ?? 0)}`;
    },
  });
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

const RASTER_HEIGHT = 300;
const HISTOGRAM_HEIGHT = 44;

/** Fills the section `#raster`; leaves it hidden without rasters. */
export function raster({ rasters = [], steps }: ReportData, player: Player): void {
  if (rasters.length === 0) return;
  const times = steps.map(({ tUs }) => tUs);
  const holder = html("div");
  const select = html(
    "select",
    { id: "raster-layer" },
    ...rasters.map(({ layer }, i) => html("option", { value: i }, layer)),
  );
  const made: HTMLElement[][] = [];
  const show = () => {
    const i = Number(select.value);
    holder.replaceChildren(...(made[i] ??= rasterLanes(rasters[i]!, times, player)));
  };
  select.addEventListener("change", show);
  show();
  const section = byId("raster");
  section.append(
    about(
      "Spikes",
      "A row is a neuron, a dot its spike. Above, the share of the neurons shown that fire together.",
      html("label", { class: "picker" }, html("span", {}, "Layer"), select),
    ),
    holder,
  );
  section.hidden = false;
}

function rasterLanes(raster: ReportRaster, times: readonly number[], player: Player): HTMLElement[] {
  const { neurons, timeSteps, layer } = raster;
  const bits = unpackBits(raster.bits, neurons * timeSteps);
  const together = Array.from({ length: timeSteps }, (_, t) =>
    mean(bits.subarray(t * neurons, (t + 1) * neurons)),
  );
  const linked = follows(player, timeSteps);
  const perStep = timeSteps / player.steps;
  const when = (t: number) =>
    linked ? `${seconds(times[Math.floor(t / perStep)]! - times[0]!)} s` : `time step ${t + 1}`;
  const above = lane(player, {
    height: HISTOGRAM_HEIGHT,
    columns: timeSteps,
    label: `Share of neurons of ${layer} that fire at each time step`,
    tip: (t) => `${when(t)}   ${percent(together[t]!)}`,
  });
  const below = lane(player, {
    height: RASTER_HEIGHT,
    columns: timeSteps,
    label: `Spikes of ${neurons} neurons of ${layer} in ${timeSteps} time steps`,
    tip: (t, down) => `neuron ${Math.floor(down * neurons)}   ${when(t)}`,
  });
  above.element.classList.add("histogram");
  below.gutter.classList.add("ticks");
  below.gutter.append(
    html("span", { style: "bottom: calc(100% - 8px)" }, "0"),
    html("span", { style: "bottom: 8px" }, String(neurons - 1)),
  );
  const total = mean(bits);
  below.margin.append(
    html(
      "dl",
      { class: "stats" },
      ...[
        ["Neurons", String(neurons)],
        ["Time steps", String(timeSteps)],
        ["Spikes", String(bits.reduce((sum, bit) => sum + bit, 0))],
        ["Mean rate", percent(total)],
      ].map(([name, value]) => html("div", {}, html("dt", {}, name!), html("dd", {}, value!))),
    ),
  );
  const [bars, dots] = [html("canvas", { "aria-hidden": "true" }), html("canvas", { "aria-hidden": "true" })];
  dots.id = "raster-dots";
  above.plot.prepend(bars);
  below.plot.prepend(dots);
  const top = Math.max(...together, 1e-9);
  painted(bars, above.plot, (c, palette, width, height) => {
    c.fillStyle = css(palette.net);
    together.forEach((share, t) => {
      const [left, right] = [(t / timeSteps) * width, ((t + 1) / timeSteps) * width];
      c.fillRect(
        left,
        height * (1 - share / top),
        Math.max(0.5, right - left - (right - left > 3 ? 1 : 0)),
        height,
      );
    });
  });
  painted(dots, below.plot, (c, palette, width, height) => {
    c.fillStyle = css(palette.stage);
    c.fillRect(0, 0, width, height);
    c.fillStyle = css(palette.ink, 0.85);
    const [cell, row] = [width / timeSteps, height / neurons];
    const [w, h] = [Math.max(1, Math.min(cell * 0.7, 4)), Math.max(1, Math.min(row * 0.7, 4))];
    for (let t = 0; t < timeSteps; t++) {
      const x = (t + 0.5) * cell - w / 2;
      for (let n = 0; n < neurons; n++)
        if (bits[t * neurons + n] === 1) c.fillRect(x, (n + 0.5) * row - h / 2, w, h);
    }
  });
  return [above.element, below.element, linked ? timeAxis(times) : columnAxis(timeSteps)];
}

type Draw = (c: CanvasRenderingContext2D, palette: Palette, width: number, height: number) => void;

/** Keeps a canvas painted through changes of size and of colours. */
function painted(canvas: HTMLCanvasElement, frame: HTMLElement, draw: Draw): void {
  let palette: Palette | undefined;
  let size: readonly [number, number] = [0, 0];
  const paint = () => {
    if (palette === undefined || size[0] === 0) return;
    draw(fitCanvas(canvas, size[0], size[1]), palette, size[0], size[1]);
  };
  onTheme((colours) => {
    palette = colours;
    paint();
  });
  onResize(frame, (width, height) => {
    size = [width, height];
    paint();
  });
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
    for (let row = 1; row < rows; row++) c.fillRect(0, Math.round((row * height) / rows) - 0.5, width, 1);
  });
}
