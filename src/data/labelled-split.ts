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
  { split, limit }: SplitOptions,
): Promise<Splits<Sample>> {
  if (split === undefined) {
    return {
      training: limited(await kind.open(folder, "train"), limit),
      evaluation: async (name) => {
        const known = name === "val" && !kind.splits.includes("val") ? "test" : name;
        return limited(await kind.open(folder, known), limit);
      },
    };
  }
  const names = kind.splits.includes("all") ? ["all"] : kind.splits;
  const all = joined(await Promise.all(names.map((name) => kind.open(folder, name))));
  const [training, rest] = stratifiedSplit(all, split.train, { seed: split.seed });
  return {
    training: limited(training, limit),
    evaluation: (name) => Promise.resolve(limited(name === "train" ? training : rest, limit)),
  };
}

/** Some samples drawn from all of a split, so that all of its classes are among them, in their order. */
function limited<Sample>(dataset: Dataset<Sample>, limit: number | undefined): Dataset<Sample> {
  if (limit === undefined || limit >= dataset.length) return dataset;
  return subset(dataset, shuffledOrder(dataset.length, { seed: 0 }).slice(0, limit).sort());
}
