/** The page of a run in a real browser. Needs Chromium at CHROMIUM_PATH or /usr/bin/chromium. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, expect, suite, test } from "vitest";
import { measured } from "../../apps/cli/run/measured.ts";
import { linearScale, logarithmicScale } from "../../apps/report/run-page/scale.ts";
import { smooth } from "../../apps/report/run-page/smooth.ts";
import type { MeasuredRow, RunReport } from "../../apps/report/run-data.ts";
import { classificationMeasure } from "../../src/train/index.ts";
import { missingChromium } from "../browser/chromium.ts";
import { useBrowser } from "./browser-pages.ts";

let render: (report: RunReport) => string;
beforeAll(async () => {
  execFileSync(process.execPath, [join(import.meta.dirname, "../../scripts/build-report.mjs")]);
  ({ renderRun: render } = await import("../../apps/report/render-run.ts"));
}, 30_000);

const STEPS = 40;
const PARTS = {
  confusion: {
    confusion: {
      classes: ["cat", "dog", "bird"],
      counts: [
        [8, 2, 0],
        [1, 9, 0],
        [5, 0, 5],
      ],
      samples: [10, 10, 10],
      of: 3,
    },
  },
  iou: {
    iou: [
      { name: "sky", share: 0.25 },
      { name: "road", share: 0.75 },
      { name: "sign", share: null },
    ],
  },
  joints: { perJoint: Array.from({ length: 24 }, (_, j) => 100 + j) },
  steps: { perStep: [3, 2, 1.5, 1.25] },
};

function sample(part: Partial<MeasuredRow> = {}, name = "run-1"): RunReport {
  const steps = Array.from({ length: STEPS }, (_, i) => i + 1);
  const loss = steps.map((step) => 2 / step);
  return {
    title: name,
    facts: [
      ["Model", name],
      ["Task", "classification"],
    ],
    notes: [`Stopped: ${name}`],
    measured: {
      unit: "%",
      columns: [
        { label: "top-1", digits: 1 },
        { label: "samples", digits: 0 },
      ],
      headline: { column: 0, better: "high" },
      rows: [
        { name, baseline: false, values: [73.3, 30], ...part },
        { name: "most frequent", baseline: true, values: [33.3, null] },
      ],
      on: "on the validation data after 40 steps",
    },
    curves: {
      training: {
        steps,
        loss,
        lowest: loss,
        highest: loss,
        others: [{ name: `loss: ${name}`, values: loss }],
      },
      evaluations: {
        steps: [20, 40],
        rows: [
          { name, baseline: false, values: [80, 73.3] },
          { name: "most frequent", baseline: true, values: [33.3, 33.3] },
        ],
      },
    },
    config: `task: ${name}\n`,
    madeBy: "Made by saccade train.",
  };
}

test("the page asks for nothing from a network, and hostile names stay data", () => {
  const page = render(sample());
  expect(page).toContain("default-src 'none'");
  expect(page).not.toMatch(/(?:src|href)="(?!data:)/);
  expect(page.length).toBeLessThan(60_000);
  const hostile = render(sample(PARTS.confusion, "</script><img src=x onerror=alert(1)>$&"));
  expect(hostile).not.toContain("<img");
  expect(hostile.split("<script").length).toBe(page.split("<script").length);
});

test("a table of many classes is bounded to those that most often go wrong", () => {
  const counts = Array.from({ length: 90 }, (_, t) =>
    Array.from({ length: 90 }, (_, p) => (t === p ? 50 : t === 80 && p === 7 ? 9 : 0)),
  );
  const measure = classificationMeasure(90);
  const options = { models: 1, classes: ["first"], on: "on the split test" };
  const { rows, headline } = measured(measure, { model: { top1: 0.5, confusion: counts } }, options);
  const { classes, counts: shown, samples, of } = rows[0]!.confusion!;
  expect([classes.length, shown.length, shown[0]!.length, of]).toEqual([40, 40, 40, 90]);
  expect(classes[0]).toBe("first");
  const [truth, predicted] = [classes.indexOf("class 80"), classes.indexOf("class 7")];
  expect([shown[truth]![predicted], samples[truth]]).toEqual([9, 59]);
  expect(rows[0]!.values[headline.column]).toBe(50);
});

test("scales hold their values between round ticks", () => {
  expect(linearScale([0.2, 3.1]).ticks).toEqual([0, 1, 2, 3, 4]);
  expect(linearScale([188, 201]).ticks).toEqual([185, 190, 195, 200, 205]);
  expect(linearScale([-1, 1]).ticks).toEqual([-1, -0.5, 0, 0.5, 1]);
  expect(linearScale([5]).ticks.length).toBeGreaterThan(1);
  expect(logarithmicScale([0.3, 4]).ticks).toEqual([0.2, 0.5, 1, 2, 5]);
  expect(logarithmicScale([1e-6, 1e5]).ticks).toEqual([1e-6, 1e-4, 1e-2, 1, 100, 1e4]);
  expect(logarithmicScale([1, 1]).ticks.length).toBeGreaterThan(1);
  for (const values of [[0.013, 7.7], [3e-9, 2e4], [5], [1]]) {
    for (const scale of [linearScale(values), logarithmicScale(values)]) {
      for (const value of values) {
        expect(scale.at(value)).toBeGreaterThanOrEqual(-1e-9);
        expect(scale.at(value)).toBeLessThanOrEqual(1 + 1e-9);
      }
    }
  }
});

test("smoothing keeps what is constant, and means of neighbours", () => {
  expect(smooth([2, 2, 2, 2])).toEqual([2, 2, 2, 2]);
  expect(smooth([0, 3, 6])).toEqual([1.5, 3, 4.5]);
  expect(smooth([])).toEqual([]);
});

suite.skipIf(missingChromium !== "")(`the page of a run${missingChromium}`, () => {
  const openPage = useBrowser();
  const open = (report: RunReport, width?: number) =>
    openPage(render(report), width === undefined ? {} : { width });
  const texts = (page: Page, selector: string) => page.locator(selector).allTextContents();

  test("tells the numbers to remember, and all in a table", async () => {
    const page = await open(sample());
    expect(await texts(page, ".summary .figure")).toEqual(["73.3%", "33.3%", "0.051"]);
    expect(await texts(page, ".summary .net .about")).toEqual([
      "on the validation data after 40 steps; best: 80.0 after 20",
    ]);
    expect(await texts(page, "#table tbody tr:nth-child(2) > *")).toEqual(["most frequent", "33.3", "–"]);
    expect(await texts(page, "pre")).toEqual(["task: run-1\n"]);
    await page.close();
  });

  test("tells values under the pointer, and the loss by its logarithm when asked", async () => {
    const page = await open(sample());
    const plot = page.locator("#metric .plot");
    await plot.hover({ position: { x: 5, y: 50 } });
    expect(await texts(page, "#metric .tip")).toEqual(["step 20\nrun-1 80.0\nmost frequent 33.3"]);
    const heights = () => page.locator("#loss .line.thin").getAttribute("d");
    await expect.poll(heights).toBeTruthy();
    const linear = await heights();
    await page.getByRole("button", { name: "Logarithmic" }).click();
    await expect.poll(heights).toBeTruthy();
    expect(await heights()).not.toBe(linear);
    expect(await texts(page, "#loss .ticks span")).toEqual(["0.05", "0.1", "0.2", "0.5", "1", "2"]);
    await page.close();
  });

  test("shades the table of classes by shares of the true ones", async () => {
    const page = await open(sample(PARTS.confusion));
    expect(await texts(page, ".matrix tbody tr:first-child td")).toEqual(["8", "2", ""]);
    expect(await page.locator(".matrix .right").count()).toBe(3);
    await page.locator(".matrix tbody tr:nth-child(3) td:nth-child(2)").hover();
    expect(await texts(page, ".told")).toEqual(["bird taken for cat: 5 of 10 (50.0 %)"]);
    await page.close();
  });

  test("has bars of classes and of joints, and a curve of the window's steps", async () => {
    const iou = await open(sample(PARTS.iou));
    expect(await texts(iou, "#iou .joint > :first-child")).toEqual(["road", "sky", "sign"]);
    expect(await texts(iou, "#iou .joint > :nth-child(2)")).toEqual(["75.0 %", "25.0 %", "–"]);
    await iou.close();
    const report = sample(PARTS.joints);
    const meanPose = { ...report.measured.rows[1]!, perJoint: Array.from({ length: 24 }, () => 50) };
    const rows = [report.measured.rows[0]!, meanPose];
    const joints = await open({ ...report, measured: { ...report.measured, rows } });
    expect(await joints.locator("#joints .joint").count()).toBe(24);
    expect(await joints.locator("#joints .bar b").count()).toBe(24);
    await joints.close();
    const steps = await open(sample(PARTS.steps));
    await steps.locator("#steps .plot").hover({ position: { x: 2, y: 20 } });
    expect(await texts(steps, "#steps .tip")).toEqual(["step 1\nrun-1 3.00"]);
    await steps.close();
  });

  test("shows a measurement without curves, and a run that has not been measured", async () => {
    const { measured, ...rest } = sample();
    const bare = await open({ ...rest, measured, curves: null, config: null });
    expect(await bare.locator("main > section").count()).toBe(2);
    await bare.close();
    const evaluations = { steps: [], rows: [] };
    const curves = { ...rest.curves!, evaluations };
    const young = await open({ ...rest, curves, measured: { ...measured, rows: [] } });
    expect(await texts(young, ".about h2")).toEqual(["Loss", "Step by step", "Configuration"]);
    await young.close();
    const empty = { steps: [], loss: [], lowest: [], highest: [], others: [] };
    const none = await open({
      ...rest,
      curves: { training: empty, evaluations },
      measured: { ...measured, rows: [] },
    });
    expect(await none.locator("h1").textContent()).toBe("run-1");
    await none.close();
  });

  test.each([1440, 400])("is no wider than a window of %i pixels", async (width) => {
    const long = "a-long-name-without-spaces-".repeat(5);
    for (const part of Object.values(PARTS)) {
      const page = await open(sample(part, long), width);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await page.close();
    }
  });
});
