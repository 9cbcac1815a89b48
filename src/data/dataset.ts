/** Data sets: a number of samples, each made when it is asked for. */
import { ArgumentError, Random } from "../core/index.ts";
import type { Events, SensorSize } from "../events/index.ts";
import type { Image } from "../video/index.ts";

/** A split of a data set. */
export interface Dataset<Sample> {
  readonly name: string;
  /** Names of the classes by label; none where samples have no label. */
  readonly classes: readonly string[];
  readonly length: number;
  /** Labels of all samples, `[length]`, where they are known before a sample is made. */
  readonly labels?: readonly number[] | undefined;
  /**
   * Makes a sample: the same for the same index, each time.
   *
   * @throws ArgumentError if there is no such index; `FormatError` and others of the files that it is made of
   */
  get(index: number): Promise<Sample>;
}

/** What every sample has: a name, unique within its split and the same in every copy. */
export type Named = { readonly name: string };

/** A recording with a label. */
export type EventSample = Named & {
  readonly label: number;
  readonly sensor: SensorSize;
  readonly events: Events;
};

/** A picture with a label. */
export type ImageSample = Named & { readonly label: number; readonly image: Image };

/** A picture and the class of each of its pixels, `[H, W]`. */
export type MaskSample = Named & { readonly image: Image; readonly mask: Uint8Array };

/** A clip with a label; `path` is for the readers of videos, a file or a folder of pictures. */
export type VideoSample = Named & { readonly label: number; readonly path: string };

/**
 * A data set of a list of items. Where all of them carry a `label`, those are the labels of the data set.
 *
 * @param load - makes the sample of an item
 */
export function datasetOf<Item, Sample>(
  name: string,
  items: readonly Item[],
  load: (item: Item) => Promise<Sample>,
  classes: readonly string[] = [],
): Dataset<Sample> {
  const labels = items.map((item) => (item as { readonly label?: unknown } | null)?.label);
  return {
    name,
    classes,
    length: items.length,
    labels: labels.every((label) => typeof label === "number") ? labels : undefined,
    get: async (index) => {
      if (!(Number.isInteger(index) && index >= 0 && index < items.length)) {
        throw new ArgumentError(`${name}: expected an index of 0 to ${items.length - 1}, got ${index}`);
      }
      return load(items[index]!);
    },
  };
}

/** The samples of a data set turned into something else: tensors, augmented recordings. */
export function mapDataset<From, To>(
  dataset: Dataset<From>,
  map: (sample: From, index: number) => To | Promise<To>,
): Dataset<To> {
  const { name, classes, length, labels } = dataset;
  return { name, classes, length, labels, get: async (index) => map(await dataset.get(index), index) };
}

/** Some samples of a data set, in the order of `indices`. */
export function subset<Sample>(dataset: Dataset<Sample>, indices: ArrayLike<number>): Dataset<Sample> {
  const picked = Array.from(indices);
  const labels = dataset.labels && picked.map((index) => dataset.labels![index]!);
  return { ...datasetOf(dataset.name, picked, (index) => dataset.get(index), dataset.classes), labels };
}

/**
 * The samples of several data sets, one after the other.
 *
 * @throws ArgumentError if there is none
 */
export function joined<Sample>(parts: readonly Dataset<Sample>[]): Dataset<Sample> {
  const [first] = parts;
  if (first === undefined) throw new ArgumentError("joined: expected a data set or more, got none");
  const items = parts.flatMap((part) =>
    Array.from({ length: part.length }, (_, index) => ({ part, index, label: part.labels?.[index] })),
  );
  return datasetOf(first.name, items, ({ part, index }) => part.get(index), first.classes);
}

/** An order of `length` samples: equal seeds and epochs give equal orders, on every platform. */
export function shuffledOrder(
  length: number,
  { seed, epoch = 0 }: { seed: number; epoch?: number },
): Uint32Array {
  const order = Uint32Array.from({ length }, (_, i) => i);
  const random = new Random(`order ${seed} ${epoch}`);
  for (let i = length - 1; i > 0; i--) {
    const other = random.integer(0, i + 1);
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  return order;
}

/**
 * Cuts a data set in parts at random: each sample is in exactly one.
 *
 * @param shares - the share of each part; their sum is 1
 * @throws ArgumentError if a share is negative or their sum is not 1
 */
export function randomSplit<Sample>(
  dataset: Dataset<Sample>,
  shares: readonly number[],
  { seed }: { readonly seed: number },
): Dataset<Sample>[] {
  const sum = shares.reduce((a, b) => a + b, 0);
  if (!(shares.every((share) => share >= 0) && Math.abs(sum - 1) < 1e-9)) {
    throw new ArgumentError(`randomSplit: expected shares whose sum is 1, got ${shares.join(", ")}`);
  }
  const order = shuffledOrder(dataset.length, { seed });
  let reached = 0;
  let start = 0;
  return shares.map((share, part) => {
    reached += share;
    const end = part === shares.length - 1 ? dataset.length : Math.round(reached * dataset.length);
    const indices = order.slice(start, end).sort();
    start = end;
    return subset(dataset, indices);
  });
}

/**
 * Cuts a data set in two at random: of each class a `share` goes to the first, rounded to whole samples; of all samples
 * together where labels are not known.
 *
 * @throws ArgumentError if the share is not within 0 and 1
 */
export function stratifiedSplit<Sample>(
  dataset: Dataset<Sample>,
  share: number,
  { seed }: { readonly seed: number },
): [Dataset<Sample>, Dataset<Sample>] {
  if (!(share >= 0 && share <= 1)) {
    throw new ArgumentError(`stratifiedSplit: expected a share of 0 to 1, got ${share}`);
  }
  const byLabel = new Map<number, number[]>();
  for (const index of shuffledOrder(dataset.length, { seed })) {
    const label = dataset.labels?.[index] ?? 0;
    const group = byLabel.get(label);
    if (group === undefined) byLabel.set(label, [index]);
    else group.push(index);
  }
  const parts: [number[], number[]] = [[], []];
  for (const group of byLabel.values()) {
    const end = Math.round(share * group.length);
    parts[0].push(...group.slice(0, end));
    parts[1].push(...group.slice(end));
  }
  const [first, second] = parts.map((indices) =>
    subset(
      dataset,
      indices.sort((a, b) => a - b),
    ),
  );
  return [first!, second!];
}
