/** What lies in a folder of shards: which files, from which recipe, and how to tell that they are whole. */
import { z } from "zod";
import { FormatError } from "../core/index.ts";

const file = z
  .string()
  .regex(/^[A-Za-z]\w*-\d{5,}\.safetensors$/, "expected a name such as train-00000.safetensors");
const count = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hexadecimal digits");

const schema = z.strictObject({
  format: z.literal("saccade-shards"),
  version: z.literal(1),
  /** SHA-256 of the recipe, the motion files and the sensor's physics. */
  recipeHash: sha256,
  seed: count,
  /** Which share of the shards this manifest is about: number `index` of `of`, from 1. */
  part: z.strictObject({ index: z.int().min(1), of: z.int().min(1) }),
  /** Shards of the whole data set by split. */
  splits: z.record(z.string(), count),
  recipe: z.unknown(),
  shards: z.array(
    z.strictObject({
      file,
      split: z.string(),
      sha256,
      bytes: count,
      clips: count,
      seconds: z.number().min(0),
      events: count,
    }),
  ),
});

/** The manifest of a data set, or of a part of it. */
export type ShardManifest = z.output<typeof schema>;

/** What a manifest says of one shard. */
export type ShardEntry = ShardManifest["shards"][number];

/** Name of the manifest of a part. */
export function manifestName({ index, of }: ShardManifest["part"]): string {
  return of === 1 ? "manifest.json" : `manifest-${index}-of-${of}.json`;
}

/** The text of a manifest; shards in the order of their names. */
export function encodeManifest(manifest: ShardManifest): string {
  const shards = manifest.shards.toSorted((a, b) => (a.file < b.file ? -1 : 1));
  return `${JSON.stringify({ ...manifest, shards }, null, 1)}\n`;
}

/**
 * Reads a manifest.
 *
 * @param path - of the file, for messages
 * @throws FormatError (`manifest`) naming the field
 */
export function parseManifest(text: string, path: string): ShardManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FormatError("manifest", 0, `expected JSON, got ${(error as Error).message}`, path);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new FormatError("manifest", 0, `${issue.path.join(".") || "top level"}: ${issue.message}`, path);
}

/**
 * One manifest of the parts that several processes or machines made.
 *
 * @param parts - with the paths that they were read from, one at least
 * @throws FormatError (`manifest`) if they are of different recipes, tell different things of one shard, or leave some out
 */
export function mergeManifests(
  parts: readonly { readonly manifest: ShardManifest; readonly path: string }[],
): ShardManifest {
  const first = parts[0]!;
  const shards = new Map<string, ShardEntry>();
  for (const { manifest, path } of parts) {
    if (manifest.recipeHash !== first.manifest.recipeHash) {
      throw new FormatError(
        "manifest",
        0,
        `expected a part of the recipe of ${first.path}, got another`,
        path,
      );
    }
    for (const entry of manifest.shards) {
      const known = shards.get(entry.file);
      if (known !== undefined && known.sha256 !== entry.sha256) {
        throw new FormatError("manifest", 0, `expected one version of ${entry.file}, got two`, path);
      }
      shards.set(entry.file, entry);
    }
  }
  for (const [split, expected] of Object.entries(first.manifest.splits)) {
    const got = [...shards.values()].filter((entry) => entry.split === split).length;
    if (got === expected) continue;
    const what = `expected ${expected} shards of the split ${split}, got ${got}: go on with saccade generate`;
    throw new FormatError("manifest", 0, what, first.path);
  }
  const sorted = [...shards.values()].sort((a, b) => (a.file < b.file ? -1 : 1));
  return { ...first.manifest, part: { index: 1, of: 1 }, shards: sorted };
}
