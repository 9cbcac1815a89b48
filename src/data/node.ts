/** Data sets under Node: motion capture from a folder, clips kept in a cache. */
import { createHash } from "node:crypto";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { FormatError } from "../core/index.ts";
import { exists, readFileBounded, writeFileAtomic } from "../core/node.ts";
import { parseBvh } from "../simulate/index.ts";
import type { RecordingOptions } from "./generate.ts";
import { bvhSources, generatePlanned, type MotionSource, planClips, proceduralSources } from "./plan.ts";
import { encodePoseClip, parsePoseClip, type PoseClip } from "./pose-clip.ts";

export {
  generateShards,
  type GenerateShardsOptions,
  planRecipe,
  type ShardPlan,
} from "./generate-shards-node.ts";
export { openShards } from "./open-shards-node.ts";
export { openFrames, preparedVideo } from "./video-clip-node.ts";
export { convertVideos, type VideoSetSettings } from "./video-set-node.ts";
export { cachedDataset, type CacheOptions } from "./cache-node.ts";
export { classificationData, type ClassificationOptions } from "./classification-node.ts";
export { diskFolder } from "./folder-node.ts";
export { prefetch, type PrefetchOptions } from "./prefetch-node.ts";
export { readMotion, recipeMotions, skeletonOf } from "./recipe-motions-node.ts";

/** Raised when equal settings no longer give equal clips, so that old caches are not used. */
const GENERATION = 4;
/** Largest files that are read, bytes. */
const MAX_BVH_BYTES = 1 << 28;
const MAX_SPLITS_BYTES = 1 << 24;

/** What {@link generatePoseClips} is to make. */
export type ClipSetOptions = {
  /**
   * Folder of motion capture. Its `splits.json`, `{"clips": [{"file", "split"}]}` (other keys are passed over), says
   * which BVH files belong to which split; without it every `*.bvh` of the folder belongs to every split.
   */
  readonly mocapDir?: string;
  /** Name of the split, for example `"train"`. */
  readonly split: string;
  /** Scenes in which each motion is filmed. */
  readonly variants: number;
  /** Whether the variants of captured motions, but for the first, are motions of their own: see `planClips`. */
  readonly varied?: boolean;
  /** Seconds of generated motions, beside those of the folder; 0 by default. Filmed once each. */
  readonly proceduralSeconds?: number;
  /** Cameras around the person, 1 by default; the clips of a motion follow one another: see `planClips`. */
  readonly views?: number;
  readonly seed: number;
  /** Folder for the clips, one safetensors each; made if it does not exist. Nothing is kept without it. */
  readonly cacheDir?: string;
  readonly recording?: RecordingOptions;
  /** Called after each clip. */
  readonly onProgress?: (progress: ClipProgress) => void;
  /** Stops between two clips; the promise is rejected with its reason. */
  readonly signal?: AbortSignal;
};

/** Where a captured motion comes from: the file, and a hash of its bytes. */
type Origin = { readonly hash: string; readonly file: string };

/** How far {@link generatePoseClips} is. */
export type ClipProgress = {
  readonly done: number;
  readonly total: number;
  readonly clip: PoseClip;
  /** Whether the clip came from the cache. */
  readonly cached: boolean;
};

/**
 * Makes the clips of a data set, or reads them from the cache where an earlier call, perhaps interrupted, has made them
 * with equal settings. Everything follows from the settings and the motion files.
 *
 * @throws FormatError for a damaged `splits.json`, BVH file or cached clip, naming it
 */
export async function generatePoseClips(options: ClipSetOptions): Promise<PoseClip[]> {
  const { mocapDir, split, variants, varied = false, proceduralSeconds = 0, views = 1, seed } = options;
  const { cacheDir, onProgress, signal } = options;
  const captured: MotionSource[] = [];
  const origins = new Map<MotionSource, Origin>();
  for (const file of mocapDir === undefined ? [] : await motionFiles(mocapDir, split)) {
    signal?.throwIfAborted();
    const path = join(mocapDir!, file);
    const bytes = await readFileBounded(path, { maxBytes: MAX_BVH_BYTES });
    const sources = bvhSources(file.replace(/\.bvh$/i, ""), parseBvh(bytes, path));
    const hash = createHash("sha256").update(bytes).digest("hex");
    for (const source of sources) origins.set(source, { hash, file: path });
    captured.push(...sources);
  }
  const plans = [
    ...planClips(captured, { variants, seed, varied, views }),
    ...planClips(proceduralSources(`procedural-${split}`, proceduralSeconds), { variants: 1, seed, views }),
  ];

  if (cacheDir !== undefined) await mkdir(cacheDir, { recursive: true });
  const clips: PoseClip[] = [];
  for (const plan of plans) {
    signal?.throwIfAborted();
    const { hash = "procedural", file } = origins.get(plan.source) ?? {};
    const arms = plan.arms && [plan.arms.name, origins.get(plan.arms)!.hash];
    const content = [plan.name, plan.seed, hash, arms, options.recording ?? {}];
    const settings = JSON.stringify([GENERATION, ...content, ...(views > 1 ? [views] : [])]);
    const key = createHash("sha256").update(settings).digest("hex").slice(0, 16);
    const path = cacheDir && join(cacheDir, `${plan.name.replaceAll(/[^\w.-]/g, "_")}-${key}.safetensors`);
    const cached = path !== undefined && (await exists(path));
    const clip = cached
      ? parsePoseClip(await readFileBounded(path), path)
      : withFile(file, () => generatePlanned(plan, options.recording));
    if (path !== undefined && !cached) await writeFileAtomic(path, encodePoseClip(clip));
    clips.push(clip);
    onProgress?.({ done: clips.length, total: plans.length, clip, cached });
    // Lets an interrupt have its turn between two clips.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return clips;
}

/** Faults that a motion shows only when it is performed name its file, too. */
function withFile<T>(file: string | undefined, step: () => T): T {
  try {
    return step();
  } catch (error) {
    const nameless = error instanceof FormatError && error.file === undefined && file !== undefined;
    throw nameless ? error.inFile(file) : error;
  }
}

/** BVH files of a split, relative to the folder, in order of name. */
async function motionFiles(folder: string, split: string): Promise<string[]> {
  const path = join(folder, "splits.json");
  if (!(await exists(path))) return (await readdir(folder)).filter(isBvh).sort();
  const text = new TextDecoder().decode(await readFileBounded(path, { maxBytes: MAX_SPLITS_BYTES }));
  const fail = (expected: string): never => {
    throw new FormatError("splits", 0, `expected ${expected}, got something else`, path);
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    fail("JSON");
  }
  const { clips } = (value ?? {}) as { clips?: unknown };
  if (!Array.isArray(clips)) return fail("a list of clips");
  const files = clips.flatMap((clip: unknown) => {
    const entry = (clip ?? {}) as { file?: unknown; split?: unknown };
    if (typeof entry.file !== "string" || typeof entry.split !== "string") {
      return fail("clips with a file and a split");
    }
    if (entry.file.split(/[\\/]/).includes("..")) return fail("files within the folder");
    return entry.split === split && isBvh(entry.file) ? [entry.file] : [];
  });
  return files.sort();
}

function isBvh(file: string): boolean {
  return /\.bvh$/i.test(file);
}
