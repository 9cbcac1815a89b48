import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readTrainingLog } from "../../apps/cli/run/training-log.ts";

const folder = mkdtempSync(join(tmpdir(), "saccade-training-log-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function read(lines: readonly unknown[], more = "") {
  const file = join(folder, "log.jsonl");
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join("") + more);
  return readTrainingLog(file, "top1");
}

const step = (i: number, terms: object = {}) => ({ step: i, loss: i, terms, gradientNorm: 1, rate: 0.1 });
const evaluation = (i: number) => ({
  step: i,
  evaluation: { model: { top1: i / 1e4 }, mostFrequent: { top1: 0.1 } },
});
const range = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

test("keeps each step of a short run, and passes over what is no line of a log", async () => {
  const log = [...range(5).map((i) => step(i)), evaluation(5), null, 7, { step: "x", loss: 1 }];
  const { training, evaluations, last } = await read(log, '{"step":6,"lo');
  expect(training.steps).toEqual([1, 2, 3, 4, 5]);
  expect(training.loss).toEqual([1, 2, 3, 4, 5]);
  expect(training.lowest).toEqual(training.highest);
  expect(evaluations).toEqual([{ step: 5, values: { model: 0.0005, mostFrequent: 0.1 } }]);
  expect(last!.step).toBe(5);
});

test("thins a long run to means of stretches, whose extremes stay, and keeps the last evaluation", async () => {
  const log = range(2501).flatMap((i) => [step(i), evaluation(i)]);
  const { training, evaluations, last } = await read(log);
  const { steps, loss, lowest, highest } = training;
  expect(steps.length).toBeLessThanOrEqual(600);
  expect(steps.length).toBeGreaterThan(300);
  steps.forEach((until, i) => {
    const from = (steps[i - 1] ?? 0) + 1;
    expect([loss[i], lowest[i], highest[i]]).toEqual([(from + until) / 2, from, until]);
  });
  expect(steps.at(-1)).toBe(2501);
  expect(evaluations.length).toBeLessThanOrEqual(601);
  expect([evaluations[0]!.step, evaluations.at(-1)!.step, last!.step]).toEqual([1, 2501, 2501]);
});

test("shows terms that tell something: not those that are off, nor one that is the whole loss", async () => {
  const log = range(3).map((i) => step(i, { whole: i, off: 0, part: i / 2 }));
  const { training } = await read(log);
  expect(training.others.map(({ name }) => name)).toEqual(["learning rate", "gradient norm", "loss: part"]);
});

test("has nothing of an empty log", async () => {
  const { training, evaluations, last } = await read([]);
  expect([training.steps, training.others, evaluations, last]).toEqual([[], [], [], undefined]);
});
