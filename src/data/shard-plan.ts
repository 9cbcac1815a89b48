/** Which clips a data set has, and in which shard each lies: from the recipe and the names of its motions alone. */
import { ArgumentError, hashName, Random } from "../core/index.ts";
import type { MotionKind } from "../simulate/index.ts";
import type { Recipe } from "./recipe.ts";

/** A motion of a data set. */
export type PlannedMotion = {
  /** Unique within its split. */
  readonly name: string;
  /** What is done in it, for the label. */
  readonly action: string;
} & (
  | { readonly kind: MotionKind }
  /** A motion file, relative to the folder of the data; `skeleton` where it needs one. */
  | { readonly file: string; readonly skeleton?: string }
);

/** One clip to be made. */
export type PlannedClip = {
  readonly name: string;
  /** Decides body, clothes, light, background, camera, sensor and the part of the motion. */
  readonly seed: number;
  readonly motion: PlannedMotion;
};

/** One file to be made. */
export type PlannedShard = {
  /** Name of the file. */
  readonly file: string;
  readonly split: string;
  readonly clips: readonly PlannedClip[];
};

const MAX_CLIPS = 1e7;

/**
 * The shards of a data set, split by split. The seed of a clip is a hash of the recipe's seed and the clip's name, so
 * that no clip depends on another; clips are shuffled within their split, so that a shard holds many motions.
 *
 * @param motions - of each split of the recipe
 * @throws ArgumentError if a split has no motions, or too many clips
 */
export function planShards(
  recipe: Pick<Recipe, "seed" | "splits" | "shardClips">,
  motions: Readonly<Record<string, readonly PlannedMotion[]>>,
): PlannedShard[] {
  const { seed, splits, shardClips } = recipe;
  return Object.entries(splits).flatMap(([split, { clipsPerMotion }]) => {
    const own = motions[split] ?? [];
    const clips = own.length * clipsPerMotion;
    if (!(clips >= 1 && clips <= MAX_CLIPS)) {
      throw new ArgumentError(`recipe: splits.${split}: expected 1 to ${MAX_CLIPS} clips, got ${clips}`);
    }
    const order = new Random(hashName(JSON.stringify([seed, split]))).permutation(clips);
    return Array.from({ length: Math.ceil(clips / shardClips) }, (_, s) => ({
      file: `${split}-${String(s).padStart(5, "0")}.safetensors`,
      split,
      clips: Array.from(order.subarray(s * shardClips, (s + 1) * shardClips), (at): PlannedClip => {
        const motion = own[Math.floor(at / clipsPerMotion)]!;
        const name = `${motion.name}.${at % clipsPerMotion}`;
        return { name, motion, seed: hashName(JSON.stringify([seed, split, name])) };
      }),
    }));
  });
}
