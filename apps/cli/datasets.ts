import type { Command } from "commander";

/** What `saccade datasets` was asked for. */
export interface DatasetsOptions {
  /** Split to look at; all of them when absent. */
  readonly split?: string;
  /** Whether each sample is read. */
  readonly check?: true;
  readonly json?: true;
}

/** Add `saccade datasets`. */
export function addDatasets(
  program: Command,
  run: (name: string | undefined, folder: string | undefined, options: DatasetsOptions) => Promise<void>,
): void {
  program
    .command("datasets")
    .description("list the data sets that can be read, or look at a copy of one")
    .argument("[NAME]", "name of a data set; without it all are listed")
    .argument("[FOLDER]", "its copy; without it the source and the layout are told")
    .option("--split <NAME>", "this split alone")
    .option("--check", "read every sample, and tell which cannot be read")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  saccade datasets\n  saccade datasets nmnist\n  saccade datasets nmnist data/nmnist --check",
    )
    .action(run);
}
