/** The head that pages share, and numbers to remember. */
import { byId, html } from "./dom.ts";

/** Fills title, facts and notes. */
export function masthead(
  title: string,
  facts: readonly (readonly [name: string, value: string])[],
  notes: readonly string[],
): void {
  byId("name").textContent = title;
  byId("facts").append(
    ...facts.map(([name, value]) => html("div", {}, html("dt", {}, name), html("dd", {}, value))),
  );
  byId("notes").append(...notes.map((note) => html("li", {}, note)));
}

/** A number to remember, for a list of class `summary`. */
export function figure(value: string, unit: string, name: string, about: string, style = ""): HTMLElement {
  return html(
    "div",
    { class: style },
    html("dt", {}, name),
    html("dd", { class: "figure" }, value, html("span", { class: "unit" }, unit)),
    html("dd", { class: "about" }, about),
  );
}
