import { resolve } from "node:path";
import { InputError } from "../faults.ts";

/**
 * Makes sure that no file is written over one that is read, or twice.
 *
 * @param read - paths of the files that a command reads; those that are not given are passed over
 * @param written - paths of the files that it writes
 * @throws InputError naming the path
 */
export function checkDistinct(read: readonly (string | undefined)[], written: readonly string[]): void {
  const taken = new Set(read.flatMap((path) => (path === undefined ? [] : [resolve(path)])));
  for (const path of written) {
    if (taken.has(resolve(path))) throw new InputError(path, "expected different files to read and to write");
    taken.add(resolve(path));
  }
}
