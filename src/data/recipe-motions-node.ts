/** The motions that a recipe names, found in folders. */
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ArgumentError, FormatError } from "../core/index.ts";
import { exists, readFileBounded } from "../core/node.ts";
import type { CapturedMotion } from "../simulate/index.ts";
import { MOTION_ENDINGS, parseMotion } from "./motion-file.ts";
import type { MotionSelection, Recipe } from "./recipe.ts";
import type { PlannedMotion } from "./shard-plan.ts";

/** Bound of a motion file. */
const MAX_MOTION_BYTES = 1 << 29;
const MAX_INDEX_BYTES = 1 << 24;
const MAX_ENTRIES = 1e6;

/**
 * The motions of each split, in the order of the recipe and of their names.
 *
 * @param folder - where the paths of the recipe begin
 * @throws ArgumentError if a glob finds nothing or two motions have one name; FormatError for a damaged index
 */
export async function recipeMotions(
  recipe: Recipe,
  folder: string,
): Promise<Record<string, PlannedMotion[]>> {
  const found: Record<string, PlannedMotion[]> = {};
  for (const [split, { motions }] of Object.entries(recipe.splits)) {
    const own: PlannedMotion[] = [];
    for (const [i, selection] of motions.entries()) {
      own.push(...(await selected(selection, folder, `recipe: splits.${split}.motions.${i}`)));
    }
    const names = new Set<string>();
    for (const { name } of own) {
      if (names.has(name)) {
        throw new ArgumentError(
          `recipe: splits.${split}.motions: expected each motion once, got ${name} twice`,
        );
      }
      names.add(name);
    }
    found[split] = own;
  }
  return found;
}

/**
 * Reads a motion file, an AMC with its skeleton.
 *
 * @throws FormatError as {@link parseMotion}, and the system's errors
 */
export async function readMotion(path: string, skeleton?: string): Promise<CapturedMotion> {
  const bytes = await readFileBounded(path, { maxBytes: MAX_MOTION_BYTES });
  if (skeleton === undefined) return parseMotion(bytes, path);
  const bones = await readFileBounded(skeleton, { maxBytes: MAX_MOTION_BYTES });
  return parseMotion(bytes, path, { skeleton: { bytes: bones, name: skeleton } });
}

/**
 * The skeleton of an AMC file: the ASF beside it of the same name, of the name up to the first underscore as in CMU's
 * database, or the only one there; nothing for other files.
 *
 * @throws FormatError if there is none, or more than one that might be meant
 */
export async function skeletonOf(path: string): Promise<string | undefined> {
  if (!/\.amc$/i.test(path)) return undefined;
  const folder = dirname(path);
  const skeletons = (await readdir(folder)).filter((name) => /\.asf$/i.test(name)).sort();
  const stem = basename(path).replace(/\.amc$/i, "");
  const named = [stem, stem.replace(/_.*/, "")].flatMap((name) =>
    skeletons.filter((file) => file.replace(/\.asf$/i, "") === name),
  );
  const [found] = named.length > 0 ? named : skeletons.length === 1 ? skeletons : [];
  if (found !== undefined) return join(folder, found);
  throw new FormatError("amc", 0, `expected its skeleton beside it, ${stem}.asf, got none`, path);
}

async function selected(selection: MotionSelection, folder: string, where: string): Promise<PlannedMotion[]> {
  if ("procedural" in selection) {
    const { procedural, count } = selection;
    return procedural.flatMap((kind) =>
      Array.from({ length: count }, (_, i) => ({ name: `${kind}.${i}`, action: kind, kind })),
    );
  }
  if ("index" in selection) return indexed(selection.index, selection.split, folder);
  const pattern = selection.files.replaceAll("\\", "/");
  const names = await matching(folder, pattern);
  if (names.length === 0) {
    throw new ArgumentError(`${where}.files: expected motion files under ${join(folder, pattern)}, got none`);
  }
  return Promise.all(names.map((file) => fileMotion(folder, file, selection.action)));
}

