/** Energy of the spiking network beside the dense network of the same shape. */
import type { ReportData, ReportEnergyNode } from "../data.ts";
import { byId, html } from "./dom.ts";
import { count, digits, percent } from "./format.ts";
import { about } from "./lane.ts";
import { mean } from "./metrics.ts";

/** Fills the section `#energy`; leaves it hidden without figures. */
export function energy({ energy: figures, rates }: ReportData): void {
  if (figures === undefined || figures.energy.length === 0) return;
  const { macs, acs, denseMacs } = figures;
  const rate = rates === undefined ? NaN : mean(rates.values.map(mean));
  const section = byId("energy");
  section.append(
    about(
      "Energy",
      "Operations of one forward pass times their cost in arithmetic. An accumulate happens only where a spike arrives.",
      "Memory traffic is not included.",
    ),
    html(
      "div",
      {},
      ...figures.energy.map((node) => costs(node, macs, breakEven(node, macs, acs, denseMacs, rate))),
      html(
        "table",
        {},
        html(
          "thead",
          {},
          cells("th", "Operations", "Spiking", "Dense", ...figures.energy.map(({ node }) => `pJ, ${node}`)),
        ),
        html(
          "tbody",
          {},
          cells(
            "td",
            "Multiply-accumulate",
            count(macs),
            count(denseMacs),
            ...figures.energy.map(({ macPj }) => String(macPj)),
          ),
          cells("td", "Accumulate", count(acs), "0", ...figures.energy.map(({ acPj }) => String(acPj))),
        ),
      ),
    ),
  );
  section.hidden = false;
}

/** The mean firing rate at which both would cost the same, were all rates to grow alike. */
function breakEven(
  { macPj, acPj }: ReportEnergyNode,
  macs: number,
  acs: number,
  denseMacs: number,
  rate: number,
): number {
  return (rate * (denseMacs - macs) * macPj) / (acs * acPj);
}

function costs(
  { node, macPj, spikingMj, denseMj }: ReportEnergyNode,
  macs: number,
  even: number,
): HTMLElement {
  const most = Math.max(spikingMj, denseMj, 1e-12);
  const share = (mj: number) => `width: ${(Math.max(0, mj) / most) * 76}%`;
  const macMj = Math.min(spikingMj, macs * macPj * 1e-9);
  const cost = (mj: number, what: string, ...bars: HTMLElement[]) =>
    html("div", { class: "cost" }, ...bars, html("span", {}, `${digits(mj)} mJ `, html("em", {}, what)));
  const bar = (mj: number, colour: string, title: string) =>
    html("i", { style: `${share(mj)}; --colour: var(--${colour})`, title });
  return html(
    "div",
    { class: "node" },
    html("div", { class: "gutter" }, html("b", {}, node)),
    html(
      "div",
      { class: "bars" },
      cost(
        spikingMj,
        "spiking",
        bar(macMj, "net-right", "multiply-accumulates"),
        bar(spikingMj - macMj, "net", "accumulates"),
      ),
      cost(denseMj, "dense", bar(denseMj, "dense", "multiply-accumulates")),
    ),
    html(
      "div",
      { class: "margin" },
      html("div", { class: "ratio" }, `${digits(denseMj / spikingMj)}×`),
      html("span", {}, denseMj >= spikingMj ? "less than dense" : "dense costs less"),
      ...(Number.isFinite(even) && even > 0 && even < 1
        ? [html("span", {}, `even at ${percent(even)} firing`)]
        : []),
    ),
  );
}

function cells(kind: "th" | "td", name: string, ...values: string[]): HTMLElement {
  const first = html("th", { scope: kind === "th" ? "col" : "row" }, name);
  return html(
    "tr",
    {},
    first,
    ...values.map((value) => html(kind, kind === "th" ? { scope: "col" } : {}, value)),
  );
}
