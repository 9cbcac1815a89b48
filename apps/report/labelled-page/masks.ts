/** Pictures under their masks, and a legend that shows one class alone. */
import { choice, html } from "../page/dom.ts";
import { percent } from "../page/format.ts";
import type { LabelledReport, MaskClass, SegmentedPicture } from "../labelled-data.ts";

type Masks = LabelledReport & { readonly kind: "masks" };

/** Opacity of masks by what is shown. */
const VIEWS = [
  ["overlay", 0.55],
  ["picture", 0],
  ["mask", 1],
] as const;

/** Opacity of the other classes where one is shown alone. */
const FAINT = 0.12;

/** The section of all pictures. */
export function masks({ pictures, classes }: Masks): HTMLElement {
  let opacity: number = VIEWS[0][1];
  let alone: number | undefined;
  const views = pictures.map((picture) => new MaskView(picture, classes));
  const draw = () => views.forEach((view) => view.draw(opacity, alone));
  void Promise.all(views.map((view) => view.load())).then(draw);
  const most = Math.max(...classes.map(({ share }) => share), 1e-9);
  const entries = classes.map(({ name, label, colour, share }) => {
    const entry = html(
      "button",
      {
        type: "button",
        class: "class",
        "aria-pressed": "false",
        style: `--colour: rgb(${colour.join(" ")})`,
      },
      html("i", { class: "key" }),
      html("span", {}, name),
      html("b", {}, percent(share)),
      html("div", { class: "bar" }, html("i", { style: `width: ${(100 * share) / most}%` })),
    );
    const show = (one: number | undefined) => {
      alone = one;
      draw();
    };
    let held = false;
    entry.addEventListener("pointerenter", () => show(label));
    entry.addEventListener("pointerleave", () => show(heldLabel()));
    entry.addEventListener("click", () => {
      held = entry.getAttribute("aria-pressed") !== "true";
      for (const other of entries) other.setAttribute("aria-pressed", String(held && other === entry));
      show(held ? label : undefined);
    });
    return entry;
  });
  const heldLabel = () =>
    classes[entries.findIndex((entry) => entry.getAttribute("aria-pressed") === "true")]?.label;
  return html(
    "section",
    { class: "row", id: "masks" },
    html(
      "div",
      { class: "about" },
      html("h2", {}, "Classes"),
      html("p", {}, "Share of the pixels. Point at a class to see it alone; click to keep it so."),
      choice("What is shown", VIEWS, opacity, (value: number) => {
        opacity = value;
        draw();
      }),
      html("div", { class: "classes" }, ...entries),
    ),
    html(
      "div",
      { class: pictures.length === 1 ? "pictures one" : "pictures" },
      ...views.map((view) => view.element),
    ),
  );
}

/** One picture and its mask. */
class MaskView {
  readonly element: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #picture: SegmentedPicture;
  readonly #classes: readonly MaskClass[];
  #labels: Uint8ClampedArray | undefined;

  constructor(picture: SegmentedPicture, classes: readonly MaskClass[]) {
    const { name, width, height, picture: source } = picture;
    this.#picture = picture;
    this.#classes = classes;
    this.#canvas = html("canvas", { width, height });
    this.element = html(
      "figure",
      {},
      html(
        "div",
        { class: "seen", style: `aspect-ratio: ${width} / ${height}` },
        html("img", { src: source, alt: name }),
        this.#canvas,
      ),
      html("figcaption", {}, name),
    );
  }

  /** Reads the labels out of the mask. */
  async load(): Promise<void> {
    const { mask, width, height } = this.#picture;
    const image = html("img", { src: mask });
    await image.decode();
    const canvas = html("canvas", { width, height });
    const context = canvas.getContext("2d", { willReadFrequently: true })!;
    context.drawImage(image, 0, 0);
    this.#labels = context.getImageData(0, 0, width, height).data;
  }

  /** @param alone - label of the only class that is shown */
  draw(opacity: number, alone: number | undefined): void {
    if (this.#labels === undefined) return;
    const { width, height } = this.#picture;
    const context = this.#canvas.getContext("2d")!;
    const shown = context.createImageData(width, height);
    const colours = new Map(this.#classes.map(({ label, colour }) => [label, colour]));
    // A class is shown alone in any view, or pointing at it would do nothing over the plain picture.
    const chosen = alone === undefined ? opacity : Math.max(opacity, VIEWS[0][1]);
    for (let i = 0; i < width * height; i++) {
      const label = this.#labels[4 * i]!;
      const colour = colours.get(label);
      if (colour === undefined) continue;
      shown.data.set(colour, 4 * i);
      const other = alone !== undefined && alone !== label;
      shown.data[4 * i + 3] = 255 * (other ? Math.min(opacity, FAINT) : chosen);
    }
    context.putImageData(shown, 0, 0);
  }
}
