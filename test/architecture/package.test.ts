import { readFileSync } from "node:fs";
import { expect, suite, test } from "vitest";
import { ROOT, sourcesUnder } from "./sources.ts";

const manifest = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8"));

suite("package", () => {
  test("every entry point has a source", () => {
    const entries: string[] = [
      ...Object.values<string>(manifest.exports),
      ...Object.values<string>(manifest.bin),
    ];
    const known = ["src", "apps"].flatMap(sourcesUnder).map(({ path }) => path);
    const missing = entries.filter((entry) => {
      const source = entry.replace(/^(\.\/)?dist\//, "").replace(/\.js$/, ".ts");
      const [start, end = ""] = source.split("*");
      return !known.some((path) =>
        source.includes("*") ? path.startsWith(start!) && path.endsWith(end) : path === source,
      );
    });
    expect(missing).toEqual([]);
  });

  test("dependencies are pinned", () => {
    const versions = Object.values<string>({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });
});
