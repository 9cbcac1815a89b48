/** What a task of the command line opens: for a run of training, and for a measurement. */
import type { LoadedModel } from "../../../../src/models/index.ts";
import type { Measure, RunConfig, Task, TaskData } from "../../../../src/train/index.ts";
import type { Context } from "../../context.ts";

/** Where a run's data are looked for. */
export type Places = {
  /** What `--data` said. */
  readonly data: string | undefined;
  /** The configuration file; its folders are relative to it. */
  readonly config: string;
  /** The folder of the run. */
  readonly out: string;
};

/** What a run of training needs. */
export type OpenedTask = { readonly task: Task<unknown>; readonly data: TaskData<unknown> };

/** What a measurement needs. */
export type OpenedMeasure = {
  readonly measure: Measure<unknown>;
  /** Batches of the split, from the first on at each call. */
  batches(): AsyncIterable<unknown> | Iterable<unknown>;
  /** How many batches there are. */
  readonly total: number;
  /** What the split is made of, and how much of it. */
  readonly content: { readonly [unit: string]: number };
};

/** What `saccade eval` was asked to measure. */
export type Request = { readonly data: string; readonly split: string; readonly cache: string | undefined };

/** Makes batches of a split as a model wants them. */
export type SplitReader<Config extends RunConfig> = (
  file: LoadedModel,
  /** The run that the model is of, if its file says so. */
  run: Config | undefined,
) => Promise<OpenedMeasure>;

/** A task of the command line. */
export interface TaskCommand<Config extends RunConfig> {
  open(config: Config, places: Places, context: Context): Promise<OpenedTask>;
  openSplit(request: Request, context: Context): Promise<SplitReader<Config>>;
}
