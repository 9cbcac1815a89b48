/** Making the shards of a recipe, on as many processors as wanted, in as many sittings as it takes. */
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ArgumentError, FormatError } from "../core/index.ts";
import { exists, readFileBounded, writeFileAtomic } from "../core/node.ts";
import { type CapturedMotion, sensorPresets } from "../simulate/index.ts";
import { filmClip, type LabelledClip } from "./labelled-clip.ts";
import { readManifest, sha256 } from "./open-shards-node.ts";
import type { Recipe } from "./recipe.ts";
import { readMotion, recipeMotions } from "./recipe-motions-node.ts";
import { encodeShard } from "./shard-file.ts";
import { encodeManifest, manifestName, type ShardEntry, type ShardManifest } from "./shard-manifest.ts";
import { type PlannedMotion, type PlannedShard, planShards } from "./shard-plan.ts";
import { ShardPool } from "./shard-pool-node.ts";

/** Raised when equal recipes no longer give equal shards, so that old ones are not kept beside new ones. */
const GENERATION = 2;
/** Motion files that are kept parsed. */
const KEPT_MOTIONS = 16;

/** A data set that is to be made. */
export type ShardPlan = {
  readonly recipe: Recipe;
  /** Folder in which the recipe's paths begin. */
  readonly folder: string;
  readonly recipeHash: string;
  readonly motions: Readonly<Record<string, readonly PlannedMotion[]>>;
  readonly shards: readonly PlannedShard[];
};

/** What a finished shard is, and which clips are in it. */
export type MadeShard = { readonly bytes: Uint8Array; readonly entry: ShardEntry };

/** How {@link generateShards} goes about it. */
export type GenerateShardsOptions = {
  /** Folder for the shards and the manifest; made if it does not exist. */
  readonly out: string;
  /** Which share of the shards to make: number `index` of `of`, from 1; all by default. */
  readonly part?: ShardManifest["part"];
  /** Threads that make shards; 1 by default: in this one. */
  readonly jobs?: number;
  /** Called after each clip, with the seconds it shows, and after each shard that was kept, with all of its clips. */
  readonly onClips?: (clips: number, seconds: number, kept: boolean) => void;
  /** Stops within a clip's tick; shards that are finished stay. The promise is rejected with its reason. */
  readonly signal?: AbortSignal;
};

/**
 * Finds the motions of a recipe and says which shards it makes. The hash is of the recipe, of the bytes of every motion
 * file and of the sensors' physics.
 *
 * @param folder - where the recipe's paths begin
 * @throws ArgumentError and FormatError as `recipeMotions` and `planShards`
 */
export async function planRecipe(recipe: Recipe, folder: string): Promise<ShardPlan> {
  const motions = await recipeMotions(recipe, folder);
  const files = new Set<string>();
  for (const motion of Object.values(motions).flat()) {
    if ("kind" in motion) continue;
    files.add(motion.file);
    if (motion.skeleton !== undefined) files.add(motion.skeleton);
  }
  const hashes: [string, string][] = [];
  for (const file of [...files].sort()) {
    hashes.push([file, sha256(await readFileBounded(inFolder(folder, file)))]);
  }
  const physics = recipe.presets.map((preset) => sensorPresets[preset]);
  const recipeHash = sha256(sortedJson([GENERATION, recipe, physics, hashes]));
  return { recipe, folder, recipeHash, motions, shards: planShards(recipe, motions) };
}

/**
 * Makes the shards of a plan, each from the recipe and the seed alone, so that they are the same bytes however the work
 * is shared, interrupted and taken up again. The manifest is written after every shard; shards that it tells of and
 * that have their SHA-256 are kept.
 *
 * @returns the manifest of the part
 * @throws ArgumentError if the folder holds the shards of another recipe; FormatError for motions that cannot be used;
 *   WorkerError if a thread dies; the system's errors, with their path, where nothing can be written
 */
export async function generateShards(
  plan: ShardPlan,
  options: GenerateShardsOptions,
): Promise<ShardManifest> {
  const { out, part = { index: 1, of: 1 }, jobs = 1, onClips, signal } = options;
  if (!(Number.isInteger(part.of) && part.of >= 1 && part.index >= 1 && part.index <= part.of)) {
    throw new ArgumentError(`generateShards: expected a part 1 ≤ i ≤ n, got ${part.index}/${part.of}`);
  }
  const own = plan.shards.filter((_, s) => s % part.of === part.index - 1);
  await mkdir(out, { recursive: true });
  const path = join(out, manifestName(part));
  const known = await keptShards(path, plan, out);
  const entries = new Map<string, ShardEntry>();
  const todo: PlannedShard[] = [];
  for (const shard of own) {
    const entry = known.get(shard.file);
    if (entry === undefined) todo.push(shard);
    else {
      entries.set(entry.file, entry);
      onClips?.(entry.clips, entry.seconds, true);
    }
  }
  const manifest = (): ShardManifest => ({
    format: "saccade-shards",
    version: 1,
    recipeHash: plan.recipeHash,
    seed: plan.recipe.seed,
    part: { ...part },
    splits: countBySplit(plan.shards),
    recipe: plan.recipe,
    shards: [...entries.values()],
  });
  let written = Promise.resolve();
  const save = async ({ bytes, entry }: MadeShard): Promise<void> => {
    await writeFileAtomic(join(out, entry.file), bytes);
    entries.set(entry.file, entry);
    // One after the other, so that an older manifest does not replace a newer one.
    written = written.then(() => writeFileAtomic(path, encode(manifest())));
    await written;
  };
  // A folder in which nothing can be written is found before the work, not after the first shard.
  await writeFileAtomic(path, encode(manifest()));
  const threads = Math.min(jobs, todo.length);
  if (threads > 1) {
    const pool = new ShardPool(plan, threads);
    try {
      await pool.make(todo, { save, onClip: (seconds) => onClips?.(1, seconds, false), signal });
    } finally {
      await pool.close();
    }
  } else {
    const maker = new ShardMaker(plan);
    for (const shard of todo) {
      await save(await maker.make(shard, { onClip: (seconds) => onClips?.(1, seconds, false), signal }));
    }
  }
  return sorted(manifest());
}

