/** Folders of shards on a disk. */
import { createHash } from "node:crypto";
import { readFileBounded } from "../core/node.ts";
import { diskFolder } from "./folder-node.ts";
import { type ShardSet, shardSet } from "./open-shards.ts";
import { parseManifest, type ShardManifest } from "./shard-manifest.ts";

const MAX_MANIFEST_BYTES = 1 << 28;

/** As `shardSet`, for a folder by its path. */
export function openShards(folder: string): Promise<ShardSet> {
  return shardSet(diskFolder(folder));
}

/** Reads the manifest of a part. */
export async function readManifest(path: string): Promise<ShardManifest> {
  const bytes = await readFileBounded(path, { maxBytes: MAX_MANIFEST_BYTES });
  return parseManifest(new TextDecoder().decode(bytes), path);
}

/** SHA-256 in hexadecimal digits. */
export function sha256(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}
