import type { Command } from "commander";

/** What `saccade models` was asked for. */
export interface ModelsOptions {
  readonly json?: true;
}

/** Add `saccade models`. */
export function addModels(
  program: Command,
  run: (name: string | undefined, options: ModelsOptions) => Promise<void>,
): void {
  program
    .command("models")
    .description("list the models, or tell of one: its presets, and the fields of its configuration")
    .argument("[NAME]", "name of a model; without it all are listed")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExamples:\n  saccade models\n  saccade models staa")
    .action(run);
}
