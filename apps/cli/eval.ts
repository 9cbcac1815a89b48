import { Argument, type Command, Option } from "commander";
import type { TaskName } from "../../src/models/index.ts";
import { TASKS, threads } from "./values.ts";

/** What `saccade eval` was asked for. */
export interface EvalOptions {
  readonly weights: string;
  /** Folder of the data set. */
  readonly data: string;
  readonly split: "train" | "val" | "test";
  /** Weights of another model, for a further row. */
  readonly compare?: string;
  /** Folder in which clips are kept from one call to the next. */
  readonly cache?: string;
  readonly json?: boolean;
  /** Page to write. */
  readonly html?: string;
  readonly threads?: number;
}

/** Add `saccade eval [TASK]`. */
export function addEval(
  program: Command,
  run: (task: TaskName | undefined, options: EvalOptions) => Promise<void>,
): void {
  program
    .command("eval")
    .description("measure trained weights on a data set")
    .addArgument(new Argument("[TASK]", "what the model must do; default: what it does").choices(TASKS))
    .requiredOption("--weights <FILE>", "trained weights (safetensors)")
    .requiredOption(
      "--data <DIR>",
      "folder of the data set; of poses, unless the run learned from one: motion capture (BVH, splits.json)",
    )
    .option("--compare <FILE>", "weights of another model to set beside")
    .option("--cache <DIR>", "folder in which the clips that are made are kept")
    .option("--json", "print JSON instead of tables")
    .option("--html <FILE>", "write a page, with errors by class, joint or step")
    .option("--threads <N>", "worker threads; default: one for each core", threads)
    .addOption(
      new Option("--split <NAME>", "part of the data set").choices(["train", "val", "test"]).default("test"),
    )
    .action(run);
}
