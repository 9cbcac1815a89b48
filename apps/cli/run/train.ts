/** What `saccade train` does. */
import { dirname, join, resolve } from "node:path";
import { readFileBounded } from "../../../src/core/node.ts";
import {
  parseInitialTensors,
  parsePoseTraining,
  type PoseTraining,
  type StoredTensors,
} from "../../../src/train/index.ts";
import { checkRunFolder, type PoseRunResult, trainPose } from "../../../src/train/node.ts";
import type { Context } from "../context.ts";
import { InputError, reading, writing } from "../faults.ts";
import { startProgress } from "../progress.ts";
import type { TrainOptions } from "../train.ts";
import { withBackend } from "./backends.ts";
import { makeClips } from "./clips.ts";
import { readConfig } from "./config-file.ts";
import { metricsTable } from "./metrics-table.ts";

/** Procedural motion for validation, as a share of that for training. */
const VALIDATION_SHARE = 0.1;

/**
 * Trains a pose model. Motion capture lies in `--data`, or in the folder `data.mocap` of the configuration; clips of its
 * splits `train` and `val` are made once and kept in `data.cache`, by default the folder `clips` of the run. Ctrl-C
 * saves and stops.
 */
export async function train(options: TrainOptions, context: Context): Promise<void> {
  const { config: file, out, init, resume = false } = options;
  const config = await readConfig(file, parsePoseTraining);
  await writing(out, () => checkRunFolder({ out, resume }));
  const start = init === undefined ? {} : { init: await reading(init, () => storedTensors(init)) };
  const result = await withBackend({ ...options, env: context.env }, async () => {
    const { training, validation } = await makeData(config, options, context);
    const label = "training";
    const progress = startProgress(context.stderr, {
      label,
      total: config.steps,
      unit: "steps",
      now: context.now,
    });
    try {
      return await writing(out, () =>
        trainPose({
          config,
          training,
          validation,
          out,
          resume,
          ...start,
          signal: context.signal,
          wallTime: () => Date.now() / 1000,
          onStep: ({ step, loss, rate }) => {
            progress.update(step, `loss ${loss.toFixed(3)}, rate ${rate.toExponential(1)}`);
          },
          onEvaluation: (step, { model, meanPose }) => {
            progress.end();
            context.stderr.write(`after ${step} steps:\n${metricsTable({ model, "mean pose": meanPose })}`);
          },
        }),
      );
    } finally {
      progress.end();
    }
  });
  conclude(result, options, context);
}

async function storedTensors(file: string): Promise<StoredTensors> {
  return parseInitialTensors(await readFileBounded(file), file);
}

/** Clips to learn from and to measure on. Folders in a configuration start at its file. */
async function makeData({ data, seed }: PoseTraining, options: TrainOptions, context: Context) {
  const inConfig = (path: string) => resolve(dirname(options.config), path);
  const mocapDir = options.data ?? (data.mocap === undefined ? undefined : inConfig(data.mocap));
  if (mocapDir === undefined && data.proceduralSeconds === 0) {
    throw new InputError(options.config, "expected data.mocap, --data or data.proceduralSeconds, got none");
  }
  const cacheDir = data.cache === undefined ? join(options.out, "clips") : inConfig(data.cache);
  const common = { ...(mocapDir === undefined ? {} : { mocapDir }), cacheDir, seed };
  const { variants, varied, proceduralSeconds } = data;
  const clips = (
    split: string,
    settings: { variants: number; varied: boolean; proceduralSeconds: number },
  ) => {
    const origin = mocapDir ?? options.config;
    return reading(origin, async () => {
      const made = await makeClips({ ...common, ...settings, split }, context);
      if (made.length === 0) throw new InputError(origin, `expected clips in the split ${split}, got none`);
      return made;
    });
  };
  const training = await clips("train", { variants, varied, proceduralSeconds });
  const validation = await clips("val", {
    variants: 1,
    varied: false,
    proceduralSeconds: VALIDATION_SHARE * proceduralSeconds,
  });
  return { training, validation };
}

function conclude(
  { steps, evaluation, model }: PoseRunResult,
  options: TrainOptions,
  context: Context,
): void {
  const { config, data, out } = options;
  if (evaluation !== null) {
    context.stdout.write(`${metricsTable({ model: evaluation.model, "mean pose": evaluation.meanPose })}`);
    context.stdout.write(`wrote ${model}\n`);
    return;
  }
  const again = ["saccade train pose --config", config, ...(data === undefined ? [] : ["--data", data])];
  context.stderr.write(
    `saved after ${steps} steps; go on with: ${[...again, "--out", out, "--resume"].join(" ")}\n`,
  );
}
