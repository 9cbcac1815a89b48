/** Our own data sets: the shards of `saccade generate`. */
import { ArgumentError } from "../../core/index.ts";
import type { Dataset } from "../dataset.ts";
import { datasetOf } from "../dataset.ts";
import type { Folder } from "../folder.ts";
import type { LabelledClip } from "../labelled-clip.ts";
import { manifestsIn, shardSet } from "../open-shards.ts";
import type { ShardEntry } from "../shard-manifest.ts";
import { type DatasetKind, missing } from "./kind.ts";

/** Clips with events and all that is known of them; splits are those of the recipe, `train`, `val` and `test` by habit. */
export const SHARDS: DatasetKind<LabelledClip> = {
  title: "shards",
  source: "saccade generate RECIPE.yaml --out FOLDER (docs/generate.md)",
  layout: `
manifest.json, or manifest-1-of-2.json, …
train-00000.safetensors, …`,
  splits: ["train", "val", "test"],
  async open(folder: Folder, split: string): Promise<Dataset<LabelledClip>> {
    if ((await manifestsIn(folder)).length === 0) throw missing(SHARDS, folder, "manifest.json");
    const { manifest, shards, read } = await shardSet(folder);
    if (!Object.hasOwn(manifest.splits, split)) {
      const known = Object.keys(manifest.splits).join(", ");
      throw new ArgumentError(`shards: expected a split of ${known}, got ${JSON.stringify(split)}`);
    }
    const items = shards(split).flatMap((shard) =>
      Array.from({ length: shard.clips }, (_, clip) => ({ shard, clip })),
    );
    // Clips are mostly asked for one after the other: the last shard is kept.
    let kept: { readonly shard: ShardEntry; readonly clips: Promise<LabelledClip[]> } | undefined;
    return datasetOf("shards", items, async ({ shard, clip }) => {
      if (kept?.shard !== shard) kept = { shard, clips: read(shard) };
      return (await kept.clips)[clip]!;
    });
  },
};