/** Makes shards one after the other, and keeps the motions that they share. */
export class ShardMaker {
  readonly #plan: Pick<ShardPlan, "recipe" | "folder">;
  readonly #motions = new Map<string, CapturedMotion>();

  constructor(plan: Pick<ShardPlan, "recipe" | "folder">) {
    this.#plan = plan;
  }

  /** The bytes of a shard, and what the manifest says of it. */
  async make(
    shard: PlannedShard,
    { onClip, signal }: { onClip: (seconds: number) => void; signal?: AbortSignal | undefined },
  ): Promise<MadeShard> {
    const clips: LabelledClip[] = [];
    for (const planned of shard.clips) {
      const captured = "kind" in planned.motion ? undefined : await this.#motion(planned.motion);
      const film = filming(() => filmClip(this.#plan.recipe, planned, captured), planned.motion);
      for (let step = film(); ; step = film()) {
        if (step.done === true) {
          clips.push(step.value);
          break;
        }
        // Lets an interrupt have its turn.
        await new Promise((resolve) => setImmediate(resolve));
        signal?.throwIfAborted();
      }
      onClip(clips.at(-1)!.durationUs / 1e6);
    }
    const bytes = encodeShard(clips);
    const entry = {
      file: shard.file,
      split: shard.split,
      sha256: sha256(bytes),
      bytes: bytes.length,
      clips: clips.length,
      seconds: clips.reduce((sum, { durationUs }) => sum + durationUs, 0) / 1e6,
      events: clips.reduce((sum, { events }) => sum + events.t.length, 0),
    };
    return { bytes, entry };
  }

  async #motion({ file, skeleton }: { file: string; skeleton?: string }): Promise<CapturedMotion> {
    const known = this.#motions.get(file);
    if (known !== undefined) return known;
    const { folder } = this.#plan;
    const motion = await readMotion(inFolder(folder, file), skeleton && inFolder(folder, skeleton));
    const [oldest] = this.#motions.keys();
    if (this.#motions.size >= KEPT_MOTIONS && oldest !== undefined) this.#motions.delete(oldest);
    this.#motions.set(file, motion);
    return motion;
  }
}

/** Steps of a clip; faults that its motion shows only when it is performed name the file, too. */
function filming(
  start: () => ReturnType<typeof filmClip>,
  motion: PlannedMotion,
): () => IteratorResult<void, LabelledClip> {
  const clip = start();
  return () => {
    try {
      return clip.next();
    } catch (error) {
      const nameless = error instanceof FormatError && error.file === undefined && "file" in motion;
      throw nameless ? error.inFile(motion.file) : error;
    }
  };
}

/** Shards that an earlier call has finished, by file. */
async function keptShards(path: string, plan: ShardPlan, out: string): Promise<Map<string, ShardEntry>> {
  const kept = new Map<string, ShardEntry>();
  if (!(await exists(path))) return kept;
  const { recipeHash, shards } = await readManifest(path);
  if (recipeHash !== plan.recipeHash) {
    throw new ArgumentError(
      `${path}: expected the shards of this recipe, its motions and its sensors, got others`,
    );
  }
  for (const entry of shards) {
    const file = join(out, entry.file);
    const size = await stat(file).then(
      (info) => info.size,
      () => -1,
    );
    if (size === entry.bytes && sha256(await readFileBounded(file)) === entry.sha256)
      kept.set(entry.file, entry);
  }
  return kept;
}

function countBySplit(shards: readonly PlannedShard[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { split } of shards) counts[split] = (counts[split] ?? 0) + 1;
  return counts;
}

function encode(manifest: ShardManifest): Uint8Array {
  return new TextEncoder().encode(encodeManifest(manifest));
}

/** Shards in the order of their names. */
function sorted(manifest: ShardManifest): ShardManifest {
  return { ...manifest, shards: manifest.shards.toSorted((a, b) => (a.file < b.file ? -1 : 1)) };
}

/** Path of a recipe's file, which may be absolute. */
function inFolder(folder: string, file: string): string {
  return file.startsWith("/") ? file : join(folder, file);
}

/** JSON with sorted keys, the same for equal values. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
