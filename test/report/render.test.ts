import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { packBits, type ReportData, unpackBits } from "../../apps/report/data.ts";
import { ArgumentError } from "../../src/core/index.ts";
import { sampleReport } from "./sample.ts";

const ROOT = join(import.meta.dirname, "../..");
const TEMPLATE = join(ROOT, "apps/report/generated/template.ts");
const build = () =>
  execFileSync(process.execPath, [join(ROOT, "scripts/build-report.mjs")], { encoding: "utf8" });

let renderReport: (data: ReportData) => string;
let small: ReportData;
beforeAll(async () => {
  build();
  ({ renderReport } = await import("../../apps/report/render.ts"));
  small = sampleReport({ steps: 3, size: 16 });
});

/** The data as the page reads it. */
function embedded(html: string): ReportData {
  const text = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)![1]!;
  return JSON.parse(text) as ReportData;
}

function renamed(name: string): ReportData {
  return { ...small, recording: { ...small.recording, name } };
}

test("the page without data is smaller than 250 kB and asks for nothing from a network", () => {
  expect(statSync(TEMPLATE).size).toBeLessThan(250_000);
  const page = readFileSync(TEMPLATE, "utf8");
  expect(page).toContain("default-src 'none'");
  expect(page).not.toMatch(/(?:src|href)=\\?"(?!data:)/);
  expect(page).not.toMatch(/@import|url\((?!#)/);
});

test("building again without a change does nothing", () => {
  const before = statSync(TEMPLATE).mtimeMs;
  expect(build()).toBe("");
  expect(statSync(TEMPLATE).mtimeMs).toBe(before);
});

test("hostile strings stay data", () => {
  const plainScripts = renderReport(small).split("<script").length;
  for (const name of [
    "</script><script>alert(1)</script>",
    "<!-- <script>",
    "<!--data--><!--title-->",
    "</title><img src=x onerror=alert(1)>",
    "$& $` $' $1",
    "a\u2028b\u2029c\\u003c",
  ]) {
    const html = renderReport(renamed(name));
    expect(html.split("<script").length).toBe(plainScripts);
    expect(html).not.toContain("<img");
    expect(embedded(html).recording.name).toBe(name);
  }
});

test("any name comes back as it was", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      expect(embedded(renderReport(renamed(name))).recording.name).toBe(name);
    }),
    { numRuns: 50 },
  );
});

test("typed arrays are embedded as lists of numbers", () => {
  const joints = Float32Array.from({ length: 72 }, (_, i) => i / 7);
  const data = { ...small, steps: small.steps.map((step) => ({ ...step, joints })) };
  const read = embedded(renderReport(data)).steps[0]!.joints;
  expect(read.length).toBe(72);
  for (let i = 0; i < 72; i++) expect(read[i]).toBeCloseTo(i / 7, 4);
});

test("data that does not fit together is refused", () => {
  const bad: [string, ReportData][] = [
    ["at least one step", { ...small, steps: [] }],
    ["72 coordinates", { ...small, steps: small.steps.map((step) => ({ ...step, joints: [1, 2, 3] })) }],
    [
      "finite",
      { ...small, steps: small.steps.map((step) => ({ ...step, joints: new Float64Array(72).fill(NaN) })) },
    ],
    ["3 frames", { ...small, frames: { ...small.frames, on: [] } }],
    ["rates of 2 layers", { ...small, rates: { layers: ["a", "b"], values: [[0]] } }],
  ];
  for (const [message, data] of bad) {
    expect(() => renderReport(data)).toThrow(ArgumentError);
    expect(() => renderReport(data)).toThrow(message);
  }
});

test("packed bits come back", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 70 }), (bits) => {
      expect([...unpackBits(packBits(bits), bits.length)]).toEqual(bits);
    }),
  );
  expect([...unpackBits(packBits([1]), 10)]).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
});

test("the sample is the same every time", () => {
  expect(renderReport(sampleReport({ steps: 4, size: 24 }))).toBe(
    renderReport(sampleReport({ steps: 4, size: 24 })),
  );
});
