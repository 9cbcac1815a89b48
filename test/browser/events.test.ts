/** Transforms and representations in a real browser. Needs Chromium at CHROMIUM_PATH or /usr/bin/chromium. */
import { chromium } from "playwright-core";
import { expect, suite, test } from "vitest";
import { bundle } from "./bundle.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS, missingChromium } from "./chromium.ts";
import { hashes } from "./event-program.ts";

/** What the script is in a page. */
declare const library: { readonly hashes: typeof hashes };

suite.skipIf(missingChromium !== "")(`events in a browser${missingChromium}`, () => {
  test("are transformed and represented as in Node", async () => {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
    try {
      const page = await browser.newPage();
      await page.addScriptTag({ content: await bundle("event-program.ts") });
      const inPage = await page.evaluate(() => library.hashes());
      expect(inPage).toEqual(await hashes());
      expect(Object.keys(inPage).length).toBeGreaterThan(40);
    } finally {
      await browser.close();
    }
  }, 60_000);
});
