import { Argument, type Command } from "commander";
import type { TaskName } from "../../src/models/index.ts";
import { TASKS, threads } from "./values.ts";

/** What `saccade train` was asked for. */
export interface TrainOptions {
  /** Training configuration. */
  readonly config: string;
  /** Weights to start from: a model file, or the checkpoint of another run. */
  readonly init?: string;
  /** Go on from the last checkpoint in `out`. */
  readonly resume?: boolean;
  /** Folder for checkpoints and the log. */
  readonly out?: string;
  /** Folder of the data; what the configuration says when absent. */
  readonly data?: string;
  readonly threads?: number;
}

/** Add `saccade train [TASK]`. */
export function addTrain(
  program: Command,
  run: (task: TaskName | undefined, options: TrainOptions) => Promise<void>,
): void {
  program
    .command("train")
    .description("train a model; Ctrl-C saves a checkpoint and stops")
    .addArgument(new Argument("[TASK]", "what to learn; default: the configuration's task").choices(TASKS))
    .requiredOption("--config <FILE>", "training configuration (YAML, JSON)")
    .option("--data <DIR>", "folder of the data; default: that of the configuration")
    .option("--init <FILE>", "weights to start from: a model file, or the checkpoint of another run")
    .option("--resume", "go on from the last checkpoint in the output folder")
    .option("--out <DIR>", "folder for checkpoints and the log; default: runs/TASK")
    .option("--threads <N>", "worker threads; default: one for each core", threads)
    .action(run);
}
