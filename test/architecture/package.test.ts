import { existsSync, readFileSync } from "node:fs";
import { expect, suite, test } from "vitest";
import { ROOT } from "./sources.ts";

const manifest = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8"));

suite("package", () => {
  test("every entry point has its source", () => {
    const entries: string[] = [
      ...Object.values<string>(manifest.exports),
      ...Object.values<string>(manifest.bin),
    ];
    const sources = entries.map((entry) => entry.replace(/^(\.\/)?dist\//, "").replace(/\.js$/, ".ts"));
    expect(sources.filter((source) => !existsSync(ROOT + source))).toEqual([]);
  });

  test("dependencies are pinned", () => {
    const versions = Object.values<string>({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });
});
