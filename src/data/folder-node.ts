/** Folders of a disk, under Node. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { diskFile } from "../events/node.ts";
import { byName, type Folder } from "./folder.ts";

/** A folder of a disk. Nothing is read before it is asked for. */
export function diskFolder(root: string): Folder {
  const pathOf = (path: string) => join(root, path);
  return {
    name: root,
    pathOf,
    list: async (path) => {
      const entries = await absent(readdir(pathOf(path), { withFileTypes: true }));
      if (entries === undefined) return undefined;
      const found = [];
      for (const entry of entries) {
        // Copies are often made of links.
        const isFolder = entry.isSymbolicLink()
          ? ((await absent(stat(pathOf(`${path}/${entry.name}`))))?.isDirectory() ?? false)
          : entry.isDirectory();
        found.push({ name: entry.name, isFolder });
      }
      return found.sort((a, b) => byName(a.name, b.name));
    },
    open: async (path) => {
      const info = await absent(stat(pathOf(path)));
      return info?.isFile() === true ? diskFile(pathOf(path)) : undefined;
    },
  };
}

/** Undefined where there is no such file or folder; other faults of the system are thrown. */
async function absent<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}
