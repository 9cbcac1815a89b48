/** What the page of a run says. */
import { basename, join, resolve } from "node:path";
import { stringify } from "yaml";
import { type LoadedModel, modelKinds, taskOf } from "../../../src/models/index.ts";
import { type Measure, type Metrics, type RunConfig, runOf } from "../../../src/train/index.ts";
import type { RunReport } from "../../report/run-data.ts";
import { grouped } from "./events/units.ts";
import { classNames, measured, shownValue } from "./measured.ts";
import { inWords } from "./metrics-table.ts";
import { readTrainingLog } from "./training-log.ts";

/** A run of training that has ended or was stopped. */
export type FinishedRun = {
  readonly config: RunConfig;
  /** Its folder. */
  readonly out: string;
  /** What `--data` said. */
  readonly data: string | undefined;
  readonly measure: Measure<unknown>;
  readonly classes: readonly string[];
  readonly parameters: number;
  /** Steps taken, and all of them. */
  readonly steps: number;
  readonly total: number;
  /** Null where only a part of the run was timed. */
  readonly milliseconds: number | null;
};

/** The page of a run of training. */
export async function trainingReport(run: FinishedRun): Promise<RunReport> {
  const { config, out, measure, steps, total, milliseconds } = run;
  const { training, evaluations, last } = await readTrainingLog(join(out, "log.jsonl"), measure.headline.key);
  const column = measure.columns.find(({ key }) => key === measure.headline.key)!;
  const rows: Readonly<Record<string, Metrics>> = last?.evaluation ?? {};
  const names = Object.keys(inWords(rows));
  const length = config.epochs === undefined ? "" : `, ${config.epochs} epochs`;
  return {
    title: basename(resolve(out)),
    facts: [
      ...modelFacts(config.model, run.parameters),
      ["Task", config.task],
      ["Data", dataName(config, run.data)],
      ["Steps", `${steps === total ? "" : `${grouped(steps)} of `}${grouped(total)}${length}`],
      ["Batch", String(config.batch)],
      ["Optimiser", `${config.optimizer.kind}, rate ${config.rate}`],
      ["Seed", String(config.seed)],
      ...(milliseconds === null ? [] : [["Time", duration(milliseconds)] as const]),
    ],
    notes: [
      ...(steps === total
        ? []
        : [`Stopped after ${grouped(steps)} of ${grouped(total)} steps; --resume goes on.`]),
      ...(last === undefined ? ["The model has not been measured yet."] : []),
    ],
    measured: measured(measure, inWords(rows), {
      models: 1,
      classes: run.classes,
      on: `on the validation data after ${grouped(last?.step ?? 0)} steps`,
    }),
    curves: {
      training,
      evaluations: {
        steps: evaluations.map(({ step }) => step),
        rows: Object.keys(rows).map((key, i) => ({
          name: names[i]!,
          baseline: i > 0,
          values: evaluations.map(({ values }) => shownValue(column, values[key])),
        })),
      },
    },
    config: stringify(config),
    madeBy: madeBy("train"),
  };
}

/** What a measurement is of. */
export type MeasuredFile = {
  readonly weights: string;
  readonly file: LoadedModel;
  readonly parameters: number;
  /** Folder of the data set. */
  readonly data: string;
  readonly split: string;
  /** What the split is made of, in words. */
  readonly content: string;
};

/**
 * The page of a measurement.
 *
 * @param rows - models, then baselines
 * @param models - how many of the rows are models
 */
export function measurementReport(
  { weights, file, parameters, data, split, content }: MeasuredFile,
  measure: Measure<unknown>,
  rows: Readonly<Record<string, Metrics>>,
  models: number,
): RunReport {
  const { config, metadata } = file;
  const run = runOf(metadata);
  const task = taskOf(config);
  const classes = classNames(task, metadata);
  return {
    title: basename(weights),
    facts: [
      ...modelFacts(config, parameters),
      ["Task", task],
      ["Data", basename(resolve(data))],
      ["Split", `${split}, ${content}`],
    ],
    notes: [],
    measured: measured(measure, rows, { models, classes, on: `on the split ${split}` }),
    curves: null,
    config: run === undefined ? null : stringify(run),
    madeBy: madeBy("eval"),
  };
}

function modelFacts(model: RunConfig["model"], parameters: number): RunReport["facts"] {
  return [
    ["Model", modelKinds[model.model].title],
    ["Parameters", grouped(parameters)],
  ];
}

function madeBy(command: string): string {
  return `Made by saccade ${command}, Node ${process.version.replace(/^v/, "")}.`;
}

function dataName({ data }: RunConfig, folder: string | undefined): string {
  if (data.dataset !== undefined) return data.dataset;
  const { proceduralSeconds } = data;
  const mocap = folder ?? data.mocap;
  return [
    ...(mocap === undefined ? [] : [basename(resolve(mocap))]),
    ...(proceduralSeconds > 0 ? [`${proceduralSeconds} s of procedural motion`] : []),
  ].join(", ");
}

/** 469 000 ms as "7 min 49 s". */
function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}
