/** Pages in Chromium for the tests of a suite. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { CHROMIUM, CHROMIUM_ARGUMENTS } from "../browser/chromium.ts";

/** Opens a page of its own HTML, 1440 pixels wide unless said otherwise. */
export type OpenPage = (
  html: string,
  options?: Omit<BrowserContextOptions, "viewport"> & { readonly width?: number; readonly hash?: string },
) => Promise<Page>;

/** Starts a browser for the suite. A page that logs, fails or asks for anything outside of itself fails its test. */
export function useBrowser(): OpenPage {
  const folder = mkdtempSync(join(tmpdir(), "saccade-page-"));
  let browser: Browser;
  const complaints: string[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
  }, 30_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });
  afterEach(() => {
    expect(complaints.splice(0)).toEqual([]);
  });

  return async (html, { width = 1440, hash = "", ...options } = {}) => {
    const file = join(folder, "page.html");
    writeFileSync(file, html);
    const page = await browser.newPage({ viewport: { width, height: 900 }, ...options });
    page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", (request) => {
      if (!/^(?:file|data|blob):/.test(request.url())) complaints.push(`request: ${request.url()}`);
    });
    await page.goto(pathToFileURL(file).href + hash);
    return page;
  };
}
