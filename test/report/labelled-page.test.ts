/** The page of classes in a real browser. Needs Chromium at CHROMIUM_PATH or /usr/bin/chromium. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, expect, suite, test } from "vitest";
import { dataUri, indexedPng } from "../../apps/report/png.ts";
import type { LabelledReport } from "../../apps/report/labelled-data.ts";
import { missingChromium } from "../browser/chromium.ts";
import { useBrowser } from "./browser-pages.ts";

let render: (report: LabelledReport) => string;
beforeAll(async () => {
  execFileSync(process.execPath, [join(import.meta.dirname, "../../scripts/build-report.mjs")]);
  ({ renderLabelled: render } = await import("../../apps/report/render-labelled.ts"));
}, 30_000);

const model = {
  file: "m.safetensors",
  title: "STAA-SNN",
  parameters: 12_345,
  input: "a picture",
  classes: 3,
};
/** Two pixels high, three wide; labels 0 and 2. */
const labels = Uint8Array.of(0, 0, 2, 0, 2, 2);
const grey = [0, 1, 2].map((label) => [label, label, label, 255] as const);
const picture = dataUri(indexedPng(3, 2, labels, grey));

function classes(name = "walk.aedat4"): LabelledReport {
  const told = [0.75, 0.2, 0.05].map((probability, i) => ({ name: `class ${i}`, probability }));
  const input = { name, frames: [picture, picture], aspect: 1.5, classes: told };
  return { kind: "classes", title: name, model, node: "24.0.0", notes: [], events: true, inputs: [input] };
}

function masks(): LabelledReport {
  return {
    kind: "masks",
    title: "street.png",
    model,
    node: "24.0.0",
    notes: ["One of 2 frames is shown."],
    pictures: [{ name: "frame 1", width: 3, height: 2, picture, mask: picture }],
    classes: [
      { name: "sky", label: 0, colour: [10, 20, 30], share: 0.5 },
      { name: "tree", label: 2, colour: [200, 100, 50], share: 0.5 },
    ],
  };
}

test("the page asks for nothing from a network, and hostile names stay data", () => {
  const page = render(classes());
  expect(page).toContain("default-src 'none'");
  expect(page).not.toMatch(/(?:src|href)="(?!data:)/);
  expect(page.length).toBeLessThan(60_000);
  const hostile = render(classes("</script><img src=x onerror=alert(1)>$&"));
  expect(hostile).not.toContain("<img");
  expect(hostile.split("<script").length).toBe(page.split("<script").length);
});

suite.skipIf(missingChromium !== "")(`the page of classes${missingChromium}`, () => {
  const openPage = useBrowser();
  const open = (report: LabelledReport, width?: number) =>
    openPage(render(report), width === undefined ? {} : { width });

  test("shows the frames of an input, and its classes as bars of their probability", async () => {
    const page = await open(classes());
    expect(await page.locator(".about h2").textContent()).toBe("class 0");
    expect(await page.locator(".film img").count()).toBe(2);
    expect(await page.locator(".probabilities b").allTextContents()).toEqual(["75.0 %", "20.0 %", "5.00 %"]);
    const widths = await page
      .locator(".probabilities .bar")
      .evaluateAll((bars) =>
        bars.map((bar) => bar.firstElementChild!.getBoundingClientRect().width / bar.clientWidth),
      );
    for (const [i, share] of [0.75, 0.2, 0.05].entries()) expect(widths[i]).toBeCloseTo(share, 2);
    await page.close();
  });

  test.each([1440, 400])("is no wider than a window of %i pixels", async (width) => {
    for (const report of [classes("a-long-name-without-spaces-".repeat(5)), masks()]) {
      const page = await open(report, width);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await page.close();
    }
  });

  test("draws a mask in the colours of its classes, and one class alone when it is chosen", async () => {
    const page = await open(masks());
    const pixels = () =>
      page.locator(".pictures canvas").evaluate((canvas: HTMLCanvasElement) => {
        const copy = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;
        copy.drawImage(canvas, 0, 0);
        return [...copy.getImageData(0, 0, 3, 2).data];
      });
    const alphas = async () => (await pixels()).filter((_, i) => i % 4 === 3);
    await expect.poll(alphas).toEqual([140, 140, 140, 140, 140, 140]);
    await page.getByRole("button", { name: "mask", exact: true }).click();
    const shown = await pixels();
    expect(shown.slice(0, 4)).toEqual([10, 20, 30, 255]);
    expect(shown.slice(8, 12)).toEqual([200, 100, 50, 255]);
    await page.getByRole("button", { name: "tree" }).click();
    expect(await alphas()).toEqual([31, 31, 255, 31, 255, 255]);
    await page.mouse.move(0, 0);
    expect(await alphas()).toEqual([31, 31, 255, 31, 255, 255]);
    await page.getByRole("button", { name: "tree" }).click();
    await page.mouse.move(0, 0);
    expect(await alphas()).toEqual([255, 255, 255, 255, 255, 255]);
    await page.close();
  });
});
