/** The page of a profile in a real browser. Needs Chromium at CHROMIUM_PATH or /usr/bin/chromium. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, expect, suite, test } from "vitest";
import type { ProfileReport } from "../../apps/report/profile-data.ts";
import { missingChromium } from "../browser/chromium.ts";
import { useBrowser } from "./browser-pages.ts";
import { sampleProfile } from "./profile-sample.ts";

let render: (report: ProfileReport) => string;
beforeAll(async () => {
  execFileSync(process.execPath, [join(import.meta.dirname, "../../scripts/build-report.mjs")]);
  ({ renderProfile: render } = await import("../../apps/report/render-profile.ts"));
}, 30_000);

test("the page asks for nothing from a network, and hostile names stay data", () => {
  const page = render(sampleProfile());
  expect(page).toContain("default-src 'none'");
  expect(page).not.toMatch(/(?:src|href)="(?!data:)/);
  expect(page).not.toMatch(/@import|url\((?!#)/);
  expect(page.length).toBeLessThan(100_000);
  const hostile = render(sampleProfile(3, "</script><img src=x onerror=alert(1)>$&"));
  expect(hostile).not.toContain("<img");
  expect(hostile.split("<script").length).toBe(page.split("<script").length);
});

suite.skipIf(missingChromium !== "")(`the page of a profile${missingChromium}`, () => {
  const openPage = useBrowser();
  const open = (report: ProfileReport, width?: number) =>
    openPage(render(report), width === undefined ? {} : { width });
  const texts = (page: Page, selector: string) => page.locator(selector).allTextContents();

  test("says what was measured, and why not to believe it", async () => {
    const report = sampleProfile();
    const page = await open(report);
    expect(await page.locator("h1").textContent()).toBe(report.model.name);
    expect(await texts(page, "#notes li")).toEqual(report.warnings);
    expect(await texts(page, "#summary .figure")).toEqual(["6.10ms", "4.90×", "23.0M", "2.12mJ"]);
    expect(await texts(page, ".ratio")).toEqual(["6.23×", "6.23×"]);
    await page.close();
  });

  test("has a bar and a line of the table for each step, under its part of the network", async () => {
    const report = sampleProfile(13);
    const page = await open(report);
    expect(await page.locator(".step").count()).toBe(13);
    expect(await texts(page, ".steps h3 :first-child")).toEqual(["Stage 0", "Stage 1", "Stage 2", "Head"]);
    expect(await page.locator(".numbers tbody tr").count()).toBe(13);
    const widths = await page
      .locator(".step .time i")
      .evaluateAll((bars) => bars.map((bar) => bar.getBoundingClientRect().width));
    const longest = report.steps.findIndex(
      ({ ms }) => ms === Math.max(...report.steps.map((step) => step.ms)),
    );
    expect(widths.indexOf(Math.max(...widths))).toBe(longest);
    expect(await texts(page, ".numbers tbody tr:first-child td:nth-child(5)")).toEqual(["dense 2.5×"]);
    await page.close();
  });

  test("orders steps by their time when asked", async () => {
    const page = await open(sampleProfile());
    const times = async () => (await texts(page, ".step .time + .number")).map(parseFloat);
    const inOrder = await times();
    await page.getByRole("button", { name: "Slowest first" }).click();
    expect(await times()).toEqual(inOrder.toSorted((a, b) => b - a));
    await page.getByRole("button", { name: "Network order" }).click();
    expect(await times()).toEqual(inOrder);
    await page.close();
  });

  test("fits a phone and a desk", async () => {
    const name = `a_very_long_name_${"of_a_model_".repeat(8)}.safetensors`;
    for (const width of [360, 1440]) {
      const page = await open(sampleProfile(40, name), width);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      await page.close();
    }
  });
});
