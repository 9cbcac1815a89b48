/** Examples kept on a disk, so that decoding and binning are done once. */
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { FormatError } from "../core/index.ts";
import { exists, readFileBounded, writeFileAtomic } from "../core/node.ts";
import type { Dataset } from "./dataset.ts";
import { encodeExample, type Example, parseExample } from "./example.ts";

/** Options of {@link cachedDataset}. */
export type CacheOptions = {
  /** Folder for the files; made if it does not exist. */
  readonly folder: string;
  /**
   * Everything that the examples depend on, beside their index: the copy of the data set, its split, the settings of their
   * making. Other settings give other files.
   */
  readonly settings: unknown;
};

/**
 * A data set whose examples are read from files where they have been made before, and written where not. Many processes
 * may share a folder: files are whole or not there. A damaged file is made anew.
 */
export function cachedDataset(
  dataset: Dataset<Example>,
  { folder, settings }: CacheOptions,
): Dataset<Example> {
  const text = JSON.stringify([dataset.name, dataset.length, settings]);
  const key = createHash("sha256").update(text).digest("hex").slice(0, 16);
  const { name, classes, length } = dataset;
  return {
    name,
    classes,
    length,
    get: async (index) => {
      // A thousand files a folder: some file systems are slow with more.
      const place = join(folder, key, String(Math.floor(index / 1000)));
      const path = join(place, `${index}.safetensors`);
      if (await exists(path)) {
        try {
          return parseExample(await readFileBounded(path), path);
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
        }
      }
      const example = await dataset.get(index);
      await mkdir(place, { recursive: true });
      await writeFileAtomic(path, encodeExample(example));
      return example;
    },
  };
}
