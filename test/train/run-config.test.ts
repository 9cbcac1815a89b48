import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { parse } from "yaml";
import { ArgumentError } from "../../src/core/index.ts";
import { parseRun, RUN, runOf, stepsOf } from "../../src/train/index.ts";

/** Configurations of runs; those without a model are recipes of data. */
const runs = readdirSync("configs", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".yaml"))
  .map(
    (file) => [file, parse(readFileSync(join("configs", file), "utf8")) as Record<string, unknown>] as const,
  )
  .filter(([, value]) => "model" in value);

suite("configurations of runs", () => {
  test("there are some for every task", () => {
    expect(new Set(runs.map(([, { task }]) => task)).size).toBe(4);
  });

  test.each(runs)("%s is one, and says all of itself", (_file, value) => {
    const run = parseRun(value);
    expect(parseRun(JSON.parse(JSON.stringify(run)))).toEqual(run);
    expect(runOf({ [RUN]: JSON.stringify(run) })).toEqual(run);
    expect(stepsOf(run, 1000)).toBeGreaterThan(0);
  });

  test.each(runs)("%s with a field that is not known is refused by its name", (_file, value) => {
    const places = ["top", ...["data", "loss", "model"].filter((key) => key in value)];
    for (const place of places) {
      const changed = structuredClone(value);
      const into = place === "top" ? changed : (changed[place] as Record<string, unknown>);
      into["colour"] = 1;
      expect(() => parseRun(changed)).toThrow(ArgumentError);
      expect(() => parseRun(changed)).toThrow(/colour/);
    }
  });

  test("whatever stands in a field, there is a run or a typed error", () => {
    const [, value] = runs[0]!;
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(value)), fc.jsonValue(), (key, other) => {
        try {
          parseRun({ ...value, [key]: other });
        } catch (error) {
          expect(error).toBeInstanceOf(ArgumentError);
        }
      }),
    );
  });

  test("a run has steps or epochs, a model of its task, and the task that was asked for", () => {
    const [, value] = runs.find(([file]) => file === "staa-cifar10.yaml")!;
    expect(() => parseRun({ ...value, steps: 5 })).toThrow(/steps or epochs, got both/);
    expect(() => parseRun({ ...value, epochs: undefined })).toThrow(/got neither/);
    expect(() => parseRun({ ...value, model: { model: "hybrid" } })).toThrow(
      /model of classification, got hybrid of heatmaps/,
    );
    expect(() => parseRun(value, "pose")).toThrow(/task: expected pose, got "classification"/);
    const { task: _, ...without } = value;
    expect(parseRun(without, "classification").task).toBe("classification");
    expect(() => parseRun(without)).toThrow(ArgumentError);
    expect(stepsOf(parseRun(value), 1000)).toBe(500 * 8);
  });

  test("metadata that hold no run, and those that hold something else", () => {
    expect(runOf({})).toBeUndefined();
    expect(() => runOf({ [RUN]: "{" })).toThrow(ArgumentError);
    expect(() => runOf({ [RUN]: "null" })).toThrow(ArgumentError);
  });
});
