/** The page of events in a real browser. Needs Chromium at CHROMIUM_PATH or /usr/bin/chromium. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, suite, test } from "vitest";
import type { ViewerInput } from "../../apps/report/render-viewer.ts";
import type { ViewState } from "../../apps/report/viewer-page/state.ts";
import { Random } from "../../src/core/index.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS, missingChromium } from "../browser/chromium.ts";
import { eventsOf, randomEvents } from "../events/support.ts";

/** Lets a machine without a graphics card draw with WebGL. */
const SOFTWARE_GL = [
  ...CHROMIUM_ARGUMENTS.filter((argument) => argument !== "--disable-gpu"),
  "--enable-unsafe-swiftshader",
  "--use-gl=angle",
  "--use-angle=swiftshader",
];

const SENSOR = { width: 64, height: 48 };

function input(points = randomEvents(new Random(1), 3000, SENSOR, 2000, 5_000_000)): ViewerInput {
  return {
    name: "sample <b>.raw",
    format: "evt3",
    sensor: SENSOR,
    events: points.t.length,
    every: 1,
    points,
  };
}

suite.skipIf(missingChromium !== "")(`the page of events${missingChromium}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "saccade-viewer-"));
  let plain: Browser;
  let shaded: Browser;
  let render: (data: ViewerInput) => string;
  /** What pages said or asked for that they should not have. */
  const complaints: string[] = [];

  beforeAll(async () => {
    execFileSync(process.execPath, [join(import.meta.dirname, "../../scripts/build-report.mjs")]);
    ({ renderViewer: render } = await import("../../apps/report/render-viewer.ts"));
    plain = await chromium.launch({
      executablePath: CHROMIUM,
      args: [...CHROMIUM_ARGUMENTS, "--disable-3d-apis"],
    });
    shaded = await chromium.launch({ executablePath: CHROMIUM, args: SOFTWARE_GL });
  }, 60_000);
  afterAll(async () => {
    await plain?.close();
    await shaded?.close();
    rmSync(folder, { recursive: true });
  });
  afterEach(() => {
    expect(complaints.splice(0)).toEqual([]);
  });

  async function open(
    browser: Browser,
    { data = input(), hash = "", width = 1280, dark = false } = {},
  ): Promise<Page> {
    const file = join(folder, "viewer.html");
    writeFileSync(file, render(data));
    const page = await browser.newPage({
      viewport: { width, height: 800 },
      colorScheme: dark ? "dark" : "light",
    });
    page.on("console", (message) => {
      // What the browser itself says of the graphics it was started with.
      if (!/WebGL|GPU|GL Driver/.test(message.text()))
        complaints.push(`${message.type()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", (request) => {
      if (!/^(?:file|data|blob):/.test(request.url())) complaints.push(`request: ${request.url()}`);
    });
    await page.goto(pathToFileURL(file).href + hash);
    await page.evaluate(() => window.viewer.ready);
    return page;
  }
  const get = (page: Page) => page.evaluate(() => window.viewer.get());
  async function set(page: Page, change: Partial<ViewState>): Promise<void> {
    await page.evaluate((wanted) => window.viewer.set(wanted), change);
    await page.evaluate(
      () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
    );
  }
  /** How many pixels of the cloud are rather blue, and how many rather red. */
  const colours = (page: Page) =>
    page.evaluate(() => {
      const cloud = document.getElementById("cloud") as HTMLCanvasElement;
      const copy = document.createElement("canvas");
      [copy.width, copy.height] = [cloud.width, cloud.height];
      const context = copy.getContext("2d")!;
      context.drawImage(cloud, 0, 0);
      const { data } = context.getImageData(0, 0, copy.width, copy.height);
      let [blue, red] = [0, 0];
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3]! < 128) continue;
        if (data[i + 2]! > data[i]! + 20) blue++;
        if (data[i]! > data[i + 2]! + 20) red++;
      }
      return { blue, red };
    });

  test.each(["WebGL", "a plain canvas"])("draws events in both colours by %s", async (kind) => {
    const page = await open(kind === "WebGL" ? shaded : plain);
    const usesGl = await page.evaluate(
      () => (document.getElementById("cloud") as HTMLCanvasElement).getContext("webgl2") !== null,
    );
    expect(usesGl).toBe(kind === "WebGL");
    const all = await colours(page);
    expect(all.blue).toBeGreaterThan(500);
    expect(all.red).toBeGreaterThan(500);
    await set(page, { off: false });
    const on = await colours(page);
    expect(on.red).toBe(0);
    expect(on.blue).toBeGreaterThanOrEqual(all.blue);
    await page.close();
  });

  test("draws the same place by WebGL as by a plain canvas", async () => {
    const data = input(
      eventsOf([
        [0, 0, 0, 1],
        [10_000, 63, 47, 0],
        [20_000, 20, 30, 1],
      ]),
    );
    const centres = [];
    for (const browser of [shaded, plain]) {
      const page = await open(browser, { data });
      await set(page, { size: 8, panX: 0.05, time: 0 });
      centres.push(
        await page.evaluate(() => {
          const cloud = document.getElementById("cloud") as HTMLCanvasElement;
          const copy = document.createElement("canvas");
          [copy.width, copy.height] = [cloud.width, cloud.height];
          const context = copy.getContext("2d")!;
          context.drawImage(cloud, 0, 0);
          const { data: pixels, width } = context.getImageData(0, 0, copy.width, copy.height);
          let [n, x, y] = [0, 0, 0];
          for (let i = 0; i < pixels.length; i += 4) {
            if (pixels[i + 3]! < 128 || pixels[i]! < pixels[i + 2]! + 20) continue;
            n++;
            x += (i / 4) % width;
            y += Math.floor(i / 4 / width);
          }
          return { x: x / n, y: y / n };
        }),
      );
      await page.close();
    }
    expect(Math.abs(centres[0]!.x - centres[1]!.x)).toBeLessThan(2);
    expect(Math.abs(centres[0]!.y - centres[1]!.y)).toBeLessThan(2);
  });

  test("paints the frame of the moment", async () => {
    const data = input(
      eventsOf([
        [100, 3, 4, 1],
        [5000, 60, 40, 0],
        [10_000, 1, 1, 1],
      ]),
    );
    const page = await open(plain, { data });
    await set(page, { time: 0.0049, frame: 0.0001 });
    const lit = () =>
      page.evaluate(() => {
        const frame = document.getElementById("frame") as HTMLCanvasElement;
        const copy = document.createElement("canvas");
        [copy.width, copy.height] = [frame.width, frame.height];
        const context = copy.getContext("2d", { willReadFrequently: true })!;
        context.drawImage(frame, 0, 0);
        const { data: pixels, width } = context.getImageData(0, 0, copy.width, copy.height);
        const found: number[][] = [];
        for (let i = 0; i < pixels.length; i += 4)
          if (pixels[i + 3]! > 0) found.push([(i / 4) % width, Math.floor(i / 4 / width)]);
        return found;
      });
    expect(await lit()).toEqual([[60, 40]]);
    await set(page, { time: 0.0099, frame: 0.0099 });
    expect(await lit()).toEqual([
      [1, 1],
      [3, 4],
      [60, 40],
    ]);
    expect(await page.locator("#frame-about").textContent()).toBe("3 events in the 9.9 ms up to 9.9 ms");
    await page.close();
  });

  test("keeps its state in its address, and is told it by a script", async () => {
    const page = await open(plain, { hash: "#yaw=0.5&time=1&frame=0.1&off=0&pitch=9&size=x" });
    const state = await get(page);
    expect(state).toMatchObject({ yaw: 0.5, time: 1, frame: 0.1, on: true, off: false, size: 1.5 });
    expect(state.pitch).toBeCloseTo(Math.PI / 2);
    await set(page, { yaw: -0.25, from: 0.5, to: 0.25, distance: Number.NaN });
    expect(await get(page)).toMatchObject({ yaw: -0.25, from: 0, distance: state.distance });
    await page.waitForURL(/yaw=-0\.25/);
    await page.reload();
    await page.evaluate(() => window.viewer.ready);
    expect(await get(page)).toMatchObject({ yaw: -0.25, time: 1, off: false });
    const pressed = (name: string) =>
      page.getByRole("button", { name, exact: true }).getAttribute("aria-pressed");
    expect([await pressed("ON"), await pressed("OFF"), await pressed("Space")]).toEqual([
      "true",
      "false",
      "false",
    ]);
    await page.close();
  });

  test("is driven by pointer and keys", async () => {
    const page = await open(plain);
    const before = await get(page);
    const box = (await page.locator("#front").boundingBox())!;
    await page.mouse.move(box.x + 200, box.y + 200);
    await page.mouse.down();
    await page.mouse.move(box.x + 300, box.y + 220);
    await page.mouse.up();
    const turned = await get(page);
    expect(turned.yaw).toBeCloseTo(before.yaw - 0.8, 5);
    expect(turned.pitch).toBeCloseTo(before.pitch + 0.12, 5);
    await page.mouse.wheel(0, 50);
    await expect.poll(async () => (await get(page)).distance).toBeGreaterThan(before.distance);
    await page.locator("#front").focus();
    await page.keyboard.press("0");
    expect(await get(page)).toMatchObject({ yaw: before.yaw, distance: before.distance });
    await page.keyboard.press("ArrowUp");
    expect((await get(page)).pitch).toBeCloseTo(before.pitch + 0.08, 5);
    await page.locator("#front").blur();
    await page.keyboard.press("ArrowRight");
    expect((await get(page)).time).toBeCloseTo(before.time + before.frame, 9);
    await page.keyboard.press(" ");
    await expect.poll(async () => (await get(page)).time).toBeGreaterThan(before.time + 2 * before.frame);
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("button", { name: "Front" }).click();
    expect((await get(page)).yaw).toBeCloseTo(-Math.PI / 2);
    await page.getByRole("slider", { name: "End of the space" }).focus();
    await page.keyboard.press("ArrowLeft");
    expect((await get(page)).to).toBeLessThan(before.to);
    await page.close();
  });

  test.each([1440, 390])("fits a window of %i pixels, in both themes", async (width) => {
    for (const dark of [false, true]) {
      const page = await open(plain, { width, dark });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow).toBeLessThanOrEqual(0);
      await page.close();
    }
  });

  test.each([0, 1])("opens with %i events", async (count) => {
    const page = await open(shaded, { data: input(randomEvents(new Random(2), count, SENSOR)) });
    expect(await page.locator("#name").textContent()).toBe("sample <b>.raw");
    await set(page, { time: 0 });
    expect(await page.locator("#frame-about").textContent()).toContain(`${count} events`);
    await page.close();
  });

  test("is small but for its data", () => {
    expect(render(input(randomEvents(new Random(2), 0, SENSOR))).length).toBeLessThan(60_000);
  });
});
