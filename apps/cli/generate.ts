import { type Command, InvalidArgumentError } from "commander";
import { threads } from "./values.ts";

/** What `saccade generate` was asked for. */
export interface GenerateOptions {
  /** Folder for shards and manifest. */
  readonly out: string;
  /** Folder in which the recipe's paths begin; that of the recipe when absent. */
  readonly data?: string;
  /** Share of the shards that this process makes. */
  readonly shard?: { readonly index: number; readonly of: number };
  /** Threads; one for each core when absent. */
  readonly jobs?: number;
  readonly dryRun?: boolean;
  readonly preview?: boolean;
  readonly json?: boolean;
}

/** Add `saccade generate RECIPE`. */
export function addGenerate(
  program: Command,
  run: (recipe: string, options: GenerateOptions) => Promise<void>,
): void {
  program
    .command("generate")
    .description(
      "make a synthetic data set of events with poses and masks; Ctrl-C stops, the same command goes on",
    )
    .argument("<RECIPE>", "what to make (YAML, JSON)")
    .requiredOption("--out <DIR>", "folder for shards and manifest")
    .option("--data <DIR>", "folder in which paths of the recipe begin; default: that of the recipe")
    .option("--shard <I/N>", "make every Nth shard only, from the Ith: for N processes or machines", part)
    .option("--jobs <N>", "threads; default: one for each core", threads)
    .option("--dry-run", "say what would be made, and make nothing")
    .option("--preview", "write a contact sheet (preview.html) at the end")
    .option("--json", "print JSON")
    .action(run);
}

/** A share written `2/8`. */
function part(text: string): { index: number; of: number } {
  const [, index, of] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  if (!(Number(index) >= 1 && Number(index) <= Number(of))) {
    throw new InvalidArgumentError("expected I/N with 1 ≤ I ≤ N, for example 2/8.");
  }
  return { index: Number(index), of: Number(of) };
}
