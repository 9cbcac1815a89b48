/** The same bytes give the same events in a browser. Needs Chromium at CHROMIUM_PATH or /usr/bin/chromium. */
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { CORPUS, readCorpus } from "../fuzz/corpus.ts";
import { seedFiles } from "../fuzz/seeds.ts";
import { bundle } from "./bundle.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS, missingChromium } from "./chromium.ts";
import { type digests, digests as inNode } from "./recordings.ts";

/** What the script is in a page. */
declare const library: { readonly digests: typeof digests };

const good = [...(await seedFiles())];
const malformed = [...readCorpus(CORPUS)].map(([name, { bytes }]) => [name, bytes] as const);
const files = [...good, ...malformed].map(([, bytes]) => Buffer.from(bytes).toString("base64"));

suite.skipIf(missingChromium !== "")(`recordings in a browser${missingChromium}`, () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
    page = await browser.newPage();
    await page.addScriptTag({ content: await bundle("recordings.ts") });
  }, 60_000);

  afterAll(() => browser?.close());

  test.each(["strict", "recover"] as const)(
    "good and malformed ones give the events, faults and errors that they give in Node, %s",
    async (mode) => {
      const got = await page.evaluate(([list, how]) => library.digests(list, how), [files, mode] as const);
      expect(got).toEqual(await inNode(files, mode));
      expect(got.filter((text) => !text.startsWith("0 events")).length).toBeGreaterThanOrEqual(good.length);
    },
  );
});
