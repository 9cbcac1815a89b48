/** The splits that training and evaluation use. */
import type { Dataset } from "./dataset.ts";
import { joined, shuffledOrder, stratifiedSplit, subset } from "./dataset.ts";
import type { DatasetKind } from "./datasets/kind.ts";
import type { Folder } from "./folder.ts";

/** What a configuration says of splits. */
export type SplitOptions = {
  /** In place of the published splits: the share of each class that is for training, the rest for evaluation. */
  readonly split?: { readonly train: number; readonly seed: number } | undefined;
  /** Samples of a split at most. */
  readonly limit?: number | undefined;
};

/** Opens the part for training, and others by name. */
export type Splits<Sample> = {
  readonly training: Dataset<Sample>;
  /** A split for evaluation; `test` in place of `val` where there is none. */
  evaluation(name: string): Promise<Dataset<Sample>>;
};

/**
 * The splits of a copy.
 *
 * @throws ArgumentError if the folder holds no such copy, or there is no such split
 */
export async function splitsOf<Sample>(
  kind: DatasetKind<Sample>,
  folder: Folder,
  options: SplitOptions,
): Promise<Splits<Sample>> {
  return {
    training: await openSplit(kind, folder, "train", options),
    evaluation: (name) => openSplit(kind, folder, name, options),
  };
}

/** One split of a copy. @throws ArgumentError as {@link splitsOf} */
export async function openSplit<Sample>(
  kind: DatasetKind<Sample>,
  folder: Folder,
  name: string,
  { split, limit }: SplitOptions,
): Promise<Dataset<Sample>> {
  if (split === undefined) {
    const known = name === "val" && !kind.splits.includes("val") ? "test" : name;
    return limited(await kind.open(folder, known), limit);
  }
  const names = kind.splits.includes("all") ? ["all"] : kind.splits;
  const all = joined(await Promise.all(names.map((one) => kind.open(folder, one))));
  const [training, rest] = stratifiedSplit(all, split.train, { seed: split.seed });
  return limited(name === "train" ? training : rest, limit);
}

/** Some samples drawn from all of a split, so that all of its classes are among them, in their order. */
function limited<Sample>(dataset: Dataset<Sample>, limit: number | undefined): Dataset<Sample> {
  if (limit === undefined || limit >= dataset.length) return dataset;
  return subset(dataset, shuffledOrder(dataset.length, { seed: 0 }).slice(0, limit).sort());
}
