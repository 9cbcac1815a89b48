import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { parse } from "yaml";
import { parseRun } from "../../src/train/index.ts";

/** Node 24, which strips types, comes with the development dependencies. */
const NODE = "node_modules/node/bin/node";

/** Pages whose every block of TypeScript is a program: all in these folders, and these. */
const FOLDERS = ["docs/formats", "docs/representations", "docs/transforms"];
const PAGES = [
  "docs/classify.md",
  "docs/datasets.md",
  "docs/generate.md",
  "docs/hybrid.md",
  "docs/live.md",
  "docs/models.md",
  "docs/pose-tracker.md",
  "docs/simulation.md",
  "docs/staa.md",
  "docs/train.md",
];

const pages = FOLDERS.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  .filter((path) => path.endsWith(".md"))
  .concat(PAGES);

/** The blocks of a page in a language, named by page and line. */
function blocksOf(page: string, language: string): { readonly name: string; readonly code: string }[] {
  const text = readFileSync(page, "utf8");
  const blocks = text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"));
  return [...blocks].map((match) => ({
    name: `${page}:${text.slice(0, match.index).split("\n").length + 1}`,
    code: match[1]!,
  }));
}

const programs = pages.flatMap((page) => blocksOf(page, "ts"));
const runs = pages.flatMap((page) => blocksOf(page, "yaml")).filter(({ code }) => /^task:/m.test(code));

/** A door of the package, as `exports` of package.json has it, as a file of `src/`. */
function doorOf(specifier: string): string {
  const path = specifier === "saccade" ? "index.ts" : specifier.slice("saccade/".length);
  const file = path.endsWith(".ts") ? path : /\/(node|web)$/.test(path) ? `${path}.ts` : `${path}/index.ts`;
  return pathToFileURL(resolve("src", file)).href;
}

const IMPORT = /\bfrom "([^"]+)"/g;

suite("pages", () => {
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "saccade-pages-"))));
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(pages)("%s has an example", (page) => {
    expect(blocksOf(page, "ts").length).toBeGreaterThan(0);
  });

  test.each(runs)("$name configures a run", ({ code }) => void parseRun(parse(code)));

  test.each(programs)("$name runs by itself and finds true what it asserts", async ({ name, code }) => {
    const imports = [...code.matchAll(IMPORT)].map(([, specifier]) => specifier!);
    expect(imports.filter((specifier) => !/^(node:|saccade($|\/))/.test(specifier))).toEqual([]);
    expect(imports.some((specifier) => specifier.startsWith("node:assert"))).toBe(true);
    const path = join(folder, `${name.replaceAll(/[^a-z0-9]/g, "-")}.mts`);
    writeFileSync(
      path,
      code.replaceAll(IMPORT, (whole, specifier: string) =>
        specifier.startsWith("saccade") ? `from "${doorOf(specifier)}"` : whole,
      ),
    );
    const { stderr } = await promisify(execFile)(NODE, [path]);
    expect(stderr).toBe("");
  });

  test.each(pages)("%s links to what exists, and cites papers that are listed", (page) => {
    const text = readFileSync(page, "utf8");
    const papers = readFileSync("docs/papers.md", "utf8");
    for (const [, path] of text.matchAll(/\]\(([^)#]+)\)/g)) {
      if (!path!.startsWith("http")) expect(existsSync(join(page, "..", path!)), path).toBe(true);
    }
    for (const [, key] of text.matchAll(/\[([A-Z][A-Za-z]+(?:19|20)\d\d[a-z]?)(?:,[^\]]*)?\]/g)) {
      expect(papers).toContain(`**[${key}]**`);
    }
  });
});
