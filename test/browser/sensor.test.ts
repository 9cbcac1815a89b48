/** The simulated sensor in a real browser. Needs Chromium at CHROMIUM_PATH or /usr/bin/chromium. */
import { join } from "node:path";
import { chromium } from "playwright-core";
import { build } from "vite";
import { expect, suite, test } from "vitest";
import { CHROMIUM, CHROMIUM_ARGUMENTS, missingChromium } from "./chromium.ts";
import { presetHashes } from "./sensor-hash.ts";

/** What the script is in the page. */
declare const library: { readonly presetHashes: typeof presetHashes };

suite.skipIf(missingChromium !== "")(`the sensor in a browser${missingChromium}`, () => {
  test("gives the events of Node, bit for bit", async () => {
    const entry = join(import.meta.dirname, "sensor-hash.ts");
    const lib = { entry, formats: ["iife" as const], name: "library", fileName: "library" };
    const result = await build({
      configFile: false,
      logLevel: "warn",
      build: { write: false, lib, target: "es2022" },
    });
    const [first] = [result].flat();
    if (first === undefined || !("output" in first)) throw new Error("vite: expected a bundle");
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
    try {
      const page = await browser.newPage();
      await page.addScriptTag({ content: first.output[0].code });
      expect(await page.evaluate(() => library.presetHashes())).toEqual(presetHashes());
    } finally {
      await browser.close();
    }
  });
});
