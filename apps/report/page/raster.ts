/** The spikes of one layer, a dot each. */
import { type ReportData, type ReportRaster, unpackBits } from "../data.ts";
import { painted } from "./canvas.ts";
import { byId, html } from "./dom.ts";
import { percent, seconds } from "./format.ts";
import { about, columnAxis, follows, lane, timeAxis } from "./lane.ts";
import { mean } from "./metrics.ts";
import type { Player } from "./player.ts";
import { css } from "./theme.ts";

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
    c.fillStyle = css(palette.ink, 0.78);
    const [cell, row] = [width / timeSteps, height / neurons];
    const [w, h] = [Math.max(1, Math.min(cell * 0.7, 28)), Math.max(1, Math.min(row * 0.7, 4))];
    for (let t = 0; t < timeSteps; t++) {
      const x = (t + 0.5) * cell - w / 2;
      for (let n = 0; n < neurons; n++)
        if (bits[t * neurons + n] === 1) c.fillRect(x, (n + 0.5) * row - h / 2, w, h);
    }
  });
  return [above.element, below.element, linked ? timeAxis(times) : columnAxis(timeSteps)];
}
