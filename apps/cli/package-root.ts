import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Path of a file that ships with the package, from sources and from the build alike. */
export function packageFile(...segments: readonly string[]): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json")) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, ...segments);
}

/** The package's version. */
export function packageVersion(): string {
  return String(JSON.parse(readFileSync(packageFile("package.json"), "utf8")).version);
}
