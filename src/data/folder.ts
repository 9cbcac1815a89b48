/** The folder that a copy of a data set lies in, under Node or in a browser. */
import { ArgumentError } from "../core/index.ts";
import type { ByteFile } from "../events/index.ts";

/** One entry of a folder. */
export type FolderEntry = { readonly name: string; readonly isFolder: boolean };

/** A folder and all below it. Paths are relative to it, with `/` between names. */
export interface Folder {
  /** What messages call it: its path, or its name. */
  readonly name: string;
  /** The entries of a folder in order of name; undefined if there is no such folder. */
  list(path: string): Promise<readonly FolderEntry[] | undefined>;
  /** A file to read from; undefined if there is no such file. The caller closes it. */
  open(path: string): Promise<ByteFile | undefined>;
  /** What a program outside can open a file by; undefined in a browser. */
  pathOf(path: string): string | undefined;
}

/** Bytes of a file that is read whole: labels, lists, pictures. */
export const MAX_WHOLE_BYTES = 2 ** 30;

/**
 * Reads a whole file of a folder.
 *
 * @throws ArgumentError if there is no such file, or it is larger than `maxBytes`
 */
export async function readWhole(
  folder: Folder,
  path: string,
  maxBytes: number = MAX_WHOLE_BYTES,
): Promise<Uint8Array> {
  const file = await folder.open(path);
  if (file === undefined) throw new ArgumentError(`${folder.name}: expected the file ${path}, got none`);
  try {
    if (file.size > maxBytes) {
      throw new ArgumentError(`${folder.name}/${path}: expected at most ${maxBytes} bytes, got ${file.size}`);
    }
    return await file.read(0, file.size);
  } finally {
    await file.close();
  }
}

/** Names of the folders within a folder; none where there is none. */
export async function foldersIn(folder: Folder, path: string): Promise<string[]> {
  return ((await folder.list(path)) ?? []).filter(({ isFolder }) => isFolder).map(({ name }) => name);
}

/** Names of the files within a folder that a pattern fits; none where there is no folder. */
export async function filesIn(folder: Folder, path: string, pattern: RegExp): Promise<string[]> {
  const entries = (await folder.list(path)) ?? [];
  return entries.filter(({ name, isFolder }) => !isFolder && pattern.test(name)).map(({ name }) => name);
}

/** Order of names by code unit, the same on every platform. */
export function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
