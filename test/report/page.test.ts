/** The page in a real browser. Needs Chromium at CHROMIUM_PATH or /usr/bin/chromium. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, expect, suite, test } from "vitest";
import type { ReportData } from "../../apps/report/data.ts";
import { missingChromium } from "../browser/chromium.ts";
import { useBrowser } from "./browser-pages.ts";
import { sampleReport } from "./sample.ts";

suite.skipIf(missingChromium !== "")(`the report's page${missingChromium}`, () => {
  const openPage = useBrowser();
  let render: (data: ReportData) => string;

  beforeAll(async () => {
    execFileSync(process.execPath, [join(import.meta.dirname, "../../scripts/build-report.mjs")]);
    ({ renderReport: render } = await import("../../apps/report/render.ts"));
  }, 30_000);

  const open = (data: ReportData, { hash = "", width = 1440, still = true, dark = false } = {}) =>
    openPage(render(data), {
      hash,
      width,
      reducedMotion: still ? "reduce" : "no-preference",
      colorScheme: dark ? "dark" : "light",
    });
  const step = (page: Page) => page.locator(".scrubber").getAttribute("aria-valuenow");
  /** A digest of what a canvas shows. */
  const picture = async (page: Page, selector: string) => {
    const url = await page.locator(selector).evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
    return createHash("sha256").update(url).digest("hex");
  };
  /** Waits for what the last act asked to be drawn. */
  const drawn = (page: Page) =>
    page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

  test("keys play, pause and step", async () => {
    const page = await open(sampleReport({ steps: 40, size: 64 }));
    const play = page.locator(".play");
    expect(await play.getAttribute("aria-label")).toBe("Play");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    expect(await step(page)).toBe("2");
    await page.keyboard.press("ArrowLeft");
    expect(await step(page)).toBe("1");
    await page.keyboard.press("End");
    expect(await step(page)).toBe("39");
    await page.keyboard.press("Home");
    expect(await step(page)).toBe("0");
    await page.keyboard.press("Space");
    expect(await play.getAttribute("aria-label")).toBe("Pause");
    await expect.poll(() => step(page)).not.toBe("0");
    await page.keyboard.press("Space");
    expect(await play.getAttribute("aria-label")).toBe("Play");
    // A button that was clicked does not keep the space key.
    await page.getByRole("button", { name: "Trails" }).click();
    await page.keyboard.press("Space");
    expect(await play.getAttribute("aria-label")).toBe("Pause");
    await page.close();
  });

  test("it starts by itself only where motion is welcome, and rests on a linked step", async () => {
    const data = sampleReport({ steps: 20, size: 32 });
    const moving = await open(data, { still: false });
    expect(await moving.locator(".play").getAttribute("aria-label")).toBe("Pause");
    await moving.close();
    const linked = await open(data, { still: false, hash: "#step=7" });
    expect(await linked.locator(".play").getAttribute("aria-label")).toBe("Play");
    expect(await step(linked)).toBe("7");
    await linked.close();
  });

  test("dragging orbits the pose, the wheel zooms, a double click resets", async () => {
    const page = await open(sampleReport({ steps: 20, size: 32 }), { hash: "#step=9" });
    await drawn(page);
    const home = await picture(page, "#pose");
    const box = (await page.locator("#pose").boundingBox())!;
    await page.mouse.move(box.x + 200, box.y + 200);
    await page.mouse.down();
    await page.mouse.move(box.x + 320, box.y + 180, { steps: 4 });
    await page.mouse.up();
    await drawn(page);
    const turned = await picture(page, "#pose");
    expect(turned).not.toBe(home);
    await page.mouse.wheel(0, -120);
    await expect.poll(() => picture(page, "#pose")).not.toBe(turned);
    await page.mouse.dblclick(box.x + 200, box.y + 200);
    await expect.poll(() => picture(page, "#pose")).toBe(home);
    await page.close();
  });

  test("the frames change with step, persistence and overlay", async () => {
    const page = await open(sampleReport({ steps: 20, size: 32 }), { hash: "#step=9" });
    await drawn(page);
    const seen = new Set([await picture(page, "#events")]);
    for (const name of ["1 step", "Long", "Prediction"]) {
      await page.locator("#event-tools").getByRole("button", { name }).click();
      seen.add(await picture(page, "#events"));
    }
    await page.keyboard.press("ArrowRight");
    seen.add(await picture(page, "#events"));
    expect(seen.size).toBe(5);
    await page.close();
  });

  test("a plot seeks where it is clicked, and tells what is under the pointer", async () => {
    const page = await open(sampleReport({ steps: 20, size: 32 }));
    const plot = page.locator("#activity .plot");
    await plot.scrollIntoViewIfNeeded();
    const box = (await plot.boundingBox())!;
    await page.mouse.click(box.x + box.width * 0.625, box.y + 4);
    expect(await step(page)).toBe("12");
    expect(await plot.locator(".tip").textContent()).toContain("embed.conv1");
    await page.close();
  });

  test("another layer's raster is shown when it is chosen", async () => {
    const page = await open(sampleReport({ steps: 20, size: 32 }));
    await page.locator("#raster-layer").scrollIntoViewIfNeeded();
    await drawn(page);
    const before = await picture(page, "#raster-dots");
    await page.locator("#raster-layer").selectOption({ index: 1 });
    await expect.poll(() => picture(page, "#raster-dots")).not.toBe(before);
    await page.close();
  });

  test("without truth it shows speed, and leaves out what is not given", async () => {
    const { recording, model, steps, frames } = sampleReport({ steps: 5, size: 32, truth: false });
    const page = await open({
      recording,
      model,
      steps: steps.map(({ tUs, joints }) => ({ tUs, joints })),
      frames,
    });
    expect(await page.locator("#accuracy h2").textContent()).toBe("Joint speed");
    for (const id of ["activity", "raster", "energy"])
      expect(await page.locator(`#${id}`).isVisible()).toBe(false);
    await page.close();
  });

  test("a single step is a report too", async () => {
    const page = await open(sampleReport({ steps: 1, size: 32 }), { dark: true, still: false });
    await drawn(page);
    expect(await step(page)).toBe("0");
    await page.close();
  });

  test("nothing is wider than a phone", async () => {
    const name = `a_very_long_name_${"of_a_recording_".repeat(8)}.aedat4`;
    const page = await open(sampleReport({ steps: 5, size: 32, name }), { width: 360 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    await page.close();
  });

  test("the theme button switches between light and dark", async () => {
    const page = await open(sampleReport({ steps: 2, size: 32 }));
    const colour = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await colour();
    await page.locator("#theme").click();
    expect(await colour()).not.toBe(light);
    await page.locator("#theme").click();
    expect(await colour()).toBe(light);
    await page.close();
  });

  test("600 steps of 128 × 128 pixels stay fluid", async () => {
    const short = sampleReport({ steps: 60 });
    const repeated = <T>(list: readonly T[]) => Array.from({ length: 600 }, (_, i) => list[i % 60]!);
    const page = await open({
      ...short,
      steps: repeated(short.steps).map((one, i) => ({ ...one, tUs: i * 20_000 })),
      frames: { ...short.frames, on: repeated(short.frames.on), off: repeated(short.frames.off) },
    });
    await page.locator("#event-tools").getByRole("button", { name: "Long" }).click();
    // Each press redraws both canvases and moves every playhead before it returns.
    // The best of five rounds, for other work on the machine is not the page's.
    const msPerStep = await page.evaluate(() => {
      const right = () => new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true });
      const rounds = Array.from({ length: 5 }, () => {
        const start = performance.now();
        for (let i = 0; i < 20; i++) document.body.dispatchEvent(right());
        return (performance.now() - start) / 20;
      });
      return Math.min(...rounds);
    });
    expect(await step(page)).toBe("100");
    expect(msPerStep).toBeLessThan(25);
    await page.close();
  });
});
