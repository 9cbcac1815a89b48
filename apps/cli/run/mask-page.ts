/** Masks as they come, for a table and a page: shares of classes of all, and some of the pictures. */
import type { LabelledReport, MaskClass, SegmentedPicture } from "../../report/labelled-data.ts";
import { dataUri, indexedPng, type Rgba } from "../../report/png.ts";
import { classColours } from "./class-colours.ts";
import { colourUri } from "./seen-frames.ts";
import type { SeenMask } from "./segment.ts";

/** Pictures of a page at most: a video has more. */
const MOST = 24;
/** Labels as shades of grey, which a page reads back. */
const LABELS = Array.from({ length: 256 }, (_, label): Rgba => [label, label, label, 255]);

/** See the head of this file. */
export class MaskPage {
  /** Pictures so far. */
  count = 0;
  readonly #classes: readonly string[];
  readonly #pixels: Float64Array;
  #pictures: SegmentedPicture[] = [];
  /** Every so many pictures are kept. */
  #stride = 1;

  /** @param classes - names by label */
  constructor(classes: readonly string[]) {
    this.#classes = classes;
    this.#pixels = new Float64Array(classes.length);
  }

  /** Adds the next picture. */
  add(name: string, { width, height, rgb, mask }: SeenMask): void {
    for (const label of mask) this.#pixels[label]!++;
    if (this.count++ % this.#stride !== 0) return;
    this.#pictures.push({
      name,
      width,
      height,
      picture: colourUri(rgb, width, height),
      mask: dataUri(indexedPng(width, height, mask, LABELS)),
    });
    if (this.#pictures.length <= MOST) return;
    this.#pictures = this.#pictures.filter((_, i) => i % 2 === 0);
    this.#stride *= 2;
  }

  /** The classes that there are, the largest first. */
  shares(): MaskClass[] {
    const total = this.#pixels.reduce((a, b) => a + b, 0);
    const colours = classColours(this.#classes.length);
    return this.#classes
      .map((name, label): MaskClass => {
        const [red, green, blue] = colours[label]!;
        return { name, label, colour: [red, green, blue], share: this.#pixels[label]! / total };
      })
      .filter(({ share }) => share > 0)
      .sort((a, b) => b.share - a.share);
  }

  /** What the page shows. */
  content(): Pick<LabelledReport & { kind: "masks" }, "kind" | "notes" | "pictures" | "classes"> {
    const notes = this.#stride === 1 ? [] : [`One frame in ${this.#stride} is shown; all have masks.`];
    return { kind: "masks", notes, pictures: this.#pictures, classes: this.shares() };
  }
}
