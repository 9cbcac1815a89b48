/** Folders that a person opens in a browser (File System API). */
import { blobFile } from "../events/index.ts";
import { byName, type Folder } from "./folder.ts";

/** What is used of `FileSystemDirectoryHandle`. */
export type DirectoryHandle = {
  readonly name: string;
  entries(): AsyncIterable<[string, { readonly kind: "file" | "directory" }]>;
  getDirectoryHandle(name: string): Promise<DirectoryHandle>;
  getFileHandle(name: string): Promise<{ getFile(): Promise<Blob> }>;
};

/** A folder given by its handle, as `showDirectoryPicker` or the origin's own file system has it. */
export function browserFolder(root: DirectoryHandle): Folder {
  async function find(names: readonly string[]): Promise<DirectoryHandle | undefined> {
    let handle = root;
    for (const name of names) {
      const next = await absent(handle.getDirectoryHandle(name));
      if (next === undefined) return undefined;
      handle = next;
    }
    return handle;
  }
  const namesOf = (path: string) => path.split("/").filter((name) => name !== "");
  return {
    name: root.name,
    pathOf: () => undefined,
    list: async (path) => {
      const handle = await find(namesOf(path));
      if (handle === undefined) return undefined;
      const found = [];
      for await (const [name, { kind }] of handle.entries()) {
        found.push({ name, isFolder: kind === "directory" });
      }
      return found.sort((a, b) => byName(a.name, b.name));
    },
    open: async (path) => {
      const names = namesOf(path);
      const handle = await find(names.slice(0, -1));
      const file = handle && (await absent(handle.getFileHandle(names.at(-1) ?? "")));
      return file && blobFile(await file.getFile());
    },
  };
}

/** Undefined where there is no such entry, or it is of the other kind. */
async function absent<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (["NotFoundError", "TypeMismatchError"].includes((error as Error).name)) return undefined;
    throw error;
  }
}
