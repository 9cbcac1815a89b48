/** What is known of a published data set: where it is to be had, how a copy of it lies on a disk, how it is read. */
import { ArgumentError, FormatError } from "../../core/index.ts";
import type { Dataset } from "../dataset.ts";
import { filesIn, type Folder, readWhole } from "../folder.ts";

/** A published data set. */
export type DatasetKind<Sample> = {
  /** Its name, as its authors write it. */
  readonly title: string;
  /** Where to get it. */
  readonly source: string;
  /** How a copy lies in its folder, one path a line. */
  readonly layout: string;
  /** Names of the splits. */
  readonly splits: readonly string[];
  /**
   * Opens a split of a copy.
   *
   * @throws ArgumentError if the folder holds no such copy: it tells the source and the layout
   */
  open(folder: Folder, split: string): Promise<Dataset<Sample>>;
};

/** The error for a folder in which something of the copy is missing. */
export function missing(
  { title, source, layout }: Pick<DatasetKind<unknown>, "title" | "source" | "layout">,
  folder: Folder,
  what: string,
): ArgumentError {
  const tree = layout
    .trim()
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
  return new ArgumentError(
    `${title}: expected ${what} in ${folder.name}, got none. Get the data set from ${source} and lay it out so:\n${tree}`,
  );
}

/** The lines of a text file of a copy that are not empty. */
export async function linesOf(folder: Folder, path: string): Promise<string[]> {
  const text = new TextDecoder().decode(await readWhole(folder, path, 1 << 28));
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** Checks the name of a split. */
export function checkSplit(
  { title, splits }: Pick<DatasetKind<unknown>, "title" | "splits">,
  split: string,
): void {
  if (!splits.includes(split)) {
    throw new ArgumentError(
      `${title}: expected a split of ${splits.join(", ")}, got ${JSON.stringify(split)}`,
    );
  }
}

/** One line of an `index.json`. */
export type IndexEntry = { readonly path: string; readonly label: number; readonly split: string };

/** What an `index.json` says. */
export type Index = { readonly entries: readonly IndexEntry[]; readonly classes: readonly string[] };

/**
 * Reads the `index.json` of a copy: `{"<key>": [{"file", "label", "split"}], "classes": […]}`; other keys are passed over.
 *
 * @returns undefined if there is none
 * @throws FormatError if it does not say where files are, or names one outside the folder
 */
export async function readIndex(folder: Folder, key: string): Promise<Index | undefined> {
  if ((await filesIn(folder, "", /^index\.json$/)).length === 0) return undefined;
  const fail = (expected: string) =>
    new FormatError("index", 0, `expected ${expected}, got something else`, `${folder.name}/index.json`);
  let index: unknown;
  try {
    index = JSON.parse(new TextDecoder().decode(await readWhole(folder, "index.json", 1 << 28)));
  } catch {
    throw fail("JSON");
  }
  const { [key]: items, classes = [] } = (index ?? {}) as Partial<Record<string, unknown>>;
  if (!Array.isArray(items)) throw fail(`a list \`${key}\``);
  if (!(Array.isArray(classes) && classes.every((name) => typeof name === "string"))) {
    throw fail("names in `classes`");
  }
  const entries = items.map((item: unknown): IndexEntry => {
    const { file, label, split } = (item ?? {}) as Partial<Record<string, unknown>>;
    const good = typeof file === "string" && Number.isInteger(label) && typeof split === "string";
    if (!good) throw fail(`\`${key}\` with file, label and split`);
    if (file.split(/[\\/]/).includes("..")) throw fail("files within the folder");
    return { path: file, label: label as number, split };
  });
  return { entries, classes };
}
