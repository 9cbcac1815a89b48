/** What `saccade train` does. */
import { readFileBounded } from "../../../src/core/node.ts";
import type { TaskName } from "../../../src/models/index.ts";
import {
  parseInitialTensors,
  parseRun,
  type StoredTensors,
  stepsOf,
  type Task,
} from "../../../src/train/index.ts";
import { checkRunFolder, train as runTraining, type TrainingResult } from "../../../src/train/node.ts";
import type { Context } from "../context.ts";
import { reading, writing } from "../faults.ts";
import { startProgress } from "../progress.ts";
import type { TrainOptions } from "../train.ts";
import { withBackend } from "./backends.ts";
import { readConfig } from "./config-file.ts";
import { inWords, metricsTable } from "./metrics-table.ts";
import { taskCommand } from "./tasks/index.ts";

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
    const progress = startProgress(context.stderr, {
      label: "training",
      total: stepsOf(config, data.samples),
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
      conclude(result, task, { ...options, out }, context);
    } finally {
      progress.end();
    }
  });
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
    context.stdout.write(`wrote ${model}\n`);
    return;
  }
  const again = ["saccade train --config", config, ...(data === undefined ? [] : ["--data", data])];
  context.stderr.write(
    `saved after ${steps} steps; go on with: ${[...again, "--out", out, "--resume"].join(" ")}\n`,
  );
}
