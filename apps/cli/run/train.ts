/** What `saccade train` does. */
import { join } from "node:path";
import { readFileBounded, writeFileAtomic } from "../../../src/core/node.ts";
import type { TaskName } from "../../../src/models/index.ts";
import {
  parseInitialTensors,
  parseRun,
  type StoredTensors,
  stepsOf,
  type Task,
} from "../../../src/train/index.ts";
import { checkRunFolder, train as runTraining, type TrainingResult } from "../../../src/train/node.ts";
import { renderRun } from "../../report/render-run.ts";
import type { Context } from "../context.ts";
import { reading, writing } from "../faults.ts";
import { startProgress } from "../progress.ts";
import type { TrainOptions } from "../train.ts";
import { withBackend } from "./backends.ts";
import { readConfig } from "./config-file.ts";
import { classNames } from "./measured.ts";
import { inWords, metricsTable } from "./metrics-table.ts";
import { type FinishedRun, trainingReport } from "./run-report.ts";
import { taskCommand } from "./tasks/index.ts";

/** The page in a run's folder. */
const REPORT = "report.html";

/** Trains the model of a configuration. Ctrl-C saves and stops. */
export async function train(
  taskName: TaskName | undefined,
  options: TrainOptions,
  context: Context,
): Promise<void> {
  const { config: file, data: folder, init, resume = false } = options;
  const config = await readConfig(file, (value) => parseRun(value, taskName));
  const out = options.out ?? `runs/${config.task}`;
  await writing(out, () => checkRunFolder({ out, resume }));
  const start = init === undefined ? {} : { init: await reading(init, () => storedTensors(init)) };
  await withBackend({ ...options, env: context.env }, async () => {
    const places = { data: folder, config: file, out };
    const { task, data } = await taskCommand(config.task).open(config, places, context);
    const total = stepsOf(config, data.samples);
    const parameters = task.modules.model.parameterCount();
    const begun = context.now();
    const progress = startProgress(context.stderr, {
      label: "training",
      total,
      unit: "steps",
      now: context.now,
    });
    try {
      const result = await writing(out, () =>
        runTraining({
          config,
          task,
          data,
          out,
          resume,
          ...start,
          signal: context.signal,
          wallTime: () => Date.now() / 1000,
          onStep: ({ step, loss, rate }) => {
            progress.update(step, `loss ${loss.toFixed(3)}, rate ${rate.toExponential(1)}`);
          },
          onEvaluation: (step, evaluation) => {
            progress.end();
            context.stderr.write(`after ${step} steps:\n${metricsTable(task.measure, inWords(evaluation))}`);
          },
        }),
      );
      progress.end();
      await writePage({
        config,
        out,
        data: folder,
        measure: task.measure,
        classes: classNames(config.task, task.metadata()),
        parameters,
        steps: result.steps,
        total,
        milliseconds: resume ? null : context.now() - begun,
      });
      conclude(result, task, { ...options, out }, context);
    } finally {
      progress.end();
    }
  });
}

/** Writes the page of a run into its folder. */
async function writePage(run: FinishedRun): Promise<void> {
  const page = join(run.out, REPORT);
  const text = renderRun(await trainingReport(run));
  await writing(page, () => writeFileAtomic(page, new TextEncoder().encode(text)));
}

async function storedTensors(file: string): Promise<StoredTensors> {
  return parseInitialTensors(await readFileBounded(file), file);
}

function conclude(
  { steps, evaluation, model }: TrainingResult,
  { measure }: Task<unknown>,
  { config, data, out }: TrainOptions & { readonly out: string },
  context: Context,
): void {
  if (evaluation !== null) {
    context.stdout.write(metricsTable(measure, inWords(evaluation)));
    context.stdout.write(`wrote ${model}, ${join(out, REPORT)}\n`);
    return;
  }
  const again = ["saccade train --config", config, ...(data === undefined ? [] : ["--data", data])];
  context.stderr.write(
    `saved after ${steps} steps; go on with: ${[...again, "--out", out, "--resume"].join(" ")}\n`,
  );
}
