/** An input: its frames, and bars of probabilities. */
import { html } from "../page/dom.ts";
import { percent } from "../page/format.ts";
import type { ClassifiedInput } from "../labelled-data.ts";

/** The section of an input. */
export function classified({ name, frames, aspect, classes }: ClassifiedInput): HTMLElement {
  const [best] = classes;
  return html(
    "section",
    { class: "row input" },
    html(
      "div",
      { class: "about" },
      html("h2", {}, best?.name ?? "–"),
      html("div", { class: "sure" }, best === undefined ? "" : percent(best.probability)),
      html("p", { class: "file" }, name),
    ),
    html(
      "div",
      { class: "seen" },
      html(
        "ul",
        { class: frames.length === 1 ? "film one" : frames.length > 6 ? "film" : "film short" },
        ...frames.map((uri, t) => {
          const alt = frames.length === 1 ? `What the model saw of ${name}` : `Step ${t + 1}`;
          return html("li", { style: `aspect-ratio: ${aspect}` }, html("img", { src: uri, alt }));
        }),
      ),
      html(
        "ul",
        { class: "probabilities" },
        ...classes.map(({ name: label, probability }) =>
          html(
            "li",
            {},
            html("span", {}, label),
            html("b", {}, percent(probability)),
            html("div", { class: "bar" }, html("i", { style: `width: ${100 * probability}%` })),
          ),
        ),
      ),
    ),
  );
}
