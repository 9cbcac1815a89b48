import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, suite, test } from "vitest";

/** Node 24, which strips types, comes with the development dependencies. */
const NODE = "node_modules/node/bin/node";
/** Pages whose every block of TypeScript is a program. */
const FOLDERS = ["docs/representations", "docs/transforms"];

const pages = FOLDERS.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
const folder = mkdtempSync(join(tmpdir(), "saccade-pages-"));
afterAll(() => rmSync(folder, { recursive: true }));

suite("pages of the documentation", () => {
  test.each(pages)("%s has a program, and finds true what it asserts", async (page) => {
    const blocks = [...readFileSync(page, "utf8").matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text]) => text!);
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks) {
      expect(block).toContain("assert");
      const file = join(folder, "block.ts");
      writeFileSync(
        file,
        block.replace(/"saccade(?:\/([a-z/]+))?"/g, (_, door: string | undefined) =>
          JSON.stringify(resolve("src", door ?? "", "index.ts")),
        ),
      );
      const { stderr } = await promisify(execFile)(NODE, [file]);
      expect(stderr).toBe("");
    }
  });

  test.each(pages)("%s links to what exists, and cites papers that are listed", (page) => {
    const text = readFileSync(page, "utf8");
    const papers = readFileSync("docs/papers.md", "utf8");
    for (const [, path] of text.matchAll(/\]\(([^)#]+)\)/g)) {
      if (!path!.startsWith("http")) expect(() => readFileSync(join(page, "..", path!))).not.toThrow();
    }
    for (const [, key] of text.matchAll(/\[([A-Z][A-Za-z]+(?:19|20)\d\d)(?:,[^\]]*)?\]/g)) {
      expect(papers).toContain(`**[${key}]**`);
    }
  });
});
