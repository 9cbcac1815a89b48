/** What `saccade segment` does. */
import { mkdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { CheckpointError } from "../../../src/core/index.ts";
import { exists, writeFileAtomic } from "../../../src/core/node.ts";
import { type ImageInput, modelInput, type Prepared } from "../../../src/data/index.ts";
import { jsonLine } from "../../../src/io/index.ts";
import { runModel } from "../../../src/models/index.ts";
import { scope, tensor, withoutGradients } from "../../../src/tensor/index.ts";
import { predictedMasks } from "../../../src/train/index.ts";
import { indexedPng } from "../../report/png.ts";
import type { Context } from "../context.ts";
import { InputError, reading, writing } from "../faults.ts";
import { startProgress } from "../progress.ts";
import type { SegmentOptions } from "../segment.ts";
import { withBackend } from "./backends.ts";
import { classColours } from "./class-colours.ts";
import { checkDistinct } from "./distinct-files.ts";
import { encodePng } from "./events/png.ts";
import { isPicture, readFrames, readSample } from "./labelled-input.ts";
import { type LabelledModel, readLabelledModel } from "./labelled-model.ts";
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

/** Tells the class of each pixel: a mask and an overlay for each picture, and the shares of classes. */
export async function segment(path: string, options: SegmentOptions, context: Context): Promise<void> {
  const { weights, out, json = false } = options;
  await withBackend({ ...options, env: context.env }, async () => {
    const labelled = await readLabelledModel(weights, "segmentation");
    try {
      const { input } = labelled;
      if (input.kind !== "image") {
        throw new CheckpointError(`${weights}: expected a model of pictures, got one of ${input.kind}`);
      }
      const isFolder = await reading(path, async () => (await stat(path)).isDirectory());
      const single = !isFolder && isPicture(path);
      const names = namesOf(path, out, single);
      const { expected, prepared } = single
        ? { expected: 1, prepared: [await readSample(path, input, context)] }
        : await readFrames(path, input, context);
      const bar = { label: path, total: expected ?? 0, unit: "frames", now: context.now };
      const progress = single || expected === undefined ? undefined : startProgress(context.stderr, bar);
      const total = new Map<string, number>();
      let count = 0;
      try {
        for await (const picture of prepared) {
          context.signal.throwIfAborted();
          const files = names(count++);
          checkDistinct([path, weights], [files.mask, files.overlay]);
          const segmented = await segmentOne(path, picture, input, labelled, files);
          if (json) context.stdout.write(jsonLine(segmented));
          for (const { name, share } of segmented.classes) total.set(name, (total.get(name) ?? 0) + share);
          progress?.update(count);
        }
      } finally {
        progress?.close();
      }
      if (!json) context.stdout.write(sharesTable(total, count, out));
    } finally {
      labelled.model.dispose();
    }
  });
}

type Names = { readonly mask: string; readonly overlay: string };

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

async function segmentOne(
  path: string,
  picture: Prepared,
  input: ImageInput,
  { model, classes }: LabelledModel,
  files: Names,
): Promise<Segmented> {
  const { values, shape } = modelInput(picture, input);
  const mask = await reading(path, () =>
    withoutGradients(() =>
      scope(() => predictedMasks(runModel(model, { input: tensor(values, shape) }).logits!)),
    ),
  );
  const [height, width] = shape.slice(-2) as [number, number];
  const known = classes.length;
  if (mask.some((label) => label >= known)) {
    throw new InputError(path, `expected a model of ${known} classes, as its file names them, got more`);
  }
  const colours = classColours(known);
  const counts = new Array<number>(known).fill(0);
  for (const label of mask) counts[label]!++;
  const shown = new Uint8Array(3 * mask.length);
  for (let i = 0; i < mask.length; i++) {
    for (let c = 0; c < 3; c++) {
      const seen = 255 * (values[c * mask.length + i]! * input.std[c]! + input.mean[c]!);
      shown[3 * i + c] = Math.round((1 - OVERLAY) * seen + OVERLAY * colours[mask[i]!]![c]!);
    }
  }
  await writing(files.mask, async () => {
    const folder = dirname(files.mask);
    if (!(await exists(folder))) await mkdir(folder, { recursive: true });
    await writeFileAtomic(files.mask, indexedPng(width, height, mask, colours));
  });
  await writing(files.overlay, () => writeFileAtomic(files.overlay, encodePng(width, height, shown)));
  const present = counts.map((n, k) => ({ name: classes[k]!, share: n / mask.length }));
  return { ...files, classes: present.filter(({ share }) => share > 0).sort((a, b) => b.share - a.share) };
}

function sharesTable(total: ReadonlyMap<string, number>, count: number, out: string): string {
  const rows = [...total].sort(([, a], [, b]) => b - a);
  const lines = rows.map(([name, sum]) => [name, `${((100 * sum) / count).toFixed(1)} %`]);
  return `${table(lines)}\n${count === 1 ? "a mask" : `${count} masks`} in ${out}\n`;
}
