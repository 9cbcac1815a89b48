/** A bar under its name and value. */
import { html } from "./dom.ts";

/** What a bar shows. */
export type NamedBar = {
  readonly name: string;
  readonly value: string;
  /** Of the full width, 0 … 1. */
  readonly share: number;
  /** As CSS. */
  readonly colour: string;
};

/** An entry of a list of class `joints`. @param ticks - further marks on the bar, each a `<b>` with its place */
export function namedBar(
  { name, value, share, colour }: NamedBar,
  ...ticks: readonly HTMLElement[]
): HTMLElement {
  return html(
    "div",
    { class: "joint" },
    html("span", {}, name),
    html("span", {}, value),
    html(
      "div",
      { class: "bar" },
      html("i", { style: `width: ${share * 100}%; --colour: ${colour}` }),
      ...ticks,
    ),
  );
}
