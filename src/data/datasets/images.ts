/** Data sets of labelled pictures: CIFAR-10, CIFAR-100, ImageNet. */
import { FormatError } from "../../core/index.ts";
import { decodeImage } from "../../video/index.ts";
import { datasetOf, type ImageSample } from "../dataset.ts";
import { byName, filesIn, type Folder, foldersIn, readWhole } from "../folder.ts";
import { checkSplit, type DatasetKind, linesOf, missing } from "./kind.ts";
import { CIFAR10_CLASSES } from "./recordings.ts";

/** Side of a picture of CIFAR, pixels. */
const SIDE = 32;
const PLANE = SIDE * SIDE;

/** CIFAR-10 [Krizhevsky2009] in its binary version. */
export const CIFAR10: DatasetKind<ImageSample> = {
  title: "CIFAR-10",
  source: "https://www.cs.toronto.edu/~kriz/cifar.html (binary version)",
  layout: `
data_batch_1.bin … data_batch_5.bin, test_batch.bin  (or in cifar-10-batches-bin/)
or: train.bin, test.bin of the same records`,
  splits: ["train", "test"],
  open: (folder, split) =>
    openCifar(CIFAR10, folder, split, {
      folders: ["", "cifar-10-batches-bin/"],
      train: /^(data_batch_\d+|train)\.bin$/,
      test: /^test(_batch)?\.bin$/,
      labelBytes: 1,
      classes: () => Promise.resolve(CIFAR10_CLASSES),
    }),
};

/** CIFAR-100 [Krizhevsky2009] in its binary version, with its fine labels. */
export const CIFAR100: DatasetKind<ImageSample> = {
  title: "CIFAR-100",
  source: "https://www.cs.toronto.edu/~kriz/cifar.html (binary version)",
  layout: `
train.bin, test.bin, fine_label_names.txt  (or in cifar-100-binary/)`,
  splits: ["train", "test"],
  open: (folder, split) =>
    openCifar(CIFAR100, folder, split, {
      folders: ["", "cifar-100-binary/"],
      train: /^train\.bin$/,
      test: /^test\.bin$/,
      labelBytes: 2,
      classes: (top) => linesOf(folder, `${top}fine_label_names.txt`),
    }),
};

type CifarLayout = {
  readonly folders: readonly string[];
  readonly train: RegExp;
  readonly test: RegExp;
  /** Bytes before the pixels of a record; the last is the label. */
  readonly labelBytes: number;
  classes(top: string): Promise<readonly string[]>;
};

async function openCifar(
  kind: DatasetKind<ImageSample>,
  folder: Folder,
  split: string,
  { folders, train, test, labelBytes, classes }: CifarLayout,
) {
  checkSplit(kind, split);
  for (const top of folders) {
    const files = await filesIn(folder, top.replace(/\/$/, ""), split === "train" ? train : test);
    if (files.length === 0) continue;
    const names = await classes(top);
    const recordBytes = labelBytes + 3 * PLANE;
    const records: { readonly path: string; readonly rank: number }[] = [];
    for (const path of files.map((file) => `${top}${file}`)) {
      const size = await sizeOf(folder, path);
      if (size % recordBytes !== 0) {
        const what = `expected records of ${recordBytes} bytes, got ${size % recordBytes} bytes more`;
        throw new FormatError("cifar", size - (size % recordBytes), what, `${folder.name}/${path}`);
      }
      for (let rank = 0; rank < size / recordBytes; rank++) records.push({ path, rank });
    }
    return datasetOf<(typeof records)[number], ImageSample>(
      kind.title,
      records,
      async ({ path, rank }) => {
        const record = await readRecord(folder, path, rank * recordBytes, recordBytes);
        const label = record[labelBytes - 1]!;
        if (label >= names.length) {
          const what = `expected a label below ${names.length}, got ${label}`;
          throw new FormatError("cifar", rank * recordBytes, what, `${folder.name}/${path}`);
        }
        const image = {
          width: SIDE,
          height: SIDE,
          channels: 3,
          pixels: interleaved(record.subarray(labelBytes)),
        };
        return { name: `${path}#${rank}`, label, image };
      },
      names,
    );
  }
  throw missing(kind, folder, "its *.bin files");
}

async function sizeOf(folder: Folder, path: string): Promise<number> {
  const file = await folder.open(path);
  await file?.close();
  return file?.size ?? 0;
}

async function readRecord(folder: Folder, path: string, offset: number, length: number): Promise<Uint8Array> {
  const file = await folder.open(path);
  const record = (await file?.read(offset, length)) ?? new Uint8Array(0);
  await file?.close();
  if (record.length < length) {
    throw new FormatError(
      "cifar",
      offset,
      `expected ${length} bytes, got ${record.length}`,
      `${folder.name}/${path}`,
    );
  }
  return record;
}

/** Planes of red, green and blue as pixels. */
function interleaved(planes: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(planes.length);
  for (let i = 0; i < PLANE; i++) for (let c = 0; c < 3; c++) pixels[3 * i + c] = planes[c * PLANE + i]!;
  return pixels;
}

/** ImageNet 2012 [Russakovsky2015], or any folders of pictures by class. */
export const IMAGENET: DatasetKind<ImageSample> = {
  title: "ImageNet",
  source: "https://image-net.org/challenges/LSVRC/2012",
  layout: `
train/n01440764/n01440764_18.JPEG, train/n01440764/…, train/n01443537/…
val/n01440764/ILSVRC2012_val_00000293.JPEG, …`,
  splits: ["train", "val", "test"],
  async open(folder, split) {
    checkSplit(IMAGENET, split);
    const classes = (await foldersIn(folder, split)).sort(byName);
    const pictures: { readonly path: string; readonly label: number }[] = [];
    for (const [label, name] of classes.entries()) {
      const files = await filesIn(folder, `${split}/${name}`, /\.(jpe?g|png)$/i);
      pictures.push(...files.map((file) => ({ path: `${split}/${name}/${file}`, label })));
    }
    if (pictures.length === 0) throw missing(IMAGENET, folder, `${split}/CLASS/*.JPEG`);
    return datasetOf(
      "ImageNet",
      pictures,
      async ({ path, label }) => ({
        name: path,
        label,
        image: decodeImage(await readWhole(folder, path), { file: `${folder.name}/${path}` }),
      }),
      classes,
    );
  },
};
