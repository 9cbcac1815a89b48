/** Time by layer: a bar a step, coloured by kernel, with the firing rate of what drives it. */
import { shortName } from "../layer-name.ts";
import { byId, choice, html } from "../page/dom.ts";
import { about } from "../page/lane.ts";
import type { StepProfile } from "../../../src/engine/index.ts";
import type { ProfileReport } from "../profile-data.ts";
import { byKernel, colourOf, estimatesOf, type KernelTime, milliseconds, share } from "./kernels.ts";

/** Diameter of the dot of neurons that fire in every step, CSS pixels; areas are in proportion to rates. */
const FULL_DOT = 18;

/** Fills the section `#layers`. */
export function layers({ steps }: ProfileReport): void {
  const longest = Math.max(...steps.map(({ ms }) => ms), 1e-9);
  const list = html("div", { class: "steps", role: "list" });
  const show = (slowest: boolean): void =>
    list.replaceChildren(
      ...(slowest
        ? steps.toSorted((a, b) => b.ms - a.ms).map((step) => row(step, longest, shortName(step.layer)))
        : inOrder(steps, longest)),
    );
  show(false);
  const orders = [
    ["Network order", false],
    ["Slowest first", true],
  ] as const;
  byId("layers").append(
    about(
      "Time by layer",
      "Median time of each step of the compiled model, and the firing rate of the spikes that drive it; a dash where real numbers do.",
      html("div", { class: "mix", "aria-hidden": "true" }, ...byKernel(steps).map(slice)),
      html("ul", { class: "kernels" }, ...byKernel(steps).map(kernelKey)),
    ),
    html("div", {}, choice("Order", orders, false, show), list),
  );
}

/** The steps under headings of the network's parts. */
function inOrder(steps: readonly StepProfile[], longest: number): HTMLElement[] {
  const parts = new Map<string, StepProfile[]>();
  for (const step of steps) {
    const part = partOf(step.layer);
    parts.set(part, [...(parts.get(part) ?? []), step]);
  }
  return [...parts].flatMap(([part, members]) => [
    html(
      "h3",
      {},
      html("span", {}, part),
      html("span", {}, share(members.reduce((sum, step) => sum + step.share, 0))),
    ),
    ...members.map((step) => row(step, longest, shortName(step.layer).replace(/^\d+\./, ""))),
  ]);
}

/** `stages.2.blocks.0.conv1` → `Stage 2`. */
function partOf(layer: string): string {
  const stage = /^stages\.(\d+)\./.exec(layer);
  return stage === null ? "Head" : `Stage ${stage[1]}`;
}

function row(step: StepProfile, longest: number, name: string): HTMLElement {
  const { layer, kind, kernel, firingRate, outputShape, ms } = step;
  const estimates = estimatesOf(step);
  const title = [
    layer,
    `${kind}, ${kernel}${estimates === "" ? "" : ` (estimated: ${estimates})`}`,
    `${outputShape.join(" × ")}`,
  ].join("\n");
  const dot = FULL_DOT * Math.sqrt(Math.min(1, firingRate ?? 0));
  return html(
    "div",
    { class: "step", role: "listitem", title },
    html("span", { class: "layer" }, name),
    html("span", { class: "kind" }, kind),
    html("span", { class: "dot" }, html("i", { style: `width: ${dot}px; height: ${dot}px` })),
    html("span", { class: "number" }, firingRate === null ? "–" : share(firingRate)),
    html(
      "span",
      { class: "time" },
      html("i", { style: `width: ${(ms / longest) * 100}%; --colour: var(--${colourOf(kernel)})` }),
    ),
    html("span", { class: "number" }, milliseconds(ms)),
    html("span", { class: "number share" }, share(step.share)),
  );
}

function slice({ kernel, share: part }: KernelTime): HTMLElement {
  return html("i", { style: `flex-grow: ${part}; --colour: var(--${colourOf(kernel)})` });
}

function kernelKey({ kernel, share: part }: KernelTime): HTMLElement {
  return html(
    "li",
    {},
    html("i", { class: "key", style: `--colour: var(--${colourOf(kernel)})` }),
    html("span", {}, kernel),
    html("span", { class: "number" }, share(part)),
  );
}