async function fileMotion(folder: string, file: string, action?: string): Promise<PlannedMotion> {
  const skeleton = await skeletonOf(join(folder, file));
  const name = file.replace(/\.[^./]+$/, "");
  return {
    name,
    action: action ?? basename(name),
    file,
    ...(skeleton !== undefined && { skeleton: join(dirname(file), basename(skeleton)) }),
  };
}

/** Files of a folder, or of a glob of `*`, `?` and `**`, relative to the folder where it begins; sorted. */
async function matching(folder: string, pattern: string): Promise<string[]> {
  const parts = pattern.split("/").filter((part) => part !== "" && part !== ".");
  const fixed = parts.findIndex((part) => /[*?]/.test(part));
  const start = pattern.startsWith("/") ? "/" : "";
  if (fixed < 0) {
    const path = start + parts.join("/");
    if (MOTION_ENDINGS.some((ending) => path.toLowerCase().endsWith(`.${ending}`))) {
      return (await exists(join(folder, path))) ? [path] : [];
    }
    return matching(folder, `${path}/**`);
  }
  const root = start + parts.slice(0, fixed).join("/");
  const wanted = parts.slice(fixed);
  const found: string[] = [];
  const rest = new RegExp(`^${wanted.map(globPart).join("/").replaceAll(".*/", "(?:.*/)?")}$`);
  const deepest = wanted.includes("**") ? 32 : wanted.length;
  let entries = 0;
  const walk = async (below: string, depth: number): Promise<void> => {
    const list = await readdir(join(start === "" ? folder : "", root, below), { withFileTypes: true });
    for (const entry of list) {
      if (++entries > MAX_ENTRIES)
        throw new ArgumentError(`recipe: expected at most ${MAX_ENTRIES} files, got more`);
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      const isMotion = MOTION_ENDINGS.some((ending) => entry.name.toLowerCase().endsWith(`.${ending}`));
      if (entry.isDirectory() && depth < deepest) await walk(path, depth + 1);
      else if (isMotion && rest.test(path)) found.push(root === "" ? path : `${root}/${path}`);
    }
  };
  await walk("", 1);
  return found.sort();
}

function globPart(part: string): string {
  if (part === "**") return ".*";
  return part
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", "[^/]*")
    .replaceAll("?", "[^/]");
}

/** The motions of a split that an index lists: `{"clips": [{"file", "split", "action"?}]}`, files beside the index. */
async function indexed(index: string, split: string, folder: string): Promise<PlannedMotion[]> {
  const path = join(folder, index);
  const fail = (expected: string): never => {
    throw new FormatError("splits", 0, `expected ${expected}, got something else`, path);
  };
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(await readFileBounded(path, { maxBytes: MAX_INDEX_BYTES })));
  } catch (error) {
    if (error instanceof SyntaxError) fail("JSON");
    throw error;
  }
  const { clips } = (value ?? {}) as { clips?: unknown };
  if (!Array.isArray(clips)) return fail("a list of clips");
  const own: { file: string; action: string | undefined }[] = [];
  for (const clip of clips as unknown[]) {
    const entry = (clip ?? {}) as Record<"file" | "split" | "action", unknown>;
    const { file, action } = entry;
    if (typeof file !== "string" || typeof entry.split !== "string")
      return fail("clips with a file and a split");
    if (file.split(/[\\/]/).includes("..")) return fail("files within the folder");
    if (entry.split === split) own.push({ file, action: typeof action === "string" ? action : undefined });
  }
  if (own.length === 0) throw new ArgumentError(`${path}: expected clips of the split ${split}, got none`);
  own.sort((a, b) => (a.file < b.file ? -1 : 1));
  return Promise.all(own.map(({ file, action }) => fileMotion(folder, join(dirname(index), file), action)));
}
