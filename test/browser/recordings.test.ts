/** Recordings in a real browser. Needs Chromium at CHROMIUM_PATH or /usr/bin/chromium. */
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { CHROMIUM, CHROMIUM_ARGUMENTS, missingChromium } from "./chromium.ts";
import { digests } from "./recordings.ts";

/** What the script is in a page. */
declare const recordings: { readonly digests: typeof digests };

suite.skipIf(missingChromium !== "")(`recordings in a browser${missingChromium}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
  }, 60_000);
  afterAll(() => browser?.close());

  test("are the same bytes and the same events as in Node", async () => {
    const page = await browser.newPage();
    await page.addScriptTag({ content: await bundle() });
    const there = await page.evaluate(() => recordings.digests());
    expect(there).toEqual(await digests());
    expect(Object.values(there).every(([, , count]) => count === 3000)).toBe(true);
  });
});

async function bundle(): Promise<string> {
  const { build } = await import("vite");
  const entry = join(import.meta.dirname, "recordings.ts");
  const lib = { entry, formats: ["iife" as const], name: "recordings", fileName: "recordings" };
  const result = await build({
    configFile: false,
    logLevel: "warn",
    build: { write: false, lib, target: "es2022" },
  });
  const [first] = [result].flat();
  if (first === undefined || !("output" in first)) throw new Error("vite: expected a bundle, got a watcher");
  return first.output[0].code;
}
