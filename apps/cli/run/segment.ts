/** What `saccade segment` does. */
import { mkdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { CheckpointError } from "../../../src/core/index.ts";
import { exists, writeFileAtomic } from "../../../src/core/node.ts";
import { type ImageInput, modelInput } from "../../../src/data/index.ts";
import { jsonLine } from "../../../src/io/index.ts";
import { runModel } from "../../../src/models/index.ts";
import { scope, tensor, withoutGradients } from "../../../src/tensor/index.ts";
import { predictedMasks } from "../../../src/train/index.ts";
import { renderLabelled } from "../../report/render-labelled.ts";
import { indexedPng } from "../../report/png.ts";
import type { Context } from "../context.ts";
import { InputError, reading, writing } from "../faults.ts";
import { startProgress } from "../progress.ts";
import type { SegmentOptions } from "../segment.ts";
import { withBackend } from "./backends.ts";
import { classColours } from "./class-colours.ts";
import { checkDistinct } from "./distinct-files.ts";
import { encodePng } from "./events/png.ts";
import { isPicture, type Pictures, readFrames, readSample } from "./labelled-input.ts";
import { type LabelledModel, readLabelledModel } from "./labelled-model.ts";
import { labellingModel } from "./labelled-report.ts";
import { MaskPage } from "./mask-page.ts";
import { rgbOf } from "./seen-frames.ts";
import { table } from "./table.ts";

/** Part of the mask's colour in an overlay. */
const OVERLAY = 0.55;

/** What a picture shows. */
export type Segmented = {
  readonly mask: string;
  readonly overlay: string;
  /** Share of the pixels by class, of those that there are, the largest first. */
  readonly classes: readonly { readonly name: string; readonly share: number }[];
};

/** A picture as the model saw it, `[H, W, 3]`, and the class of each pixel, `[H, W]`. */
export type SeenMask = {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
  readonly mask: Uint8Array;
};

/** Tells the class of each pixel: a mask and an overlay for each picture, the shares of classes, and a page if wanted. */
export async function segment(path: string, options: SegmentOptions, context: Context): Promise<void> {
  const { weights, out, json = false, html } = options;
  await withBackend({ ...options, env: context.env }, async () => {
    const labelled = await readLabelledModel(weights, "segmentation");
    try {
      const { input, classes } = labelled;
      if (input.kind !== "image") {
        throw new CheckpointError(`${weights}: expected a model of pictures, got one of ${input.kind}`);
      }
      const single = isPicture(path) && !(await reading(path, () => stat(path))).isDirectory();
      const names = namesOf(path, out, single);
      const page = new MaskPage(classes);
      for await (const [index, seen] of segmented(path, single, labelled, input, context)) {
        const files = names(index);
        checkDistinct([path, weights], [files.mask, files.overlay, ...(html === undefined ? [] : [html])]);
        await writeMask(files, seen, classes.length);
        page.add(single ? basename(path) : `frame ${index + 1}`, seen);
        if (json) context.stdout.write(jsonLine({ ...files, classes: sharesOf(seen.mask, classes) }));
      }
      if (html !== undefined) {
        const text = renderLabelled({
          title: basename(path),
          model: labellingModel(weights, labelled),
          node: process.version.replace(/^v/, ""),
          ...page.content(),
        });
        await writing(html, () => writeFileAtomic(html, new TextEncoder().encode(text)));
      }
      if (!json) context.stdout.write(sharesTable(page, out));
    } finally {
      labelled.model.dispose();
    }
  });
}

/** What each picture shows, in turn. */
async function* segmented(
  path: string,
  single: boolean,
  model: LabelledModel,
  input: ImageInput,
  context: Context,
): AsyncGenerator<readonly [index: number, seen: SeenMask]> {
  const { expected, prepared }: Pictures = single
    ? { expected: undefined, prepared: [await readSample(path, input, context)] }
    : await readFrames(path, input, context);
  const bar = { label: path, total: expected ?? 0, unit: "frames", now: context.now };
  const progress = expected === undefined ? undefined : startProgress(context.stderr, bar);
  let index = 0;
  try {
    for await (const picture of prepared) {
      context.signal.throwIfAborted();
      yield [index, await reading(path, () => maskOf(modelInput(picture, input), input, model))];
      progress?.update(++index);
    }
  } finally {
    progress?.close();
  }
}

function maskOf(
  { values, shape }: ReturnType<typeof modelInput>,
  input: ImageInput,
  { model, classes }: LabelledModel,
): SeenMask {
  const [height, width] = shape.slice(-2) as [number, number];
  const mask = withoutGradients(() =>
    scope(() => predictedMasks(runModel(model, { input: tensor(values, shape) }).logits!)),
  );
  if (mask.some((label) => label >= classes.length)) {
    throw new CheckpointError(
      `expected a model of ${classes.length} classes, as its file names them, got more`,
    );
  }
  return { width, height, mask, rgb: rgbOf(values.subarray(0, 3 * mask.length), input) };
}

type Names = Pick<Segmented, "mask" | "overlay">;

/** Files of each picture. @throws InputError for a PNG where there are several */
function namesOf(path: string, out: string, single: boolean): (index: number) => Names {
  const isFile = extname(out).toLowerCase() === ".png";
  if (isFile && !single) throw new InputError(out, "expected a folder for the masks of a video, got a PNG");
  if (isFile) return () => ({ mask: out, overlay: `${out.slice(0, -4)}-overlay.png` });
  const stem = basename(resolve(path), extname(path));
  return (index) => {
    const name = join(out, single ? stem : `${stem}-${String(index).padStart(5, "0")}`);
    return { mask: `${name}-mask.png`, overlay: `${name}-overlay.png` };
  };
}

async function writeMask(
  files: Names,
  { width, height, mask, rgb }: SeenMask,
  classes: number,
): Promise<void> {
  const colours = classColours(classes);
  const blended = rgb.map((code, i) => {
    return Math.round((1 - OVERLAY) * code + OVERLAY * colours[mask[Math.floor(i / 3)]!]![i % 3]!);
  });
  await writing(files.mask, async () => {
    const folder = dirname(files.mask);
    if (!(await exists(folder))) await mkdir(folder, { recursive: true });
    await writeFileAtomic(files.mask, indexedPng(width, height, mask, colours));
  });
  await writing(files.overlay, () => writeFileAtomic(files.overlay, encodePng(width, height, blended)));
}

function sharesOf(mask: Uint8Array, classes: readonly string[]): Segmented["classes"] {
  const counts = new Array<number>(classes.length).fill(0);
  for (const label of mask) counts[label]!++;
  return counts
    .map((count, label) => ({ name: classes[label]!, share: count / mask.length }))
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share);
}

function sharesTable(page: MaskPage, out: string): string {
  const lines = page.shares().map(({ name, share }) => [name, `${(100 * share).toFixed(1)} %`]);
  return `${table(lines)}\n${page.count === 1 ? "a mask" : `${page.count} masks`} in ${out}\n`;
}
