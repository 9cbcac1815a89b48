/** What `saccade eval` does. */
import { readFileBounded, writeFileAtomic } from "../../../src/core/node.ts";
import { jsonLine } from "../../../src/io/index.ts";
import { type LoadedModel, parseModelFile, type TaskName, taskOf } from "../../../src/models/index.ts";
import {
  evaluate as measureModel,
  type Evaluation,
  type Metrics,
  type RunConfig,
  runOf,
} from "../../../src/train/index.ts";
import { renderRun } from "../../report/render-run.ts";
import type { Context } from "../context.ts";
import type { EvalOptions } from "../eval.ts";
import { InputError, reading, writing } from "../faults.ts";
import { startProgress } from "../progress.ts";
import { withBackend } from "./backends.ts";
import { inWords, jointTable, metricsTable } from "./metrics-table.ts";
import { checkDistinct } from "./distinct-files.ts";
import { measurementReport } from "./run-report.ts";
import type { OpenedMeasure, SplitReader } from "./tasks/opened.ts";
import { taskCommand } from "./tasks/index.ts";

/** Measures a model, and perhaps another of the same task beside it, on a split of a data set. */
export async function evaluate(
  task: TaskName | undefined,
  options: EvalOptions,
  context: Context,
): Promise<void> {
  const { weights, compare, data, split, cache, json = false, html } = options;
  checkDistinct([weights, compare], html === undefined ? [] : [html]);
  await withBackend({ ...options, env: context.env }, async () => {
    const file = await load(weights, task);
    const other = compare === undefined ? undefined : await load(compare, taskOf(file.config));
    const name = taskOf(file.config);
    const parameters = file.model.parameterCount();
    const reader = await taskCommand(name).openSplit({ data, split, cache }, context);
    const opened = await open(weights, file, reader);
    const { model, ...baselines } = await measure(weights, file, opened, context);
    const rows: Record<string, Metrics> = { [weights]: model };
    if (other !== undefined) {
      const beside = await open(compare!, other, reader);
      rows[compare!] = (await measure(compare!, other, beside, context)).model;
    }
    const models = Object.keys(rows).length;
    Object.assign(rows, inWords(baselines));
    const content = Object.entries(opened.content).map(([unit, count]) => `${count} ${unit}`);
    if (html !== undefined) {
      const { measure: how } = opened;
      const of = { weights, file, parameters, data, split, content: content.join(", ") };
      const text = renderRun(measurementReport(of, how, rows, models));
      await writing(html, () => writeFileAtomic(html, new TextEncoder().encode(text)));
    }
    if (json) {
      context.stdout.write(jsonLine({ split, ...opened.content, ...rows }));
      return;
    }
    context.stdout.write(`${split}: ${content}\n${metricsTable(opened.measure, rows)}`);
    if (name === "pose") context.stdout.write(`\n${jointTable(rows)}`);
  });
}

function load(file: string, task: TaskName | undefined): Promise<LoadedModel> {
  return reading(file, async () => {
    const loaded = parseModelFile(await readFileBounded(file), file);
    const got = taskOf(loaded.config);
    if (task !== undefined && got !== task)
      throw new InputError(file, `expected a model of ${task}, got ${got}`);
    return loaded;
  });
}

function open(file: string, model: LoadedModel, reader: SplitReader<RunConfig>): Promise<OpenedMeasure> {
  return reading(file, () => reader(model, runOf(model.metadata)));
}

async function measure(
  file: string,
  { model }: LoadedModel,
  { measure, batches, total }: OpenedMeasure,
  context: Context,
): Promise<Evaluation> {
  const progress = startProgress(context.stderr, { label: file, total, unit: "batches", now: context.now });
  let done = 0;
  try {
    return await reading(file, () => measureModel(measure, model, batches(), () => progress.update(++done)));
  } finally {
    progress.end();
    model.dispose();
  }
}
