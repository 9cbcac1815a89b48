import { Argument, type Command, Option } from "commander";

/** What `saccade eval` was asked for. */
export interface EvalOptions {
  readonly weights: string;
  /** Folder of the data set. */
  readonly data: string;
  readonly split: "train" | "val" | "test";
}

/** Add `saccade eval TASK`. */
export function addEval(program: Command, run: (task: "pose", options: EvalOptions) => Promise<void>): void {
  program
    .command("eval")
    .description("measure trained weights on a data set")
    .addArgument(new Argument("<TASK>", "what to measure").choices(["pose"]))
    .requiredOption("--weights <FILE>", "trained weights (safetensors)")
    .requiredOption("--data <DIR>", "folder of the data set")
    .addOption(
      new Option("--split <NAME>", "part of the data set").choices(["train", "val", "test"]).default("test"),
    )
    .action(run);
}
