/** The simulated sensor in a real browser. Needs Chromium at CHROMIUM_PATH or /usr/bin/chromium. */
import { chromium } from "playwright-core";
import { expect, suite, test } from "vitest";
import { bundle } from "./bundle.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS, missingChromium } from "./chromium.ts";
import { presetHashes } from "./sensor-hash.ts";

/** What the script is in the page. */
declare const library: { readonly presetHashes: typeof presetHashes };

suite.skipIf(missingChromium !== "")(`the sensor in a browser${missingChromium}`, () => {
  test("gives the events of Node, bit for bit", async () => {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
    try {
      const page = await browser.newPage();
      await page.addScriptTag({ content: await bundle("sensor-hash.ts") });
      expect(await page.evaluate(() => library.presetHashes())).toEqual(presetHashes());
    } finally {
      await browser.close();
    }
  });
});
