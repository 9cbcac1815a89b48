/** Reading folders of shards. */
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ArgumentError, FormatError } from "../core/index.ts";
import { readFileBounded } from "../core/node.ts";
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

/**
 * Opens a folder that `saccade generate` has filled: its `manifest.json`, or all `manifest-i-of-n.json`. Every shard is
 * compared with its SHA-256 when it is read.
 *
 * @throws FormatError if there is no manifest, parts do not fit together, or shards are missing
 */
export async function openShards(folder: string): Promise<ShardSet> {
  const names = (await readdir(folder)).filter((name) => /^manifest(-\d+-of-\d+)?\.json$/.test(name)).sort();
  if (names.length === 0) {
    throw new FormatError(
      "manifest",
      0,
      "expected a manifest.json or manifest-i-of-n.json, got none",
      folder,
    );
  }
  const parts = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      return { manifest: await readManifest(path), path };
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

/** Reads the manifest of a part. */
export async function readManifest(path: string): Promise<ShardManifest> {
  const bytes = await readFileBounded(path, { maxBytes: MAX_MANIFEST_BYTES });
  return parseManifest(new TextDecoder().decode(bytes), path);
}

/**
 * The clips of a shard.
 *
 * @throws FormatError if the file is not the one that the manifest tells of
 */
export async function readShard(folder: string, shard: ShardEntry): Promise<LabelledClip[]> {
  const path = join(folder, shard.file);
  const bytes = await readFileBounded(path);
  if (bytes.length !== shard.bytes) {
    throw new FormatError(
      "shard",
      0,
      `expected ${shard.bytes} bytes as the manifest says, got ${bytes.length}`,
      path,
    );
  }
  const hash = sha256(bytes);
  if (hash !== shard.sha256) {
    throw new FormatError("shard", 0, `expected the SHA-256 ${shard.sha256}, got ${hash}`, path);
  }
  return parseShard(bytes, path);
}

/** SHA-256 in hexadecimal digits. */
export function sha256(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}
