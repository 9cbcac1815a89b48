/** Energy of the spiking network beside the dense network of the same steps, by what it goes to. */
import { byId, html } from "../page/dom.ts";
import { digits } from "../page/format.ts";
import { about } from "../page/lane.ts";
import type { EnergyEstimate, EnergyParts } from "../../../src/engine/index.ts";
import type { ProfileReport } from "../profile-data.ts";

const PARTS = [
  ["synapsesMj", "Operations of synapses"],
  ["neuronsMj", "Neurons: leak, bias, reset"],
  ["addressesMj", "Addresses"],
  ["memoryMj", "Memory"],
] as const satisfies readonly (readonly [keyof EnergyParts, string])[];

/** Sum of the parts, millijoules. */
export function totalOf(parts: EnergyParts): number {
  return PARTS.reduce((sum, [part]) => sum + parts[part], 0);
}

/** Fills the section `#energy`. */
export function energy({ total: { energy: nodes } }: ProfileReport): void {
  byId("energy").append(
    about(
      "Energy",
      "An estimate for hardware that does only what spikes ask for: operations, and accesses to memories whose cost grows with their size, after Lemaire et al. 2022.",
      "Dark is what synapses compute, light what goes to memory. Papers often count the dark part alone.",
    ),
    html("div", {}, ...nodes.map(node), html("div", { class: "scroll" }, partsTable(nodes))),
  );
}

function node({ node: name, spiking, dense }: EnergyEstimate): HTMLElement {
  const most = Math.max(totalOf(spiking), totalOf(dense), 1e-12);
  const bar = (parts: EnergyParts, style: string): HTMLElement =>
    html(
      "div",
      { class: `cost ${style}` },
      ...PARTS.map(([part, title]) =>
        html("i", { class: part, style: `width: ${(parts[part] / most) * 76}%`, title }),
      ),
      html("span", {}, `${digits(totalOf(parts))} mJ `, html("em", {}, style)),
    );
  return html(
    "div",
    { class: "node" },
    html("div", { class: "gutter" }, html("b", {}, name)),
    html("div", { class: "bars" }, bar(spiking, "spiking"), bar(dense, "dense")),
    html(
      "div",
      { class: "margin" },
      html("div", { class: "ratio" }, `${digits(totalOf(dense) / totalOf(spiking))}×`),
      html("span", {}, "less than dense"),
      html("span", {}, `operations alone: ${digits(dense.synapsesMj / spiking.synapsesMj)}×`),
    ),
  );
}

function partsTable(nodes: readonly EnergyEstimate[]): HTMLElement {
  const columns = nodes.flatMap(({ node: name, spiking, dense }) => [
    { title: `${name} spiking`, parts: spiking },
    { title: `${name} dense`, parts: dense },
  ]);
  const large = columns.some(({ parts }) => totalOf(parts) >= 100);
  const line = (title: string, numberOf: (parts: EnergyParts) => number): HTMLElement =>
    html(
      "tr",
      {},
      html("th", { scope: "row" }, title),
      ...columns.map(({ parts }) => html("td", {}, digits(numberOf(parts) * (large ? 1 : 1000)))),
    );
  return html(
    "table",
    {},
    html(
      "thead",
      {},
      html(
        "tr",
        {},
        html("th", { scope: "col" }, large ? "Millijoules" : "Microjoules"),
        ...columns.map(({ title }) => html("th", { scope: "col" }, title)),
      ),
    ),
    html(
      "tbody",
      {},
      ...PARTS.map(([part, title]) => line(title, (parts) => parts[part])),
      line("Sum", totalOf),
    ),
  );
}
