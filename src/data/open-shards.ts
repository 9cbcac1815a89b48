/** Reading folders of shards. */
import { ArgumentError, FormatError } from "../core/index.ts";
import { type Folder, filesIn, readWhole } from "./folder.ts";
import type { LabelledClip } from "./labelled-clip.ts";
import { parseShard } from "./shard-file.ts";
import { mergeManifests, parseManifest, type ShardEntry, type ShardManifest } from "./shard-manifest.ts";

const MAX_MANIFEST_BYTES = 1 << 28;

/** A folder of shards. */
export type ShardSet = {
  readonly manifest: ShardManifest;
  /** Shards of a split, or of all. */
  readonly shards: (split?: string) => readonly ShardEntry[];
  /** Reads the clips of one shard. @throws FormatError if it is not the file that the manifest tells of, or damaged */
  readonly read: (shard: ShardEntry) => Promise<LabelledClip[]>;
  /** The clips of a split, or of all, one shard in memory at a time. */
  readonly clips: (split?: string) => AsyncGenerator<LabelledClip, void, void>;
};

/** The names of a folder's manifests: one of the whole, or one of each part. */
export function manifestsIn(folder: Folder): Promise<string[]> {
  return filesIn(folder, "", /^manifest(-\d+-of-\d+)?\.json$/);
}

/**
 * Opens a folder that `saccade generate` has filled: its `manifest.json`, or all `manifest-i-of-n.json`. Every shard is
 * compared with its SHA-256 when it is read.
 *
 * @throws FormatError if there is no manifest, parts do not fit together, or shards are missing
 */
export async function shardSet(folder: Folder): Promise<ShardSet> {
  const names = await manifestsIn(folder);
  if (names.length === 0) {
    const what = "expected a manifest.json or manifest-i-of-n.json, got none";
    throw new FormatError("manifest", 0, what, folder.name);
  }
  const parts = await Promise.all(
    names.map(async (name) => {
      const path = `${folder.name}/${name}`;
      const text = new TextDecoder().decode(await readWhole(folder, name, MAX_MANIFEST_BYTES));
      return { manifest: parseManifest(text, path), path };
    }),
  );
  const manifest = mergeManifests(parts);
  const shards = (split?: string) => {
    if (split !== undefined && !Object.hasOwn(manifest.splits, split)) {
      const known = Object.keys(manifest.splits).join(", ");
      throw new ArgumentError(`openShards: expected a split of ${known}, got ${split}`);
    }
    return manifest.shards.filter((entry) => split === undefined || entry.split === split);
  };
  const read = (shard: ShardEntry) => readShard(folder, shard);
  async function* clips(split?: string): AsyncGenerator<LabelledClip, void, void> {
    for (const shard of shards(split)) yield* await read(shard);
  }
  return { manifest, shards, read, clips };
}

/**
 * The clips of a shard.
 *
 * @throws FormatError if the file is not the one that the manifest tells of
 */
export async function readShard(folder: Folder, shard: ShardEntry): Promise<LabelledClip[]> {
  const path = `${folder.name}/${shard.file}`;
  const bytes = await readWhole(folder, shard.file, Math.max(shard.bytes, 1));
  if (bytes.length !== shard.bytes) {
    const what = `expected ${shard.bytes} bytes as the manifest says, got ${bytes.length}`;
    throw new FormatError("shard", 0, what, path);
  }
  const digest = await crypto.subtle.digest("SHA-256", bytes.slice());
  const hash = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (hash !== shard.sha256) {
    throw new FormatError("shard", 0, `expected the SHA-256 ${shard.sha256}, got ${hash}`, path);
  }
  return parseShard(bytes, path);
}
