/** Data sets of one recording a sample, in folders by class. */
import { FormatError } from "../../core/index.ts";
import {
  type Events,
  joinEvents,
  openEvents,
  type OpenOptions,
  type SensorSize,
} from "../../events/index.ts";
import { byName, filesIn, type Folder, foldersIn } from "../folder.ts";
import { type Dataset, datasetOf, type EventSample } from "../dataset.ts";
import { checkSplit, type DatasetKind, missing, readIndex } from "./kind.ts";

/** All events of a recording of a folder. */
export async function loadEvents(
  folder: Folder,
  path: string,
  options: OpenOptions = {},
): Promise<{ readonly sensor: SensorSize; readonly events: Events }> {
  const file = await folder.open(path);
  const name = `${folder.name}/${path}`;
  if (file === undefined) throw new FormatError("events", 0, "expected a file, got none", name);
  const recording = await openEvents(file, { file: name, ...options });
  const batches: Events[] = [];
  for await (const batch of recording) batches.push(batch);
  return { sensor: recording.sensor, events: joinEvents(batches) };
}

/** A file and its class. */
type Labelled = { readonly path: string; readonly label: number };

/** N-MNIST [Orchard2015]: digits moved before an event camera, 34x34 pixels, some 300 ms each. */
export const NMNIST: DatasetKind<EventSample> = {
  title: "N-MNIST",
  source: "https://www.garrickorchard.com/datasets/n-mnist",
  layout: `
Train/0/00002.bin, Train/0/…, Train/1/…, … Train/9/…
Test/0/00004.bin, …
or: index.json {"samples": [{"file", "label", "split"}]} and the files that it names`,
  splits: ["train", "val", "test"],
  async open(folder, split) {
    checkSplit(NMNIST, split);
    const options = { format: "nmnist", sensor: { width: 34, height: 34 } };
    const index = await readIndex(folder, "samples");
    if (index !== undefined) {
      const entries = index.entries.filter((entry) => entry.split === split);
      return recordings("N-MNIST", folder, entries, DIGITS, options);
    }
    const part = split === "test" ? "Test" : "Train";
    const files = await classFiles(folder, part, DIGITS, /\.bin$/i);
    // The authors have two splits: of their training files every tenth of a digit is for validation.
    const chosen = files.filter(({ rank }) => split === "test" || (rank % 10 === 9) === (split === "val"));
    if (chosen.length === 0) throw missing(NMNIST, folder, `${part}/0 to ${part}/9 with *.bin`);
    return recordings("N-MNIST", folder, chosen, DIGITS, options);
  },
};

const DIGITS = Array.from({ length: 10 }, (_, digit) => String(digit));

/** N-Caltech101 [Orchard2015]: pictures of 101 classes moved before an event camera, up to 240x180 pixels. */
export const NCALTECH101: DatasetKind<EventSample> = {
  title: "N-Caltech101",
  source: "https://www.garrickorchard.com/datasets/n-caltech101",
  layout: `
Caltech101/accordion/image_0001.bin, Caltech101/…  (or the class folders at the top)`,
  splits: ["train", "test"],
  async open(folder, split) {
    checkSplit(NCALTECH101, split);
    const top = (await foldersIn(folder, "Caltech101")).length > 0 ? "Caltech101" : "";
    const classes = (await foldersIn(folder, top)).filter((name) => name !== "Annotations").sort(byName);
    const files = await classFiles(folder, top, classes, /\.bin$/i);
    if (files.length === 0) throw missing(NCALTECH101, folder, "folders of classes with *.bin");
    // The authors have no splits: every fifth file of a class is for the test.
    const chosen = files.filter(({ rank }) => (rank % 5 === 4) === (split === "test"));
    const sensor = { width: 240, height: 180 };
    return recordings("N-Caltech101", folder, chosen, classes, { format: "nmnist", sensor });
  },
};

/** CIFAR10-DVS [Li2017]: 10,000 pictures moved before a DVS128. */
export const CIFAR10_DVS: DatasetKind<EventSample> = {
  title: "CIFAR10-DVS",
  source: "https://figshare.com/articles/dataset/CIFAR10-DVS_New/4724671",
  layout: `
airplane/cifar10_airplane_0.aedat … airplane/cifar10_airplane_999.aedat
automobile/…, bird/…, cat/…, deer/…, dog/…, frog/…, horse/…, ship/…, truck/…`,
  splits: ["train", "test"],
  async open(folder, split) {
    checkSplit(CIFAR10_DVS, split);
    const files = await classFiles(folder, "", CIFAR10_CLASSES, /\.aedat$/i);
    if (files.length === 0) throw missing(CIFAR10_DVS, folder, "folders airplane to truck with *.aedat");
    // As in the literature: of each class the first nine tenths, by number, are for training.
    const chosen = files.filter(({ rank, count }) => rank < 0.9 * count === (split === "train"));
    const sensor = { width: 128, height: 128 };
    return recordings("CIFAR10-DVS", folder, chosen, CIFAR10_CLASSES, { sensor });
  },
};

/** The classes of CIFAR-10 in their order. */
export const CIFAR10_CLASSES = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
] as const;

/** The files of each class folder in the order of their numbers, with their rank among those of their class. */
async function classFiles(
  folder: Folder,
  top: string,
  classes: readonly string[],
  pattern: RegExp,
): Promise<(Labelled & { readonly rank: number; readonly count: number })[]> {
  const all = [];
  for (const [label, name] of classes.entries()) {
    const path = top === "" ? name : `${top}/${name}`;
    const files = (await filesIn(folder, path, pattern)).sort(byNumber);
    all.push(...files.map((file, rank) => ({ path: `${path}/${file}`, label, rank, count: files.length })));
  }
  return all;
}

/** Order of names in which runs of digits count as numbers: `image_2` before `image_10`. */
export function byNumber(a: string, b: string): number {
  const parts = (name: string) => name.split(/(\d+)/);
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = i % 2 === 1 ? Number(left[i]) - Number(right[i]) : byName(left[i]!, right[i]!);
    if (order !== 0) return order;
  }
  return byName(a, b);
}

function recordings(
  name: string,
  folder: Folder,
  files: readonly Labelled[],
  classes: readonly string[],
  options: OpenOptions,
): Dataset<EventSample> {
  return datasetOf(
    name,
    files,
    async ({ path, label }) => ({ name: path, label, ...(await loadEvents(folder, path, options)) }),
    classes,
  );
}
